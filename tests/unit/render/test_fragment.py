from __future__ import annotations

import pytest

from publisher.render.fragment import tidy


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("<h1>Title</h1>", "<h2>Title</h2>"),
        ('<img src="a.png" width="1120" height="560">', '<img src="a.png" width="560" height="280" alt="">'),
        ('<img src="a.png" width="100%" height="auto" alt="x">', '<img src="a.png" alt="x" width="560">'),
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
    made = tidy('<figure><img src="a.png"><figcaption>A <b>b</b></figcaption></figure>')
    assert made == '<div><img src="a.png" width="560" alt=""><div class="caption">A <b>b</b></div></div>'
