"""What a web page says of the feeds beside it."""

from __future__ import annotations

import re

from publisher.sources import tidy
from publisher.sources.address import Place

_KINDS = {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
_COMMENTS = re.compile(r"comment|kommentar|comentario|comentário|commentaire|reacties", re.I)
_WORDPRESS = "https://api.w.org/"


def feeds_in(page: str, place: Place) -> tuple[str, ...]:
    """Return the addresses of a page's feeds: articles before comments, otherwise in the page's order."""
    found: dict[str, bool] = {}
    for link in _links(page):
        if "alternate" in _rel(link) and _kind(link) in _KINDS:
            url = place.page(link.get("href"))
            if url:
                found.setdefault(url, bool(_COMMENTS.search(f"{url} {link.get('title') or ''}")))
    return tuple(sorted(found, key=lambda url: found[url]))


def wordpress_feed(page: str, place: Place) -> str | None:
    """Return the feed of a page that WordPress made, told by the link to its interface."""
    for link in _links(page):
        root = place.page(link.get("href")) if _WORDPRESS in _rel(link) else None
        if root:
            return re.sub(r"(?:wp-json/?|\?rest_route=.*)$", "", root).rstrip("/") + "/feed/"
    return None


def _links(page: str) -> list[tidy.Node]:
    return list(tidy.parsed(page).iter("link"))


def _rel(link: tidy.Node) -> list[str]:
    return (link.get("rel") or "").lower().split()


def _kind(link: tidy.Node) -> str:
    return (link.get("type") or "").split(";")[0].strip().lower()
