"""Front matter: the few lines of YAML between ``---`` at the top of a file of text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from publisher.errors import SourceError
from publisher.sources.dates import from_value
from publisher.sources.item import Item
from publisher.sources.pictures import Picture

_FENCED = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_LIMIT = 64_000  # characters

_NAMES = {  # what a value is called here → what people call it
    "id": ("id", "guid"),
    "title": ("title", "headline"),
    "url": ("url", "link", "permalink", "canonical"),
    "date": ("date", "published", "published_at", "datetime", "pubdate"),
    "authors": ("authors", "author", "by", "byline"),
    "categories": ("categories", "category", "tags", "section"),
    "summary": ("summary", "description", "excerpt", "dek"),
    "language": ("language", "lang"),
}


def split(text: str) -> tuple[Mapping[str, Any], str]:
    """Return the front matter (keys in lower case) and the text below it.

    :raises SourceError: there is front matter, and it can't be read; names its line.
    """
    text = text.replace("\r\n", "\n")
    found = _FENCED.match(text)
    if not found or len(found[1]) > _LIMIT:
        return {}, text
    try:
        values = YAML(typ="safe", pure=True).load(found[1])
    except MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        what = f"line {line} of its front matter can't be read: {error.problem or 'not YAML'}"
        raise SourceError(what, remedy="Put text with a colon or a quote in it between quotes.") from None
    except (YAMLError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise SourceError("its front matter is not YAML", remedy="Write `name: value`, one to a line.") from error
    if values is None:
        return {}, text[found.end() :]
    if not isinstance(values, dict):
        return {}, text
    return {str(key).strip().lower(): value for key, value in values.items()}, text[found.end() :]


def item_of(values: Mapping[str, Any], content: str) -> Item:
    """Return the item that front matter describes, with its content."""
    image = values.get("image")
    parts = image if isinstance(image, dict) else {"url": image}
    picture = Picture(
        url=_text(parts.get("url") or parts.get("src")),
        alt=_text(parts.get("alt") or values.get("alt") or values.get("image_alt")),
        caption=_text(parts.get("caption") or values.get("caption")),
        credit=_text(parts.get("credit") or values.get("credit")),
    )
    return Item(
        guid=_text(_named(values, "id")) or None,
        link=_text(_named(values, "url")) or None,
        title=_text(_named(values, "title")),
        title_is_html=False,
        summary=_text(_named(values, "summary")),
        content=content,
        authors=_list(_named(values, "authors")),
        categories=_list(_named(values, "categories")),
        dates=_date(_named(values, "date")),
        language=_text(_named(values, "language")) or None,
        pictures=(picture,) if picture.url or picture.caption or picture.credit else (),
    )


def is_draft(values: Mapping[str, Any]) -> bool:
    """Say whether the front matter keeps the article back."""
    return values.get("draft") is True or values.get("published") is False


def _named(values: Mapping[str, Any], name: str) -> object:
    return next((values[key] for key in _NAMES[name] if values.get(key) not in (None, "", [], False, True)), None)


def _date(value: object) -> tuple[str, ...]:
    moment = from_value(value)
    return (moment.isoformat(),) if moment else (_text(value),) if _text(value) else ()


def _list(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    names = (part.get("name") if isinstance(part, dict) else part for part in values)
    return tuple(filter(None, map(_text, names)))


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    return value.isoformat() if isinstance(value, date) else str(value).strip()
