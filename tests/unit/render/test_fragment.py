from __future__ import annotations

import pytest

from publisher.render.fragment import tidy


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("<h1>Title</h1>", "<h2>Title</h2>"),
        ('<img src="a.png" width="1120" height="560">', '<img src="a.png" width="560" height="280" alt="">'),
        ('<img src="a.png" width="90" height="45">', '<img src="a.png" width="90" height="45" alt="">'),
        ("<p>a</p><script>b</script> tail", "<p>a</p> tail"),
        ("plain & simple", "plain &amp; simple"),
        ("<p>half", "<p>half</p>"),
        ("<p>a\x00b</p>", "<p>ab</p>"),
        ("  ", ""),
    ],
)
def test_an_articles_html_is_mended_for_mail(given: str, made: str) -> None:
    assert tidy(given) == made


def test_a_figure_becomes_what_mail_clients_know() -> None:
    made = tidy('<figure><img src="a.png" width="90" height="45"><figcaption>A <b>b</b></figcaption></figure>')
    image = '<img src="a.png" width="90" height="45" alt="">'
    assert made == f'<div>{image}<div class="caption">A <b>b</b></div></div>'


@pytest.mark.parametrize("size", ["", ' width="100%" height="auto"', ' height="900"'])
def test_a_height_that_nobody_knows_is_a_guess_that_outlooks_word_does_not_see(size: str) -> None:
    made = tidy(f'<p><img src="a--b.png"{size} alt="x --&gt; y"></p>')
    word, others = made.split("<!--[if !mso]><!-->")
    assert word == '<p><!--[if mso]><img src="a--b.png" alt="x --&gt; y" width="560"><![endif]-->'
    assert others == '<img src="a--b.png" alt="x --&gt; y" width="560" height="373"><!--<![endif]--></p>'


@pytest.mark.parametrize(
    ("given", "made"),
    [("h1 h2 h3", "h2 h2 h3"), ("h3 h3", "h2 h2"), ("h2 h4 h4 h3 h2", "h2 h3 h3 h3 h2"), ("h4 h2 h6", "h2 h2 h3")],
)
def test_headings_keep_their_order_and_miss_no_step(given: str, made: str) -> None:
    headings = tidy("".join(f"<{tag}>x</{tag}>" for tag in given.split()))
    assert headings == "".join(f"<{tag}>x</{tag}>" for tag in made.split())


def test_the_heads_of_a_table_say_what_they_are_the_heads_of() -> None:
    made = tidy("<table><tr><th>Day</th><th>Fare</th></tr><tr><th>Monday</th><td>2.10</td></tr></table>")
    assert made.count('<th scope="col">') == 2
    assert '<th scope="row">Monday</th>' in made
