"""One source in two languages: each article keeps its own."""

from __future__ import annotations

import json

import pytest

from publisher.sources.frontmatter import item_of, split
from tests.unit.sources.samples import atom, one, read, rss

PONTE = "<id>urn:1</id><link href='/ponte'/>"


def entry(attributes: str = "", words: str = "<title>Ponte</title>") -> bytes:
    return atom(words + PONTE).replace(b"<entry>", f"<entry{attributes}>".encode())


def test_an_items_language_comes_before_its_feeds() -> None:
    assert one(entry(' xml:lang="pt-BR"')).language == "pt-BR"
    assert one(entry()).language == "en"


@pytest.mark.parametrize(
    "words",
    [
        '<title xml:lang="pt">Ponte</title><content>Abriu.</content>',
        '<title>Ponte</title><summary xml:lang="pt">Abriu.</summary>',
        '<title xml:lang="en">Bridge</title><content xml:lang="pt">Abriu.</content>',
    ],
)
def test_an_items_words_may_say_its_language(words: str) -> None:
    assert one(entry(words=words)).language == "pt"


def test_rss_says_it_by_an_attribute_or_by_dublin_core() -> None:
    items = "<title>Ponte</title><guid>1</guid>", "<title>Cais</title><guid>2</guid><dc:language>pt</dc:language>"
    data = rss(*items).replace(b"<item>", b'<item xml:lang="pt-PT">', 1)
    assert [article.language for article in read(data).articles] == ["pt-PT", "pt"]


def test_a_json_feeds_item_says_it() -> None:
    items = [{"id": "1", "title": "Ponte", "language": "pt"}, {"id": "2", "title": "Bridge"}]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Gazette", "language": "en", "items": items}
    assert [article.language for article in read(json.dumps(feed).encode()).articles] == ["pt", "en"]


def test_a_files_front_matter_says_it() -> None:
    assert item_of(*split("---\nlanguage: pt\n---\nAbriu.")).language == "pt"
