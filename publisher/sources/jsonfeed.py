"""JSON Feed 1.0 and 1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from publisher.errors import SourceError
from publisher.sources import clean
from publisher.sources.item import Item
from publisher.sources.pictures import Picture
from publisher.sources.xmlfeed import Feed


def looks_like_json(text: str) -> bool:
    """Say whether a document is JSON rather than XML."""
    return text.lstrip()[:1] in ("{", "[")


def read_json(text: str) -> Feed:
    """Return the feed in a JSON document.

    :raises SourceError: it is no JSON, or no feed.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(
            f"line {error.lineno}: not well-formed JSON ({error.msg.lower()})",
            remedy="The document is broken or incomplete: it is tried again at the next poll.",
        ) from None
    except (ValueError, RecursionError):
        raise SourceError("this JSON can't be read", remedy="Let a JSON Feed validator check it.") from None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise SourceError(
            "this JSON is no feed: it has no list of `items`", remedy="Give the address of its JSON Feed."
        )
    items = [_item(item, document) for item in document["items"] if isinstance(item, dict)]
    odd = len(document["items"]) - len(items)
    return Feed(
        items=tuple(items),
        title=clean.one_line(_text(document, "title"), is_html=False),
        link=_text(document, "home_page_url"),
        language=_text(document, "language") or None,
        problems=(f"{odd} of its items are no objects and were left out",) if odd else (),
    )


def _item(item: Mapping[str, Any], feed: Mapping[str, Any]) -> Item:
    plain = clean.escaped(_text(item, "content_text"))
    return Item(
        guid=_text(item, "id") or None,
        link=_text(item, "url") or _text(item, "external_url") or None,
        title=_text(item, "title"),
        title_is_html=False,
        summary=clean.escaped(_text(item, "summary")),
        content=_text(item, "content_html") or plain,
        authors=_authors(item) or _authors(feed),
        categories=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        dates=tuple(filter(None, (_text(item, "date_published"), _text(item, "date_modified")))),
        language=_text(item, "language") or None,
        pictures=tuple(_pictures(item)),
    )


def _pictures(item: Mapping[str, Any]) -> list[Picture]:
    stated = [Picture(_text(item, name)) for name in ("image", "banner_image") if _text(item, name)]
    attached = [part for part in _list(item, "attachments") if isinstance(part, dict)]
    images = [part for part in attached if _text(part, "mime_type").startswith("image/")]
    return [*stated, *(Picture(_text(part, "url"), alt=clean.one_line(_text(part, "title"))) for part in images)]


def _authors(holder: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names in ``authors`` (1.1) or ``author`` (1.0)."""
    people = [*_list(holder, "authors"), holder.get("author")]
    return tuple(_text(person, "name") for person in people if isinstance(person, dict) and _text(person, "name"))


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _text(holder: Mapping[str, Any], name: str) -> str:
    """Return a text or number as text; anything else as none."""
    value = holder.get(name)
    if isinstance(value, str):
        return clean.printable(value).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
