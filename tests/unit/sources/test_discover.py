"""What somebody meant by an address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.errors import SourceError
from publisher.sources.discover import discover, read_anything
from publisher.sources.fetch import Fetcher
from tests.unit.sources.conftest import Site
from tests.unit.sources.samples import atom, rss
from tests.unit.sources.test_page import page

FEED = rss("<title>Bridge opens</title><link>https://harbor.example/1</link>")


def front(*links: str) -> str:
    return f"<!doctype html><html><head>{''.join(links)}</head><body><h1>Harbor Gazette</h1></body></html>"


def link(href: str, kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


def test_a_feeds_address_is_a_feed(site: Site, fetcher: Fetcher) -> None:
    url = site.put("/x", FEED)
    assert discover(url, fetcher) == ("feed", url)
    json_feed = json.dumps({"version": "https://jsonfeed.org/version/1", "items": []})
    assert discover(site.put("/y", json_feed), fetcher).kind == "feed"


def test_a_sites_page_names_its_feed_and_comments_come_last(site: Site, fetcher: Fetcher) -> None:
    site.put(
        "/", front(link("/comments/feed", title="Comments"), link("/news.atom", "application/atom+xml")), "text/html"
    )
    site.put("/comments/feed", FEED)
    site.put("/news.atom", atom("<title>T</title><id>1</id>"))
    assert discover(site.url("/"), fetcher) == ("feed", site.url("/news.atom"))
    assert discover(site.url(""), fetcher) == ("feed", site.url("/news.atom"))


def test_a_feed_that_is_named_but_gone_is_passed_over(site: Site, fetcher: Fetcher) -> None:
    site.put("/", front(link("/gone"), link("/page"), link("/good")), "text/html")
    site.put("/page", front(), "text/html")
    site.put("/good", FEED)
    assert discover(site.url("/"), fetcher).location == site.url("/good")


def test_wordpress_is_known_by_its_interface(site: Site, fetcher: Fetcher) -> None:
    site.put("/blog/hello", front(f'<link rel="https://api.w.org/" href="{site.url("/blog/wp-json/")}">'), "text/html")
    site.put("/blog/feed/", FEED)
    assert discover(site.url("/blog/hello"), fetcher) == ("feed", site.url("/blog/feed/"))


@pytest.mark.parametrize(
    "path", ["/feed", "/feed/", "/rss", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml", "/feed.json"]
)
def test_a_silent_site_is_asked_at_the_usual_addresses(site: Site, fetcher: Fetcher, path: str) -> None:
    site.put("/", front(), "text/html")
    site.put(path, FEED)
    assert discover(site.url("/"), fetcher) == ("feed", site.url(path))


def test_a_site_without_feed_is_said(site: Site, fetcher: Fetcher) -> None:
    site.put("/", front(), "text/html")
    with pytest.raises(SourceError, match="no feed was found"):
        discover(site.url("/"), fetcher)


def test_an_article_is_an_article_though_its_site_has_a_feed(site: Site, fetcher: Fetcher) -> None:
    head = '<meta property="og:type" content="article">' + link("/feed")
    site.put("/feed", FEED)
    url = site.put("/2026/bridge", page(head), "text/html")
    found, reading = read_anything(url, fetcher)
    assert found == ("page", url)
    assert [article.title for article in reading.articles] == ["Bridge opens"]


def test_a_page_without_any_feed_is_an_article(site: Site, fetcher: Fetcher) -> None:
    url = site.put("/note", page(), "text/html")
    assert discover(url, fetcher) == ("page", url)


def test_a_bare_domain_is_tried_with_and_without_encryption(site: Site, fetcher: Fetcher) -> None:
    site.put("/", front(link("/feed")), "text/html")
    site.put("/feed", FEED)
    assert discover(site.url("").removeprefix("http://"), fetcher) == ("feed", site.url("/feed"))


def test_a_domain_that_nobody_has_is_said(fetcher: Fetcher) -> None:
    with pytest.raises(SourceError, match="no such host is known"):
        discover("no-such-host.invalid", fetcher)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("feed.xml", "feed"),
        ("feed.json", "feed"),
        ("a.md", "folder"),
        ("a.html", "folder"),
        ("a.txt", "folder"),
        ("x", "feed"),
    ],
)
def test_a_local_file_is_what_its_name_says(tmp_path: Path, fetcher: Fetcher, name: str, kind: str) -> None:
    (tmp_path / name).write_text("text")
    assert discover(str(tmp_path / name), fetcher) == (kind, str(tmp_path / name))
    assert discover((tmp_path / name).as_uri(), fetcher).kind == kind


def test_a_feed_that_was_saved_as_a_page_is_a_feed(tmp_path: Path, fetcher: Fetcher) -> None:
    (tmp_path / "feed.html").write_bytes(FEED)
    found, reading = read_anything(str(tmp_path / "feed.html"), fetcher)
    assert (found.kind, len(reading.articles)) == ("feed", 1)


def test_a_folder_is_a_folder(tmp_path: Path, fetcher: Fetcher) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText.")
    found, reading = read_anything(str(tmp_path), fetcher)
    assert (found.kind, len(reading.articles)) == ("folder", 1)


@pytest.mark.parametrize(
    "address", ["", "  ", "nonsense", "ftp://harbor.example", "missing.xml", "./missing", "a b.c", "x\0y"]
)
def test_what_leads_nowhere_is_said(fetcher: Fetcher, address: str) -> None:
    with pytest.raises(SourceError) as caught:
        discover(address, fetcher)
    assert caught.value.remedy
