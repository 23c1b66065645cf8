"""Text and html that readers see."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.sources.address import Place
from publisher.sources.clean import escaped, fold, one_line, plain, sanitise, shorten, summary_of

HERE = Place("https://harbor.example/news/1")


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<h1>A</h1><h5>B</h5>", "<h2>A</h2><h4>B</h4>"),
        ("loose <b>words</b><p>P</p>tail", "<p>loose <b>words</b></p><p>P</p><p>tail</p>"),
        ("<div>One</div><div>Two</div>", "<p>One</p><p>Two</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<p>&nbsp;</p><p>A</p><p><br></p>", "<p>A</p>"),
        ("<p>A<br><br></p>", "<p>A</p>"),
        ('<a href="/x" title="t" target="_blank">x</a>', '<p><a href="https://harbor.example/x">x</a></p>'),
        ('<a href="mailto:desk@harbor.example">m</a>', '<p><a href="mailto:desk@harbor.example">m</a></p>'),
        ('<a href="https://bücher.example:8080/x">x</a>', '<p><a href="https://xn--bcher-kva.example:8080/x">x</a></p>'),
        ('<p><a href="https://ü\u2024-.example/">x</a></p>', "<p>x</p>"),
        ('<p><a href="javascript:x()">x</a></p>', "<p>x</p>"),
        ('<p><a href="JaVaScRiPt&#58;x()">x</a></p>', "<p>x</p>"),
        ('<img src="data:image/png;base64,xx"><p>A</p>', "<p>A</p>"),
        ('<img src="data:," data-src="/p.jpg" alt="P">', '<p><img src="https://harbor.example/p.jpg" alt="P"></p>'),
        ('<img srcset="/s.jpg 300w, /l.jpg 900w">', '<p><img alt="" src="https://harbor.example/l.jpg"></p>'),
        ('<img src="/p.jpg" width="60px" height="auto">', '<p><img src="https://harbor.example/p.jpg" width="60"></p>'),
        ('<span style="display:block">A</span><span>B</span>', "<p>A</p><p>B</p>"),
        ("<p>A</p><script>x</script><style>y</style><!-- z -->", "<p>A</p>"),
        ("<p>A</p></div></body><p>B</p>", "<p>A</p><p>B</p>"),
        ("AT&amp;T &lt;b&gt;", "<p>AT&amp;T &lt;b&gt;</p>"),
        ("<p>A</p><p><strong>Watch the video:</strong></p><iframe src='//v'></iframe>", "<p>A</p>"),
        ("", ""),
        ("\x00", ""),
    ],
)  # fmt: skip
def test_html_is_brought_into_what_mail_shows(html: str, kept: str) -> None:
    def same(text: str) -> str:
        return text.replace(' alt=""', "")

    assert same(sanitise(html, HERE)) == same(kept)


def test_a_figure_keeps_its_caption() -> None:
    html = '<figure class="x"><img src="/p.jpg" alt="P"><figcaption>At dawn</figcaption></figure>'
    kept = '<figure><img src="https://harbor.example/p.jpg" alt="P"><figcaption>At dawn</figcaption></figure>'
    assert sanitise(html, HERE) == kept


def test_the_name_of_a_file_is_no_alternative_text() -> None:
    assert 'alt=""' in sanitise('<img src="/p.jpg" alt="IMG_0206.JPG">', HERE)


def test_plain_text_has_paragraphs_lists_and_lines() -> None:
    html = "<h2>Head</h2><p>One<br>two &amp; three</p><ul><li>a</li><li><p>b</p></li></ul><pre>x\n  y</pre><p>End</p>"
    assert plain(html) == "Head\n\nOne\ntwo & three\n\n• a\n• b\n\nx\n  y\n\nEnd"


def test_no_break_blanks_stay_before_high_punctuation() -> None:
    assert one_line("Pourquoi&nbsp;? Le&nbsp;pont") == "Pourquoi\u00a0? Le pont"
    html = "<p>Le&nbsp;<b>pont</b>&nbsp;: «&#x202f;ouvert&#x202f;»&nbsp;</p><pre>a&nbsp;&nbsp;b</pre>"
    assert plain(sanitise(html, HERE)) == "Le pont\u00a0: «\u202fouvert\u202f»\n\na  b"
    assert summary_of("Pourquoi\u00a0?") == "Pourquoi\u00a0?"


def test_text_becomes_paragraphs() -> None:
    assert escaped("One <b>\nline\n\n\nTwo & three") == "<p>One &lt;b&gt;<br>line</p>\n<p>Two &amp; three</p>"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a<br>b", "a b"),
        ("<script>alert(1)</script>Hi", "Hi"),
        ("a<!-- x -->b", "ab"),
        ("\u200b \ufeffA\x07 \xad", "\u200b A"),
        ("\u200b&nbsp;\u2060", ""),
        ("e\u0301", "é"),
        ("x \ud800 y", "x y"),
    ],
)
def test_one_line_is_what_a_reader_sees(text: str, line: str) -> None:
    assert one_line(text) == line


def test_shortening_ends_at_a_word() -> None:
    assert shorten("one two three four", 12) == "one two…"
    assert shorten("abcdefghijkl", 5) == "abcd…"
    assert shorten("fits", 4) == "fits"


def test_a_summary_ends_with_a_sentence() -> None:
    text = "The bridge opened. " + "Then it rained for a long, long while. " * 9
    assert summary_of(text).endswith("long while.")
    assert len(summary_of(text)) <= 280
    assert summary_of("Short.") == "Short."


def test_an_abbreviation_ends_no_sentence() -> None:
    text = "On Tuesday the county’s representative met Dr. Hartley and the U.S. consul, " + "and they talked " * 20
    assert summary_of(text, 90).endswith("…")


def test_a_summary_without_sentences_ends_at_a_word() -> None:
    assert summary_of("word " * 100).endswith("word…")


@settings(max_examples=100, deadline=1_000)
@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_any_text_is_cleaned_without_complaint(text: str) -> None:
    html = sanitise(text, HERE)
    assert "<script" not in html
    assert sanitise(html, HERE) == sanitise(sanitise(html, HERE), HERE)
    for result in (html, plain(html), one_line(text), fold(text), summary_of(text), sanitise(escaped(text), HERE)):
        result.encode()
