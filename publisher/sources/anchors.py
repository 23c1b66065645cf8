"""Links on a listing page, and which of a listing's links are articles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urldefrag, urlsplit

from publisher.sources import tidy
from publisher.sources.address import Place, web_url

_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|css|js|json|xml|rss|atom|pdf|docx?|xlsx?|pptx?|zip|gz|mp[34]|m4a|mov|avi)$",
    re.I,
)
_FRONT = re.compile(r"(?:/index\.\w+|/home)?")
# Where content systems list or serve what are no articles.
_ARCHIVES = re.compile(
    r"/(?:tags?|categor(?:y|ies)|topics?|authors?|users?|page/\d+|feed|rss|search|login|log-in|wp-[\w-]+(?:\.php)?|"
    r"cart|account|subscribe|cdn-cgi)(?:/|$)",
    re.I,
)


def links_of(page: str, place: Place) -> tuple[str, ...]:
    """Return the addresses that a page links to, each once, in order."""
    root = tidy.whole(page)
    base = next((node.get("href") for node in root.iter("base") if node.get("href")), None)
    here = place.at(base)
    found = (here.page(node.get("href")) for node in root.iter("a"))
    return tuple(dict.fromkeys(urldefrag(url).url for url in found if url))


def of_site(urls: Iterable[str], listing: str) -> tuple[str, ...]:
    """Return the addresses of pages on the listing's own site, other than itself and the site's front page."""
    itself = urlsplit(web_url(listing) or listing)
    return tuple(url for url in urls if _may_be_article(urlsplit(url), itself))


def fitting(urls: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses that fit any of the patterns; without patterns those that are not plainly archives.

    A pattern that begins with ``/`` is compared with the path, any other with the whole address; ``*`` stands for
    anything but nothing, and a slash at the end makes no difference.
    """
    wanted = [(pattern.startswith("/"), _expression(web_url(pattern) or pattern)) for pattern in patterns]
    if not wanted:
        return tuple(url for url in urls if not _ARCHIVES.search(urlsplit(url).path))
    return tuple(url for url in urls if any(fits.fullmatch(_compared(url, path)) for path, fits in wanted))


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in pattern.rstrip("/").split("*")), re.I)


def _compared(url: str, is_path: bool) -> str:
    if not is_path:
        return url.rstrip("/")
    parts = urlsplit(url)
    return parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


def _may_be_article(parts: SplitResult, listing: SplitResult) -> bool:
    if parts.netloc != listing.netloc and _host(parts) != _host(listing):
        return False
    path = parts.path.rstrip("/")
    is_itself = (path, parts.query) == (listing.path.rstrip("/"), listing.query)
    return not is_itself and not _FILES.search(path) and bool(parts.query or not _FRONT.fullmatch(path))


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").removeprefix("www.")
