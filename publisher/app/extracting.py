"""What one page gives: for an editor who wants to see it before it becomes a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from publisher.errors import PrivateAddressError, SourceError
from publisher.model.article import Article
from publisher.model.sentences import reading_minutes


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
    from publisher.sources.files import read_capped
    from publisher.sources.page import read_page

    fetcher = Fetcher(user_agent="Publisher (extract)", allow_private=allow_private)
    if target.lower().startswith(("http://", "https://")):
        got = fetcher.get(target)
        _refuse_list(target, got.body, got.content_type)
        return read_page(got.body, url or got.url, got.content_type).articles[0]
    path = Path(target)
    data = read_capped(path, fetcher.cap)
    _refuse_list(target, data)
    return read_page(data, url, folder=None if url else path.parent).articles[0]


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
