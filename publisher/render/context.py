"""What templates are given: plain dicts, lists and strings, made from the brief."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from publisher.errors import TemplateError
from publisher.model.article import Article, Image
from publisher.model.message import Brief, Sheet
from publisher.model.sentences import reading_minutes
from publisher.render.addresses import fault_of_page, fault_of_picture, host_of, web_address
from publisher.render.conventions import direction_of
from publisher.render.fragment import beginning, described, paragraphs_of, tidy
from publisher.render.theme import inner_width, theme_dict
from publisher.render.words import authored

Words = Callable[[str], str]
FRAME = 36  # pixels of an insert's frame: partials/styles.css has 16 and 2 at each side
_LONGEST_BODY = 200_000  # characters; of what is longer no mail would show the end


def context_of(brief: Brief, words: Words = authored, *, html: bool = True) -> dict[str, Any]:
    """Return the names that every template may use; TemplateError where there is neither article nor note.

    :param words: what is done to each authored line; ``authored`` by default.
    :param html: False leaves the articles' markup out, for what is plain text.
    """
    articles = [article_dict(article, brief, words, html=html) for article in brief.articles]
    if not articles and not (brief.note and html):
        raise TemplateError("there is no article to render", where=f"schedule {brief.schedule}")
    return sheet_context(brief) | {
        "edition": {"schedule": brief.schedule, "slot": brief.slot, "due_at": brief.due_at.isoformat()},
        "articles": articles,
        "lead": articles[0] if articles else {},
        "left_out": 0,
        "archive_url": brief.archive_url,
        "updates": [article_dict(article, brief, words) for article in brief.updates],
        "note": markup_of(brief.note, brief) if html else "",
        "inserts": {"top": [], "bottom": []},
    }


def with_inserts(context: dict[str, Any], brief: Brief) -> dict[str, Any]:
    """Return what a mail's template is given with each insert at its place: after a story, or above or below all."""
    stories = [story | {"inserts": []} for story in context["articles"]]
    places: dict[str, list[dict[str, Any]]] = {"top": [], "bottom": []}
    for block in brief.inserts:
        follows = block.after is not None and bool(stories)
        place = stories[min(block.after or 1, len(stories)) - 1]["inserts"] if follows else places[block.place]
        html = markup_of(block.html, brief, less=FRAME)
        place.append({"label": authored(block.label), "html": html, "paragraphs": paragraphs_of(described(html))})
    return context | {"articles": stories, "lead": stories[0] if stories else {}, "inserts": places}


def sheet_context(sheet: Sheet) -> dict[str, Any]:
    """Return the names that every mail and post knows."""
    name = authored(sheet.publication)
    return {
        "publication": {"name": name, "url": _page(sheet.site_url), "address": authored(sheet.address)},
        "list": {"name": sheet.list_name, "title": authored(sheet.list_title), "about": authored(sheet.list_about)},
        "language": sheet.language,
        "dir": direction_of(sheet.language),
        "practice": sheet.practice,
        "archive_url": "",
        "theme": theme_dict(sheet.theme, name),
    }


def article_dict(article: Article, brief: Brief, words: Words = authored, *, html: bool = False) -> dict[str, Any]:
    """Return one article for templates; what it doesn't have is an empty string or list."""
    url = _counted(_page(article.url or ""), brief)
    foreign = _foreign_language(article, brief)
    text, body = article.text[:_LONGEST_BODY], beginning(article.html, _LONGEST_BODY) if html else ""
    paragraphs = [words(part) for part in text.split("\n\n") if part.strip()]
    return {
        "title": words(article.title) or host_of(url) or words(brief.publication),
        "url": url,
        "host": host_of(url),
        "summary": words(article.summary),
        "html": markup_of(body, brief),
        "text": "\n\n".join(paragraphs),
        "paragraphs": paragraphs,
        "shortened": len(body) < len(article.html) if html else False,
        "reading_minutes": reading_minutes(article.text),
        "authors": [words(name) for name in article.authors],
        "categories": [words(name) for name in article.categories],
        "image": image_dict(article.image, brief, words) if article.image else "",
        "language": foreign,
        "dir": direction_of(foreign) if foreign else "",
        "published_at": article.published_at.isoformat() if article.published_at else "",
        "inserts": [],
    }


def image_dict(image: Image, brief: Brief, words: Words) -> dict[str, Any] | str:
    """Return a picture for templates; empty for one that can't be shown or is no picture."""
    if fault_of_picture(image, practice=brief.practice):
        return ""
    return {
        "url": web_address(image.url),
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


def _page(url: str) -> str:
    """Return an address that may be linked; empty for any other."""
    return "" if fault_of_page(url) else web_address(url)


def markup_of(fragment: str, sheet: Sheet, *, less: int = 0) -> Markup:
    """Return sanitised html as it may stand in a mail.

    :param less: pixels of the mail's width that it doesn't have.
    """
    tidied = tidy(fragment, inner_width(sheet.theme) - less, practice=sheet.practice)
    return Markup(tidied)  # noqa: S704  # sanitised at intake, or where it was written


def _counted(url: str, brief: Brief) -> str:
    """Return an article's address with the parameters of the channel; what it says already stays."""
    page, hash_sign, fragment = url.partition("#")
    missing = [(name, value) for name, value in brief.utm if not re.search(rf"[?&]{re.escape(name)}=", page)]
    if not url or not missing:
        return url
    return f"{page}{'&' if '?' in page else '?'}{urlencode(missing)}{hash_sign}{fragment}"


def _foreign_language(article: Article, brief: Brief) -> str:
    """Return the article's language where it isn't the edition's."""
    own = authored(article.language or "")
    primary = own.replace("_", "-").partition("-")[0].lower()
    return own if primary.isalpha() and primary != brief.language.partition("-")[0].lower() else ""
