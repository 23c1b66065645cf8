"""A post as WordPress' REST API gives it, on its way to an article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from publisher.sources import clean
from publisher.sources.item import Item
from publisher.sources.pictures import Picture

_TAXONOMIES = ("category", "post_tag")


def number_of(guid: str) -> int | None:
    """Return the number of the post that an id of ours names; None where it is another's."""
    found = re.fullmatch(r"wp:(\d{1,18})", guid)
    return int(found[1]) if found else None


def asks_for_password(post: dict[str, Any]) -> bool:
    """Say whether readers have to know a password to read a post."""
    return bool(_dict(post, "content").get("protected"))


def item_of(post: dict[str, Any]) -> Item:
    """Return what a post says; ``_embedded`` holds its people, terms and featured picture, where they may be seen."""
    return Item(
        guid=f"wp:{post['id']}",
        link=_text(post, "link") or None,
        title=_rendered(post, "title"),
        summary=_rendered(post, "excerpt"),
        content=_rendered(post, "content"),
        authors=tuple(_authors(post)),
        categories=tuple(_terms(post, *_TAXONOMIES)),
        dates=_dates(post),
        language=_text(post, "lang") or None,  # of Polylang and WPML
        pictures=_pictures(post),
    )


def _dates(post: dict[str, Any]) -> tuple[str, ...]:
    """Return when it was published, in UTC; a draft that never was has a date of zeros, or none."""
    said = _text(post, "date_gmt")
    return (f"{said}Z",) if said and not said.startswith("0000") else ()


def _authors(post: dict[str, Any]) -> list[str]:
    """Return the co-authors of a plugin, else the author; where the site hides its users, what its Yoast says."""
    together = list(_terms(post, "author"))
    named = [_text(person, "name") for person in _embedded(post, "author")]
    return (
        together or list(filter(None, named)) or list(filter(None, [_text(_dict(post, "yoast_head_json"), "author")]))
    )


def _terms(post: dict[str, Any], *taxonomies: str) -> Iterator[str]:
    groups = _dict(post, "_embedded").get("wp:term")
    terms = [term for group in groups if isinstance(group, list) for term in group] if isinstance(groups, list) else []
    for taxonomy in taxonomies:
        yield from (_text(term, "name") for term in terms if _text(term, "taxonomy") == taxonomy)


def _pictures(post: dict[str, Any]) -> tuple[Picture, ...]:
    """Return the featured picture; where it may not be seen, the one that Jetpack or Yoast name."""
    for media in _embedded(post, "wp:featuredmedia"):
        if url := _text(media, "source_url"):
            size = _dict(media, "media_details")
            caption, alt = clean.one_line(_rendered(media, "caption"), limit=1_000), _text(media, "alt_text")
            return (Picture(url, clean.one_line(alt), caption, "", _number(size, "width"), _number(size, "height")),)
    shared = _dict(post, "yoast_head_json").get("og_image")
    named = _text(post, "jetpack_featured_media_url")
    others = [_text(part, "url") for part in shared] if isinstance(shared, list) else []
    return tuple(Picture(url) for url in (named, *others) if url)[:1]


def _embedded(post: dict[str, Any], name: str) -> list[object]:
    found = _dict(post, "_embedded").get(name)
    return found if isinstance(found, list) else []


def _rendered(holder: object, name: str) -> str:
    return _text(_dict(holder, name), "rendered")


def _dict(holder: object, name: str) -> dict[str, Any]:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def _text(holder: object, name: str) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _number(holder: dict[str, Any], name: str) -> int | None:
    value = holder.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
