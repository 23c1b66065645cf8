"""An article that its source gives only a part of is completed once, within bounds."""

from __future__ import annotations

import struct
import zlib

import pytest

from publisher.model.article import Article, Image
from publisher.sources import whole
from publisher.sources.fetch import Fetcher
from publisher.sources.whole import Completer, given_by, is_whole, with_remembered
from tests.unit.sources.conftest import Site

PROSE = "<p>The bridge opened on Monday, and everybody who had waited for it crossed it in the rain.</p>" * 12
PAGE = """<html><head><title>Bridge opens</title><meta property="og:image" content="/b.png">
<meta name="author" content="Ann Lee"></head><body><article><h1>Bridge opens</h1>{}</article></body></html>"""
TEASER = "The bridge opened on Monday […]"


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(user_agent="test", allow_private=True)


def served(site: Site, body: str = PROSE) -> Article:
    site.put("/b.png", png(640, 480), "image/png")
    url = site.put("/bridge", PAGE.format(body), "text/html")
    return Article("Bridge opens", url, summary=TEASER, html=f"<p>{TEASER}</p>", text=TEASER)


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("Word " * 200, True),
        ("Word " * 20, False),
        ("Word " * 200 + "[…]", False),
        ("Word " * 200 + "Continue reading Bridge opens →", False),
        ("", False),
    ],
)
def test_a_text_is_whole_where_it_is_long_and_not_cut_off(text, complete):
    assert is_whole(Article("Bridge opens", text=text)) is complete


def test_the_page_gives_what_the_source_left_out(site, fetcher):
    found = Completer(fetcher, "auto").complete(served(site))
    assert found.text.count("The bridge opened") == 12
    assert (found.summary, found.authors, found.language) == (TEASER, ("Ann Lee",), "en")
    assert found.image is not None
    assert (found.image.width, found.image.height) == (640, 480)
    assert "its page's" in found.notes[0]


def test_a_page_of_something_else_is_not_taken(site, fetcher):
    article = served(site)
    consent = "<p>We and our many partners store cookies on your device, unless you object to each of them.</p>" * 9
    site.put("/bridge", PAGE.format(consent).replace("Bridge opens", "Before you go on"), "text/html")
    found = Completer(fetcher, "auto").complete(article)
    assert found.text == TEASER
    assert found.notes == ("its page says no more than the source",)


def test_a_page_that_cannot_be_read_leaves_the_sources_words_and_says_so(site, fetcher):
    article = served(site)
    site.status("/bridge", 403)
    found = Completer(fetcher, "auto").complete(article)
    assert found.text == TEASER
    assert "403" in found.notes[0]


def test_a_site_that_refuses_three_times_is_left_in_peace(site, fetcher):
    article = served(site)
    site.status("/bridge", 403)
    completer = Completer(fetcher, "auto")
    for _ in range(5):
        found = completer.complete(article)
    assert len(site.asked) == 3
    assert "was not read" in found.notes[0]


def test_of_one_look_only_so_many_pages_are_read(site, fetcher, monkeypatch):
    monkeypatch.setattr(whole, "MOST", 2)
    article = served(site)
    completer = Completer(fetcher, "always", _left=whole.MOST)
    assert [completer.complete(article).text == TEASER for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(("rule", "asked"), [("auto", 0), ("always", 1), ("never", 0)])
def test_a_whole_text_is_read_again_only_where_that_is_written(site, fetcher, rule, asked):
    article = served(site)
    Completer(fetcher, rule).complete(Article("Bridge opens", article.url, text="Word " * 200))
    assert [path for path, _ in site.asked].count("/bridge") == asked


def test_a_picture_of_one_pixel_is_dropped_once_its_size_is_known(site, fetcher):
    url = site.put("/dot.png", png(1, 1), "image/png")
    found = Completer(fetcher, "never").complete(Article("Bridge opens", image=Image(url)))
    assert found.image is None
    assert "too small (1×1)" in found.notes[0]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<html>", b"\x89PNG\r\n\x1a\n" + b"\x00" * 9])
def test_a_broken_picture_stays_without_a_size(site, fetcher, data):
    url = site.put("/x.png", data, "image/png")
    found = Completer(fetcher, "never").complete(Article("Bridge opens", image=Image(url)))
    assert found.image == Image(url)
    assert "size of its picture is not known" in found.notes[0]


def test_what_was_completed_once_is_not_asked_for_again(site, fetcher):
    article = served(site)
    (first,) = with_remembered([article], Completer(fetcher, "auto"), {}, frozenset({0}))
    asked = len(site.asked)
    (second,) = with_remembered([article], Completer(fetcher, "auto"), {first.given: first}, frozenset({0}))
    assert (second, len(site.asked)) == (first, asked)
    assert first.given == given_by(article)


def test_what_was_there_before_us_is_left_as_it_is(site, fetcher):
    (found,) = with_remembered([served(site)], Completer(fetcher, "auto"), {}, frozenset())
    assert found.text == TEASER
    assert found.given
    assert site.asked == []
