"""Small feeds of every dialect, written for these tests."""

from __future__ import annotations

from pathlib import Path

from publisher.model.article import Article, Reading
from publisher.sources.address import Place
from publisher.sources.feed import read_feed

NAMES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def rss(*items: str, head: str = "") -> bytes:
    """Return an RSS 2.0 feed of the Harbor Gazette with these items."""
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {NAMES}><channel><title>Harbor Gazette</title>'
        f"<link>https://harbor.example/</link><language>en</language>{head}{body}</channel></rss>"
    ).encode()


def atom(*entries: str, head: str = "") -> bytes:
    """Return an Atom feed with these entries."""
    body = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbor Gazette</title>'
        f'<link href="https://harbor.example/"/>{head}{body}</feed>'
    ).encode()


def read(data: bytes, url: str = "https://harbor.example/feed", folder: Path | None = None) -> Reading:
    return read_feed(data, Place(url, folder))


def one(data: bytes, url: str = "https://harbor.example/feed", folder: Path | None = None) -> Article:
    """Return the only article of a feed."""
    (article,) = read(data, url, folder).articles
    return article
