"""Read a feed: RSS, RDF, Atom or JSON Feed, at an address or in a local file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from publisher.errors import SourceError
from publisher.model.article import Article, Reading
from publisher.model.source import Manners
from publisher.sources import alternate, clean, manners
from publisher.sources.address import Place, shown, web_url
from publisher.sources.fetch import Fetcher, Validators
from publisher.sources.files import read_capped
from publisher.sources.item import Item, apart, article_of, tag
from publisher.sources.jsonfeed import looks_like_json, read_json
from publisher.sources.seen import Seen
from publisher.sources.xmlfeed import Feed, read_tree
from publisher.sources.xmltext import decode, looks_like_html, read_document

MOST_PROBLEMS = 20  # of one reading
SEEN = Seen()  # of this process: a poll makes only what is new or changed


class FeedReader:
    """Reads one feed.

    :param location: its address, or the path of a local file.
    :param name: what errors call it: the source's name.
    """

    def __init__(self, location: str | Path, fetcher: Fetcher, name: str = "") -> None:
        self._location = location
        self._fetcher = fetcher
        self._name = name

    def read(self, known: Validators | None = None) -> Reading:
        """Fetch and read the feed once; ``unchanged`` where the server says so.

        :raises SourceError: it can't be fetched, or is no feed.
        """
        try:
            return self._read_file(self._location) if isinstance(self._location, Path) else self._fetch(known)
        except SourceError as error:
            raise error.at(self._name) from error

    def _read_file(self, path: Path) -> Reading:
        return read_feed(read_capped(path, self._fetcher.cap), Place(folder=path.parent))

    def _fetch(self, known: Validators | None) -> Reading:
        known = known or Validators()
        got = self._fetcher.get(str(self._location), known.etag, known.last_modified)
        if got.status == 304:
            reading = Reading(unchanged=True)
            etag, last_modified = got.etag or known.etag, got.last_modified or known.last_modified
        else:
            reading = self._parse(got.body, got.url, got.content_type)
            etag, last_modified = got.etag, got.last_modified
        asked = manners.joined(got.fresh_for, reading.manners)
        return replace(reading, etag=etag, last_modified=last_modified, moved_to=got.moved_to, manners=asked)

    def _parse(self, body: bytes, url: str, content_type: str) -> Reading:
        try:
            return read_feed(body, Place(url), content_type)
        except SourceError as error:
            raise error.at("", f"{shown(url)}: {error.what}") from error


def read_feed(data: bytes, place: Place, content_type: str = "", seen: Seen = SEEN) -> Reading:
    """Return what a feed's bytes hold.

    :param place: where they come from: the feed's address, or the folder of a local file.
    :param seen: articles that were met before.
    :raises SourceError: they are no feed at all.
    """
    if not data.strip():
        raise SourceError("the document is empty", remedy="It is tried again at the next poll.")
    text = decode(data, content_type)
    broken: tuple[str, ...] = ()
    asked = Manners()
    if looks_like_json(text):
        feed = read_json(text)
    elif looks_like_html(text):
        raise _is_a_page(text, place)
    else:
        document = read_document(text)
        asked = manners.of_feed(document.root)
        # A folder's pictures come and go: what stands there is made each time.
        feed = read_tree(document.root) if place.folder else read_tree(document.root, place.url, seen.find)
        broken = document.problems
        if broken and not feed.items:
            raise SourceError(f"nothing in it can be read: {broken[0]}", remedy="It is tried again at the next poll.")
    reading = replace(_reading(feed, place, seen), manners=asked)
    return replace(reading, problems=(*broken, *reading.problems), is_broken=bool(broken))


def _reading(feed: Feed, place: Place, seen: Seen) -> Reading:
    site = place.page(feed.link)
    here = place.at(site)
    articles: list[Article] = []
    problems = [*feed.problems]
    keys = feed.keys if feed.keys and not place.folder else (None,) * len(feed.items)
    for number, (item, key) in enumerate(zip(feed.items, keys, strict=True), 1):
        article = item if isinstance(item, Article) else article_of(item, here, feed.language)
        if article is not None and key is not None:
            seen.keep(key, article)
        if isinstance(item, Item) and article is None:
            which = (
                f" ({shown(item.link)})" if item.link and web_url(item.link) else f" ({item.guid})" if item.guid else ""
            )
            problems.append(f"item {number}{clean.shorten(which, 90)} has neither headline nor text and was left out")
        elif article is not None:
            articles.append(article)
    if not feed.items:
        problems.append("the feed has no items")
    known, repeated = apart(articles)
    return Reading(
        articles=known,
        problems=_first((*problems, *repeated)),
        title=feed.title,
        language=tag(feed.language),
        site_url=site,
    )


def _first(problems: tuple[str, ...]) -> tuple[str, ...]:
    """Name the first problems and count the others: a thousand lines help nobody."""
    over = len(problems) - MOST_PROBLEMS
    return (*problems[:MOST_PROBLEMS], f"and {over} more like these") if over > 0 else problems


def _is_a_page(text: str, place: Place) -> SourceError:
    found = alternate.feeds_in(text, place)
    remedy = f"Its feed is {found[0]}." if found else "Give the address of its RSS, Atom or JSON feed."
    return SourceError("this is a web page, not a feed", remedy=remedy)
