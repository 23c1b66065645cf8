from __future__ import annotations

import pytest
from lxml import html

from publisher.render.fragment import beginning, blocks_in, dropped, tidy, without_end


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("<h1>Title</h1>", "<h2>Title</h2>"),
        (
            '<img src="https://a.example/a" width="1120" height="560">',
            '<img src="https://a.example/a" width="560" height="280" alt="">',
        ),
        (
            '<img src="https://a.example/a" width="90" height="45">',
            '<img src="https://a.example/a" width="90" height="45" alt="">',
        ),
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
    made = tidy(
        '<figure><img src="https://a.example/a" width="90" height="45"><figcaption>A <b>b</b></figcaption></figure>'
    )
    image = '<img src="https://a.example/a" alt="A b" width="90" height="45">'
    assert made == f'<div>{image}<div class="caption">A <b>b</b></div></div>'


@pytest.mark.parametrize(
    ("pictures", "alts"),
    [(' alt=""', ["Tide"]), (' alt="Sea"', ["Sea"]), ('><img src="https://a.example/b"', ["", ""])],
)
def test_a_caption_stands_in_for_the_description_of_the_one_picture_above_it(pictures: str, alts: list[str]) -> None:
    made = tidy(f'<figure><img src="https://a.example/a" width="90" height="45"{pictures}><figcaption> Tide</figure>')
    seen = html.fragment_fromstring(made.replace("<!--[if mso]>", "<!--"))
    assert [image.get("alt") for image in seen.iter("img")] == alts


def test_what_is_nested_deeper_than_mail_programs_read_is_set_less_deep_and_loses_no_word() -> None:
    made = tidy("<b>" * 250 + "deep" + "</b>" * 250 + "<p>end</p>")
    assert made.count("<b>") == 100
    assert html.fragment_fromstring(made, create_parent="div").text_content() == "deepend"


@pytest.mark.parametrize("size", ["", ' width="100%" height="auto"', ' height="900"'])
def test_a_height_that_nobody_knows_is_a_guess_that_outlooks_word_does_not_see(size: str) -> None:
    made = tidy(f'<p><img src="https://a.example/a--b"{size} alt="x --&gt; y"></p>')
    word, others = made.split("<!--[if !mso]><!-->")
    assert word == '<p><!--[if mso]><img src="https://a.example/a--b" alt="x --&gt; y" width="560"><![endif]-->'
    assert others == '<img src="https://a.example/a--b" alt="x --&gt; y" width="560" height="373"><!--<![endif]--></p>'


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


@pytest.mark.parametrize(
    ("given", "made", "why"),
    [
        ('<a href="javascript:x()">words</a>', "words", "it is no web address"),
        ('<a href="https://">words</a>', "words", "it names no host"),
        ('<a href="http://[">words</a>', "words", "it names no host"),
        (f'<a href="https://a.example/{"x" * 2000}">words</a>', "words", "it has more than 2,000 characters"),
        ('<p>a<img src="relative.png">b</p>', "<p>ab</p>", "it is no web address"),
        ('<p>a<img src="data:image/png;base64,AAAA">b</p>', "<p>ab</p>", "it is no web address"),
        ("<p>a<img>b</p>", "<p>ab</p>", "it is no web address"),
    ],
)
def test_a_bad_link_or_picture_is_dropped_with_its_reason_and_the_words_stay(given: str, made: str, why: str) -> None:
    assert tidy(given) == made
    assert [reason for _, _, reason in dropped(given)] == [why]


def test_a_good_link_stays_and_so_does_one_to_mail_or_a_telephone() -> None:
    for url in ("https://a.example/?q={a}", "mailto:a@b.example", "tel:+351"):
        assert tidy(f'<a href="{url}">x</a>').startswith("<a href=")
        assert dropped(f'<a href="{url}">x</a>') == []


LETTER = (
    "<p>one</p><h2>two</h2><ul><li>three</li><li>four</li></ul>"
    '<div><img src="https://a.example/a"><div>five</div></div><table><tr><td>six</td></tr></table>'
)


@pytest.mark.parametrize(
    ("lost", "words"),
    [(0, "onetwothreefourfivesix"), (1, "onetwothreefourfive"), (2, "onetwothreefour"), (3, "onetwothree"), (4, "one")],
)
def test_a_text_is_cut_between_blocks_and_never_under_a_heading(lost: int, words: str) -> None:
    left = without_end(LETTER, lost)
    assert "".join(html.fragment_fromstring(left, create_parent="div").itertext()) == words
    assert ("<table>" in left, "<img" in left, "<ul>" in left) == (lost < 1, lost < 2, lost < 4)


@pytest.mark.timeout(20)  # a tenth of a second, where no item is looked at again for each one that goes
def test_a_list_of_thousands_is_cut_in_one_go() -> None:
    assert without_end(f"<ul>{'<li>x</li>' * 20_000}</ul>", 19_999) == "<ul><li>x</li></ul>"


def test_what_is_no_block_goes_as_one() -> None:
    assert blocks_in(LETTER) == 6
    assert without_end(LETTER, 6) == without_end("words without markup", 1) == ""
    assert beginning("words", 4) == ""
    assert beginning(LETTER, 25) == "<p>one</p>"
    assert beginning(LETTER, 9_000) == LETTER
