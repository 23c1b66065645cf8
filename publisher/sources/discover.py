"""Find out what somebody meant: a file, a folder, a feed, a site or one article."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urljoin

from publisher.errors import SourceError
from publisher.model.article import Reading
from publisher.sources.address import Place, is_front_page, is_web, shown
from publisher.sources.alternate import feeds_in, wordpress_feed
from publisher.sources.base import Reader
from publisher.sources.feed import FeedReader
from publisher.sources.fetch import Fetched, Fetcher, Validators
from publisher.sources.folder import KINDS, FolderReader
from publisher.sources.jsonfeed import looks_like_json
from publisher.sources.page import PageReader
from publisher.sources.pagehead import read_head
from publisher.sources.xmltext import decode, looks_like_html

COMMON = ("/feed/", "/feed", "/rss", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml", "/feed.json")
_FEED = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|RDF)[\s>]", re.I)
_HOST = re.compile(r"^(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[0-9a-f:]+\])(?::\d{1,5})?(?:[/?#].*)?$", re.I)


class Found(NamedTuple):
    """What an address turned out to be; ``location`` is what a source of that kind takes."""

    kind: Literal["feed", "folder", "page"]
    location: str


def discover(address: str, fetcher: Fetcher) -> Found:
    """Return what an address, path or bare domain leads to.

    A site's front page stands for its feed; an article's page for the article.

    :raises SourceError: it leads nowhere.
    """
    text = address.strip()
    if not text:
        raise SourceError("nothing was given to read", remedy="Give a feed's or a site's address, a file or a folder.")
    if re.match(r"^https?://", text, re.I):
        return _on_the_web(text, fetcher)
    path = _path(text)
    if path is not None and path.exists():
        return _on_disk(path)
    if "://" not in text and _HOST.match(text) and not text.lower().endswith((*KINDS, ".xml", ".json")):
        return _bare_domain(text, fetcher)
    raise SourceError(
        f"{text} is no file, no folder and no address", remedy="Correct it; an address begins with https://."
    )


def reader_of(found: Found, fetcher: Fetcher) -> Reader:
    """Return the reader for what was found."""
    if found.kind == "page":
        return PageReader(found.location, fetcher)
    if found.kind == "folder":
        return FolderReader(Path(found.location))
    return FeedReader(found.location if is_web(found.location) else Path(found.location), fetcher)


def read_anything(address: str, fetcher: Fetcher, known: Validators | None = None) -> tuple[Found, Reading]:
    """Find out what an address is and read it once."""
    found = discover(address, fetcher)
    return found, reader_of(found, fetcher).read(known)


def _path(text: str) -> Path | None:
    try:
        return Path(re.sub(r"^file://", "", text)).expanduser()
    except (ValueError, RuntimeError):
        return None


def _on_disk(path: Path) -> Found:
    if path.is_dir() or (path.suffix.lower() in KINDS and not _holds_feed(path)):
        return Found("folder", str(path))
    return Found("feed", str(path))


def _holds_feed(path: Path) -> bool:
    """A feed saved from a browser may be called .html or .txt."""
    try:
        with path.open("rb") as file:
            start = decode(file.read(4_000))
    except OSError:
        return False
    return bool(re.match(r"\s*(?:<\?xml[^>]*\?>\s*)?<(?:rss|feed|rdf:RDF)[\s>]", start))


def _bare_domain(text: str, fetcher: Fetcher) -> Found:
    try:
        return _on_the_web(f"https://{text}", fetcher)
    except SourceError as secure:
        try:
            return _on_the_web(f"http://{text}", fetcher)
        except SourceError:
            raise secure from None


def _on_the_web(url: str, fetcher: Fetcher) -> Found:
    got = fetcher.get(url)
    text = decode(got.body, got.content_type)
    if is_feed(text):
        return Found("feed", url)
    is_article = read_head(text).is_article and not is_front_page(got.url)
    feed = None if is_article else _feed_of(got, text, fetcher)
    if feed:
        return Found("feed", feed)
    if is_article or not is_front_page(got.url):
        return Found("page", got.url)
    raise SourceError(
        f"no feed was found at {shown(got.url)}: its page names none, and none of the usual addresses has one",
        remedy="Give the feed's own address, the address of one article, or a folder of files.",
    )


def _feed_of(got: Fetched, page: str, fetcher: Fetcher) -> str | None:
    """Return the first of a page's feeds that can be read: those it names, WordPress's own, the usual addresses."""
    place = Place(got.url)
    named = [*feeds_in(page, place)[:4], wordpress_feed(page, place)]
    usual = [urljoin(got.url, path) for path in COMMON] if is_front_page(got.url) else []
    candidates = dict.fromkeys(url for url in (*named, *usual) if url)
    return next((url for url in candidates if _answers_with_feed(url, fetcher)), None)


def _answers_with_feed(url: str, fetcher: Fetcher) -> bool:
    try:
        got = fetcher.get(url)
    except SourceError:  # no feed there: the next candidate is asked
        return False
    return is_feed(decode(got.body, got.content_type))


def is_feed(text: str) -> bool:
    """Say whether a document is a feed: RSS, RDF, Atom or JSON Feed."""
    if looks_like_json(text):
        return '"items"' in text and "jsonfeed" in text[:2_000]
    return not looks_like_html(text) and bool(_FEED.search(text[:20_000]))
