"""A feed as Atom has it (RFC 4287)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

NAMESPACE = "http://www.w3.org/2005/Atom"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a feed without entries changed last
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of which a feed tells."""

    id: str  # an IRI that stays the same for ever
    title: str
    url: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, its entries newest first."""

    title: str
    subtitle: str  # empty: none
    url: str  # of the page that shows the same; the feed itself is below it
    author: str
    language: str
    entries: tuple[Entry, ...]


def atom(feed: Feed) -> bytes:
    """Return a feed as its XML."""
    root = Xml.Element("feed", {"xmlns": NAMESPACE, "xml:lang": feed.language})
    updated_at = max((entry.published_at for entry in feed.entries), default=_NEVER)
    _add(root, "id", feed.url)
    _add(root, "title", feed.title)
    if feed.subtitle:
        _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", updated_at.isoformat())
    _add(_add(root, "author"), "name", feed.author)
    _add(root, "link", rel="self", type="application/atom+xml", href=f"{feed.url}/feed.xml")
    _add(root, "link", rel="alternate", type="text/html", href=feed.url)
    for entry in feed.entries:
        _add_entry(root, entry)
    return bytes(Xml.tostring(root, "utf-8", xml_declaration=True))


def _add_entry(root: Xml.Element, entry: Entry) -> None:
    element = _add(root, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "link", rel="alternate", type="text/html", href=entry.url)
    _add(element, "published", entry.published_at.isoformat())
    _add(element, "updated", entry.published_at.isoformat())


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, name, attributes)
    element.text = _NOT_IN_XML.sub("", text) or None
    return element
