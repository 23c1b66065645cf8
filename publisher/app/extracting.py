"""What one page gives: for an editor who wants to see it before it becomes a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from publisher.errors import SourceError
from publisher.model.article import Article
from publisher.model.sentences import reading_minutes


def extract(target: str, *, url: str = "", allow_private: bool = False) -> Article:
    """Return the article on a page.

    :param target: its address, or the file that it was saved to.
    :param url: where a saved page stood: what its relative addresses are relative to.
    :raises SourceError: it can't be read, or holds no article.
    """
    # Here: only this command reads pages, and their parsers are large.
    from publisher.sources.fetch import Fetcher
    from publisher.sources.files import read_capped
    from publisher.sources.page import read_page

    fetcher = Fetcher(user_agent="Publisher (extract)", allow_private=allow_private)
    try:
        if target.lower().startswith(("http://", "https://")):
            got = fetcher.get(target)
            reading = read_page(got.body, url or got.url, got.content_type)
        else:
            path = Path(target)
            reading = read_page(read_capped(path, fetcher.cap), url, folder=None if url else path.parent)
    except SourceError as error:
        raise SourceError(error.what, where=target, remedy=error.remedy) from error
    return reading.articles[0]


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
