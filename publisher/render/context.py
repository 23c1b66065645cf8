"""What templates are given: plain dicts, lists and strings, made from the brief."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup

from publisher.errors import TemplateError
from publisher.model.article import Article, Image
from publisher.model.message import Brief
from publisher.model.sentences import reading_minutes
from publisher.render.conventions import direction_of
from publisher.render.fragment import tidy
from publisher.render.merge import carries_token
from publisher.render.theme import inner_width, theme_dict
from publisher.render.words import clean, fold

Words = Callable[[str], str]
_PAGES = ("https", "http")
_PICTURES = ("https", "http", "file")  # file: pictures of the example that comes with Publisher
_SMALLEST_PICTURE = 60  # pixels: below that it is an icon or a tracking pixel


def context_of(brief: Brief, words: Words = fold, *, html: bool = True) -> dict[str, Any]:
    """Return the names that every template may use; TemplateError where authored text imitates a merge field.

    :param words: what is done to each authored line; ``fold`` by default.
    :param html: False leaves the articles' markup out, for what is plain text.
    """
    _refuse_imitations(brief)
    articles = [article_dict(article, brief, words, html=html) for article in brief.articles]
    if not articles:
        raise TemplateError("there is no article to render", where=f"schedule {brief.schedule}")
    return {
        "publication": {"name": fold(brief.publication), "url": _url(brief.site_url, _PAGES), "address": brief.address},
        "list": {"name": brief.list_name, "title": fold(brief.list_title), "about": fold(brief.list_about)},
        "edition": {"schedule": brief.schedule, "slot": brief.slot, "due_at": brief.due_at.isoformat()},
        "articles": articles,
        "lead": articles[0],
        "updates": [article_dict(article, brief, words) for article in brief.updates],
        "language": brief.language,
        "dir": direction_of(brief.language),
        "note": Markup(tidy(brief.note, inner_width(brief.theme)) if html else ""),  # noqa: S704  # sanitised where it was written
        "practice": brief.practice,
        "theme": theme_dict(brief.theme, fold(brief.publication)),
    }


def article_dict(article: Article, brief: Brief, words: Words = fold, *, html: bool = False) -> dict[str, Any]:
    """Return one article for templates; what it doesn't have is an empty string or list."""
    url = _counted(_url(article.url or "", _PAGES), brief)
    foreign = _foreign_language(article, brief)
    paragraphs = [words(part) for part in article.text.split("\n\n") if part.strip()]
    return {
        "title": words(article.title) or _host(url),
        "url": url,
        "host": _host(url),
        "summary": words(article.summary),
        "html": Markup(tidy(article.html, inner_width(brief.theme)) if html else ""),  # noqa: S704  # sanitised at intake
        "text": "\n\n".join(paragraphs),
        "paragraphs": paragraphs,
        "reading_minutes": reading_minutes(article.text),
        "authors": [words(name) for name in article.authors],
        "categories": [words(name) for name in article.categories],
        "image": image_dict(article.image, words) if article.image else "",
        "language": foreign,
        "dir": direction_of(foreign) if foreign else "",
        "published_at": article.published_at.isoformat() if article.published_at else "",
    }


def image_dict(image: Image, words: Words) -> dict[str, Any] | str:
    """Return a picture for templates; empty for one that can't be shown or is no picture."""
    url = _url(image.url, _PICTURES)
    sides = [side for side in (image.width, image.height) if side is not None]
    if not url or any(side < _SMALLEST_PICTURE for side in sides):
        return ""
    return {
        "url": url,
        "alt": words(image.alt),
        "caption": words(image.caption),
        "credit": words(image.credit),
        "width": image.width or 0,
        "height": image.height or 0,
    }


def sized(image: dict[str, Any], width: int, height: int) -> dict[str, int]:
    """Fit a picture into a box without distorting or enlarging it.

    Returns whole pixels; ``height`` is 0 where the picture's own size is unknown, and then must not be stated.
    """
    own_width, own_height = int(image["width"]), int(image["height"])
    if not own_width or not own_height:
        return {"width": min(width, own_width or width), "height": 0}
    scale = min(1.0, width / own_width, height / own_height)
    return {"width": max(1, round(own_width * scale)), "height": max(1, round(own_height * scale))}


def _url(url: str, schemes: tuple[str, ...]) -> str:
    """Return an address that may be linked or shown; empty for any other."""
    folded = "%20".join(clean(url).split())
    return folded if folded.lower().startswith(tuple(f"{scheme}:" for scheme in schemes)) else ""


def _counted(url: str, brief: Brief) -> str:
    """Return an article's address with the parameters of the channel; what it says already stays."""
    page, hash_sign, fragment = url.partition("#")
    missing = [(name, value) for name, value in brief.utm if not re.search(rf"[?&]{re.escape(name)}=", page)]
    if not url or not missing:
        return url
    return f"{page}{'&' if '?' in page else '?'}{urlencode(missing)}{hash_sign}{fragment}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _foreign_language(article: Article, brief: Brief) -> str:
    """Return the article's language where it isn't the edition's."""
    own = article.language or ""
    primary = own.replace("_", "-").partition("-")[0].lower()
    return own if primary.isalpha() and primary != brief.language.partition("-")[0].lower() else ""


def _refuse_imitations(brief: Brief) -> None:
    authored = [brief.note, brief.publication, brief.address, brief.list_title, brief.list_about]
    for article in (*brief.articles, *brief.updates):
        picture = article.image
        authored += [article.title, article.url or "", article.summary, article.html, article.text]
        authored += [*article.authors, *article.categories]
        authored += [picture.url, picture.alt, picture.caption, picture.credit] if picture else []
    for text in authored:
        if carries_token(text):
            raise TemplateError(
                "a text imitates Publisher's own placeholder for a reader's value",
                where=f"schedule {brief.schedule}",
                remedy=f"Take this out of the article or the note: {text[:60]!r}",
            )
