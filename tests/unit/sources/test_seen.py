"""Items that were met before are not made again, and what is remembered is bounded."""

from __future__ import annotations

import pytest

from publisher.model.article import Article, Reading
from publisher.sources.address import Place
from publisher.sources.feed import read_feed
from publisher.sources.seen import Seen, key_of
from tests.unit.sources.samples import atom, rss

SITE = Place("https://harbor.example/feed")
ITEMS = [
    f"<title>Story {n}</title><link>/{n}</link><description>&lt;p&gt;No. {n}&lt;/p&gt;</description>" for n in "12"
]


class Counting(Seen):
    """Notes what was made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []

    def keep(self, key: bytes, article: Article) -> None:
        if not self.find([key]):
            self.made.append(article.title)
        super().keep(key, article)

    def read(self, document: bytes, place: Place = SITE) -> Reading:
        self.made.clear()
        return read_feed(document, place, seen=self)


def test_of_a_feed_that_has_changed_only_what_is_new_is_made_and_all_stand_in_their_order():
    seen = Counting()
    before = seen.read(rss(*ITEMS))
    after = seen.read(rss("<title>New</title>", ITEMS[0], "<title>Newer</title>", ITEMS[1]))
    assert seen.made == ["New", "Newer"]
    assert [article.title for article in after.articles] == ["New", "Story 1", "Newer", "Story 2"]
    assert (after.articles[1], after.articles[3]) == before.articles
    assert (after.title, after.site_url) == (before.title, before.site_url)


@pytest.mark.parametrize("document", [rss(*ITEMS), atom("<title>Story 3</title><id>3</id>")])
def test_a_feed_of_which_all_is_known_reads_as_it_did(document):
    seen = Counting()
    before = seen.read(document)
    assert len(seen.made) == len(before.articles)
    assert seen.read(document) == before == read_feed(document, SITE, seen=Seen())
    assert seen.made == []


def test_what_only_says_when_the_feed_was_made_changes_nothing_but_the_rest_of_its_head_does():
    seen = Counting()
    english = seen.read(rss(*ITEMS))
    seen.read(rss(*ITEMS, head="<lastBuildDate>Tue, 24 Nov 2026 07:00:00 GMT</lastBuildDate>"))
    assert seen.made == []
    spanish = seen.read(rss(*ITEMS).replace(b"<language>en", b"<language>es"))
    assert seen.made == ["Story 1", "Story 2"]
    assert [article.language for article in (*english.articles, *spanish.articles)] == ["en", "en", "es", "es"]


def test_the_same_item_elsewhere_has_other_addresses():
    seen = Counting()
    document = rss(*ITEMS).replace(b"<link>https://harbor.example/</link>", b"")
    found = [seen.read(document, Place(f"https://{host}/feed")).articles[0].url for host in ("a.example", "b.example")]
    assert found == ["https://a.example/1", "https://b.example/1"]


def test_what_stands_in_a_folder_is_not_remembered_for_its_pictures_come_and_go(tmp_path):
    seen = Counting()
    seen.read(rss(*ITEMS), Place(folder=tmp_path))
    assert seen.made == []


def test_items_are_known_by_all_that_they_say_and_parts_do_not_run_together():
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of(b"ab") == key_of("ab")


def test_the_longest_unused_is_forgotten_first():
    seen = Seen(most=250)
    for key in (b"1", b"2"):
        seen.keep(key, Article(key.decode(), text="x" * 100))
    assert seen.find([b"1"])
    seen.keep(b"3", Article("3", text="x" * 100))
    assert set(seen.find([b"1", b"2", b"3"])) == {b"1", b"3"}
