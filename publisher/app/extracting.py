"""What one page gives: for an editor who wants to see it before it becomes a source."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from publisher.errors import PrivateAddressError, SourceError
from publisher.model.article import Article
from publisher.model.counting import many
from publisher.model.sentences import reading_minutes
from publisher.sources.address import is_web

CAP = 30_000_000  # bytes of a saved page
_SOMEWHERE = "https://somewhere.invalid/"


def extract(target: str, *, url: str = "", allow_private: bool = False) -> Article:
    """Return the article on a page.

    :param target: its address, or the file that it was saved to.
    :param url: where a saved page stood: what its relative addresses are relative to.
    :raises SourceError: it can't be read, or holds no article.
    """
    from publisher.sources.address import shown

    try:
        return _read(target, url, allow_private)
    except PrivateAddressError as error:
        raise SourceError(error.what, remedy="If that is meant, give --allow-private.") from error
    except SourceError as error:
        is_named = target in error.what or shown(target) in error.what
        raise error if is_named else error.at(target) from error


def _read(target: str, url: str, allow_private: bool) -> Article:
    # Here: only this command reads pages, and their parsers are large.
    from publisher.sources.fetch import Fetcher
    from publisher.sources.page import read_page

    fetcher = Fetcher(user_agent="Publisher (extract)", allow_private=allow_private)
    if is_web(target):
        got = fetcher.get(target)
        _refuse_list(target, got.body, got.content_type)
        return read_page(got.body, url or got.url, got.content_type).articles[0]
    path = Path(target)
    return _saved(path, url, None if url else path.parent)


def _saved(path: Path, url: str, folder: Path | None) -> Article:
    from publisher.sources.files import read_capped
    from publisher.sources.folder import WRITTEN, read_file
    from publisher.sources.page import read_page

    if path.suffix.lower() in WRITTEN:  # as in a `folder:` source
        return read_file(path, path.name, url)
    data = read_capped(path, CAP)
    _refuse_list(str(path), data)
    return read_page(data, url, folder=folder).articles[0]


def left_out(target: str) -> str:
    """Say what of a saved page was left out because nobody said where the page stood; empty: nothing.

    :raises SourceError: as `extract`.
    """
    if is_web(target):
        return ""
    article = _saved(Path(target), _SOMEWHERE, Path(target).parent)  # so that what is relative shows
    links = len(re.findall(rf'<a\b[^<>]*href="{_SOMEWHERE}(?!#)', article.html))
    pictures = set(re.findall(rf'<img\b[^<>]*src="({_SOMEWHERE}[^"]*)', article.html))
    pictures |= {article.image.url} if article.image and article.image.url.startswith(_SOMEWHERE) else set()
    found = [many(number, noun) for number, noun in ((links, "link"), (len(pictures), "picture")) if number]
    if not found:
        return ""
    return f"{target}: {' and '.join(found)} with a relative address left out. Give --url, where the page stood."


def _refuse_list(target: str, data: bytes, content_type: str = "") -> None:
    """Refuse what lists articles and is none.

    :raises SourceError: it is a feed or a sitemap.
    """
    from publisher.sources.discover import is_feed
    from publisher.sources.sitemap import is_sitemap
    from publisher.sources.xmltext import decode

    if is_sitemap(data):
        remedy = "Give the address of one article; as a source of new ones it is `page:` in schedules.yaml."
        raise SourceError("this is a sitemap, not an article", remedy=remedy)
    if is_feed(decode(data, content_type)):
        remedy = f"Give the address of one article; to see what the feed gives: publisher try {target}"
        raise SourceError("this is a feed, not an article", remedy=remedy)
    if _is_json(data):
        remedy = "Give the address of the article's page, or the page as a browser saves it."
        raise SourceError("this is JSON, not a page", remedy=remedy)


def _is_json(data: bytes) -> bool:
    if not data.lstrip().startswith((b"{", b"[")):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def plain(article: Article) -> dict[str, Any]:
    """Return an article as it is printed: what a page doesn't say is None or empty."""
    image = article.image
    return {
        "title": article.title,
        "url": article.url,
        "authors": list(article.authors),
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "categories": list(article.categories),
        "language": article.language,
        "summary": article.summary,
        "reading_minutes": reading_minutes(article.text),
        "image": image
        and {
            "url": image.url,
            "alt": image.alt,
            "caption": image.caption,
            "credit": image.credit,
            "width": image.width,
            "height": image.height,
        },
        "html": article.html,
        "text": article.text,
        "notes": list(article.notes),
    }
