"""Listing pages and sitemaps: which of their links are taken, when, and how often they are fetched."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import SourceError
from publisher.model.article import Reading
from publisher.model.project import Source
from publisher.sources.base import Memory, open_source
from publisher.sources.fetch import Fetcher
from tests.unit.sources.conftest import Site

YESTERDAY = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SAYS_SO = '<meta property="og:type" content="article">'


@dataclass
class Ledger:
    """Remembers links as the ledger does."""

    tries: dict[str, int | None] = field(default_factory=dict)

    def tried(self, names: Sequence[str]) -> dict[str, int | None]:
        return {name: self.tries[name] for name in names if name in self.tries}

    def take(self, reading: Reading) -> None:
        for link in reading.links:
            self.tries[link.name] = None if link.done else (self.tries.get(link.name) or 0) + 1


def look(
    fetcher: Fetcher, *urls: str, ledger: Ledger | None = None, first: bool = False, wanted: int = 0, **options: object
) -> Reading:
    source = Source("site", "page", " ".join(urls), **options)
    ledger = ledger or Ledger()
    memory = Memory(None if first else YESTERDAY, wanted, ledger.tried)
    reading = open_source(source, source.location, fetcher, Path(), memory).read()
    ledger.take(reading)
    return reading


def titles(reading: Reading) -> list[str]:
    return [article.title for article in reading.articles]


def paths(site: Site) -> list[str]:
    return [path for path, _ in site.asked]


def story(site: Site, number: int, head: str = SAYS_SO, path: str = "/news/{}") -> str:
    words = f"<p>What happened at the quay, number {number}.</p>" * 5
    html = f"<html><head>{head}<title>Story {number}</title></head><body><h1>Story {number}</h1>{words}</body></html>"
    return site.put(path.format(number), html, "text/html")


def listing(site: Site, links: Sequence[str], path: str = "/news/") -> str:
    return site.put(path, "<ul>" + "".join(f'<li><a href="{link}">x</a></li>' for link in links) + "</ul>", "text/html")


def sitemap(site: Site, entries: Sequence[str], path: str = "/sitemap.xml", root: str = "urlset") -> str:
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return site.put(path, f'<?xml version="1.0"?><{root} xmlns="{space}">{"".join(entries)}</{root}>', "text/xml")


def entry(url: str, lastmod: str = "", name: str = "url") -> str:
    return f"<{name}><loc>{url}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</{name}>"


def test_new_links_of_a_listing_are_articles(site: Site, fetcher: Fetcher) -> None:
    for number in (1, 2):
        story(site, number)
    reading = look(fetcher, listing(site, ["/news/2", "1#comments", "/news/1"]))
    assert titles(reading) == ["Story 1", "Story 2"]  # the last of the listing is the oldest
    assert reading.scope == "some"
    assert reading.problems == ()


def test_the_first_look_fetches_no_page_and_takes_all_as_there_before(site: Site, fetcher: Fetcher) -> None:
    links = [story(site, number) for number in range(1, 6)]
    reading = look(fetcher, listing(site, links), first=True)
    assert reading.articles == ()
    assert [link.done for link in reading.links] == [True] * 5
    assert paths(site) == ["/news/"]


def test_the_first_look_takes_the_newest_where_they_are_wanted(site: Site, fetcher: Fetcher) -> None:
    links = [story(site, number) for number in (5, 4, 3, 2, 1)]
    ledger = Ledger()
    assert titles(look(fetcher, listing(site, links), ledger=ledger, first=True, wanted=2)) == ["Story 5", "Story 4"]
    assert look(fetcher, listing(site, links), ledger=ledger).articles == ()


def test_a_known_link_is_not_fetched_again(site: Site, fetcher: Fetcher) -> None:
    links, ledger = [story(site, 1), story(site, 2, head="")], Ledger()
    look(fetcher, listing(site, links), ledger=ledger)
    del site.asked[:]
    assert look(fetcher, listing(site, links), ledger=ledger).links == ()
    assert paths(site) == ["/news/"]


def test_what_is_more_than_one_look_may_fetch_comes_with_the_next(site: Site, fetcher: Fetcher) -> None:
    links, ledger = [story(site, number) for number in (5, 4, 3, 2, 1)], Ledger()
    found = [look(fetcher, listing(site, links), ledger=ledger, per_poll=2) for _ in range(3)]
    assert [titles(reading) for reading in found] == [["Story 1", "Story 2"], ["Story 3", "Story 4"], ["Story 5"]]


def test_a_listing_of_which_something_is_left_is_fetched_whole_the_next_time(site: Site, fetcher: Fetcher) -> None:
    links = [story(site, number) for number in (2, 1)]
    url = site.put("/list", "".join(f"<a href='{link}'>x</a>" for link in links), "text/html", ETag='"1"')
    ledger = Ledger()
    assert look(fetcher, url, ledger=ledger, per_poll=1).etag is None
    assert look(fetcher, url, ledger=ledger, per_poll=1).etag == '"1"'


def test_variants_of_an_address_are_one_link(site: Site, fetcher: Fetcher) -> None:
    story(site, 1)
    look(fetcher, listing(site, ["/news/1?utm_source=front", "/news/1", "/news/1#top"]))
    assert len(site.asked) == 2


def test_only_links_that_fit_the_pattern_are_taken(site: Site, fetcher: Fetcher) -> None:
    links = [story(site, 1, head=""), story(site, 2, path="/sport/{}"), story(site, 3, path="/news/{}/")]
    assert titles(look(fetcher, listing(site, [*links, "/news"]), links=("/news/*",))) == ["Story 3", "Story 1"]


def test_a_pattern_that_is_written_later_makes_no_old_page_new(site: Site, fetcher: Fetcher) -> None:
    links, ledger = [story(site, 1), story(site, 2, path="/sport/{}")], Ledger()
    look(fetcher, listing(site, links), ledger=ledger, first=True, links=("/news/*",))
    assert look(fetcher, listing(site, links), ledger=ledger, links=("/news/*", "/sport/*")).articles == ()
    assert look(fetcher, listing(site, [*links, "/sport/3"]), ledger=ledger, links=("/news/*",)).articles == ()
    story(site, 3, path="/sport/{}")
    assert look(fetcher, listing(site, [*links, "/sport/3"]), ledger=ledger, links=("/sport/*",)).articles == ()


def test_without_a_pattern_only_pages_that_say_that_they_are_articles_are_taken(site: Site, fetcher: Fetcher) -> None:
    links = [story(site, 1), story(site, 2, head="", path="/about-{}")]
    reading = look(fetcher, listing(site, links))
    assert titles(reading) == ["Story 1"]
    assert reading.problems == (
        f"{site.url('/about-2')} was left out: it does not call itself an article. If it is one, write `links:`.",
    )


def test_links_to_other_sites_archives_files_and_the_front_page_are_no_articles(site: Site, fetcher: Fetcher) -> None:
    others = ["https://other.example/news/1", "/", "/tag/quay", "/news/a.pdf", "mailto:a@b.example", "/author/ann"]
    look(fetcher, listing(site, [*others, "javascript:alert(1)", story(site, 1), "/news/"]))
    assert paths(site) == ["/news/", "/news/1"]


def test_a_listing_without_links_says_what_else_to_use(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(SourceError) as caught:
        look(fetcher, site.put("/news/", "<div id='app'></div>", "text/html"), first=True)
    assert str(caught.value) == (
        f"site: {site.url('/news/')} has no link to a page of its own site. If a script builds the page, "
        "use its sitemap (`page: …/sitemap.xml`) or its feed (`feed: …`)."
    )


def test_a_pattern_that_fits_nothing_is_told_with_what_there_is(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(SourceError) as caught:
        look(fetcher, listing(site, ["/2026/11/bridge", "/2026/11/ferry"]), links=("/news/*",))
    assert "none of the 2 links" in str(caught.value)
    said = "There are such as /2026/11/bridge, /2026/11/ferry: write `links:` after these."
    assert said in str(caught.value)


def test_a_page_that_fails_is_tried_again_behind_the_others_and_not_for_ever(site: Site, fetcher: Fetcher) -> None:
    site.status("/news/1", 503)
    links, ledger = [story(site, 2), site.url("/news/1")], Ledger()
    readings = [look(fetcher, listing(site, links), ledger=ledger, per_poll=1) for _ in range(8)]
    assert [len(reading.articles) for reading in readings] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert paths(site).count("/news/1") == 5
    assert "is in trouble at the moment (503)" in readings[0].problems[0]


def test_a_page_that_is_gone_is_not_asked_for_again(site: Site, fetcher: Fetcher) -> None:
    links, ledger = ["/news/1"], Ledger()
    for _ in range(2):
        look(fetcher, listing(site, links), ledger=ledger)
    assert paths(site).count("/news/1") == 1


def test_a_link_that_leads_to_the_front_page_is_left_out(site: Site, fetcher: Fetcher) -> None:
    site.status("/news/1", 302, Location="/")
    site.put("/", f"<html><head>{SAYS_SO}</head><h1>Harbor Gazette</h1></html>", "text/html")
    reading = look(fetcher, listing(site, ["/news/1"]))
    assert reading.articles == ()
    assert reading.problems == (f"{site.url('/news/1')} was left out: it leads to the front page",)


def test_a_sitemap_is_read_by_its_dates(site: Site, fetcher: Fetcher) -> None:
    days = {1: "2026-11-21", 3: "2026-11-23T08:00:00+01:00", 2: "2026-11-22"}
    url = sitemap(site, [entry(story(site, number), day) for number, day in days.items()])
    assert titles(look(fetcher, url)) == ["Story 1", "Story 2", "Story 3"]
    assert titles(look(fetcher, url, first=True, wanted=1)) == ["Story 3"]


def test_a_news_sitemap_dates_a_page_that_has_no_date(site: Site, fetcher: Fetcher) -> None:
    news = "<n:news xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>"
    dated = f"{news}<n:publication_date>2026-11-23T08:00:00+01:00</n:publication_date></n:news>"
    url = sitemap(site, [f"<url><loc>{story(site, 1)}</loc>{dated}</url>"])
    (article,) = look(fetcher, url).articles
    assert article.published_at == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def test_a_packed_sitemap_and_an_index_are_read(site: Site, fetcher: Fetcher) -> None:
    packed = gzip.compress(f"<urlset><url><loc>{story(site, 1)}</loc></url></urlset>".encode())
    children = [
        entry(site.put("/posts.xml.gz", packed, "application/gzip"), name="sitemap"),
        entry(sitemap(site, [entry(story(site, 2))], "/old.xml"), "2026-11-01", "sitemap"),
    ]
    url = sitemap(site, children, root="sitemapindex")
    assert titles(look(fetcher, url)) == ["Story 1"]  # what has not changed for long is not fetched
    assert len(look(fetcher, url, first=True).links) == 2


def test_an_index_without_news_is_no_trouble(site: Site, fetcher: Fetcher) -> None:
    child = sitemap(site, [entry(story(site, 2))], "/old.xml")
    assert look(fetcher, sitemap(site, [entry(child, "2026-11-01", "sitemap")], root="sitemapindex")).problems == ()


def test_an_index_of_too_many_sitemaps_says_what_to_write(site: Site, fetcher: Fetcher) -> None:
    many = [entry(site.url(f"/{number}.xml"), name="sitemap") for number in range(51)]
    with pytest.raises(
        SourceError, match=r"names 51 sitemaps, more than 50\. Give `page:` those that hold the articles"
    ):
        look(fetcher, sitemap(site, many, root="sitemapindex"))


def test_a_packed_bomb_is_stopped_at_the_cap(site: Site) -> None:
    url = site.put("/s.xml.gz", gzip.compress(b"<urlset>" + b" " * 2_000_000), "application/gzip")
    with pytest.raises(SourceError, match="larger than 1,000,000 bytes when unpacked"):
        look(Fetcher("t", allow_private=True, cap=1_000_000), url)


@pytest.mark.parametrize("data", [b"\x1f\x8bno gzip", gzip.compress(b"<urlset>" + b" " * 9_000)[:-200]])
def test_a_broken_packed_sitemap_is_told(site: Site, fetcher: Fetcher, data: bytes) -> None:
    with pytest.raises(SourceError):
        look(fetcher, site.put("/s.xml.gz", data, "application/gzip"), first=True)


def test_a_sitemap_of_50_000_links_is_taken_as_there_before_without_a_fetch(site: Site, fetcher: Fetcher) -> None:
    url = sitemap(site, [f"<url><loc>{site.url('/news/')}{number}</loc></url>" for number in range(50_000)])
    assert len(look(fetcher, url, first=True).links) == 50_000
    assert len(site.asked) == 1


def test_a_dead_sitemap_or_listing_costs_nothing_of_the_others(site: Site, fetcher: Fetcher) -> None:
    alive = sitemap(site, [entry(story(site, 1))], "/posts.xml")
    broken = site.status("/broken.xml", 500)
    index = sitemap(site, [entry(each, name="sitemap") for each in (broken, alive)], root="sitemapindex")
    reading = look(fetcher, index)
    assert titles(reading) == ["Story 1"]
    assert "broken.xml" in reading.problems[0]
    assert reading.is_broken  # what is not seen yet must not be new when it is
    gone = site.status("/gone/", 404)
    reading = look(fetcher, gone, listing(site, [story(site, 2)], "/b/"))
    assert titles(reading) == ["Story 2"]
    assert "/gone/" in reading.problems[0]
    assert not reading.is_broken
    with pytest.raises(SourceError, match="/gone/"):
        look(fetcher, gone, broken)


def test_several_listings_are_read_together(site: Site, fetcher: Fetcher) -> None:
    urls = [listing(site, [story(site, 1)], "/a/"), listing(site, [story(site, 2), "/news/1"], "/b/")]
    assert sorted(titles(look(fetcher, *urls))) == ["Story 1", "Story 2"]
