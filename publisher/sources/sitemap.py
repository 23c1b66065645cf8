"""Sitemaps (sitemaps.org 0.9, with Google's news dates): the pages of a site, or the sitemaps that name them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from lxml import etree

from publisher.errors import SourceError
from publisher.model.identity import canonical_url
from publisher.sources.address import web_url
from publisher.sources.dates import parse_date
from publisher.sources.xmltext import decode, read_document

_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:urlset|sitemapindex)[\s>]")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Listed:
    """One address on a listing."""

    url: str
    changed_at: datetime | None = None
    published_at: datetime | None = None

    @cached_property
    def name(self) -> str:
        """By what it is known: all its variants are one."""
        return canonical_url(self.url)

    @property
    def moment(self) -> datetime | None:
        return self.published_at or self.changed_at


def unpacked(data: bytes, cap: int) -> bytes:
    """Return a document that may have been packed as a file (``sitemap.xml.gz``).

    :raises SourceError: it is broken, or larger than ``cap`` bytes.
    """
    if not data.startswith(_GZIP):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, cap)
    except zlib.error:
        raise SourceError("it is no whole gzip file", remedy="It is tried again at the next poll.") from None
    if unpacker.unconsumed_tail:
        raise SourceError(f"it is larger than {cap:,} bytes when unpacked", remedy="Name a smaller sitemap.")
    return plain


def is_sitemap(data: bytes) -> bool:
    """Say whether a document is a sitemap or an index of them."""
    return bool(_ROOT.search(data[:5_000]))


def read_sitemap(data: bytes, content_type: str = "") -> tuple[bool, tuple[Listed, ...]]:
    """Return whether a document is an index of sitemaps, and what it names.

    :raises SourceError: it can't be read at all.
    """
    root = read_document(decode(data, content_type)).root
    is_index = _name(root) == "sitemapindex"
    return is_index, tuple(_entries(root, "sitemap" if is_index else "url"))


def _entries(root: etree._Element, wanted: str) -> Iterator[Listed]:
    for node in root:
        if _name(node) != wanted:
            continue
        said = {_name(child): child for child in node}
        url = web_url(said["loc"].text) if "loc" in said else None
        news = said["news"].findtext("{*}publication_date") if "news" in said else None
        changed = said["lastmod"].text if "lastmod" in said else None
        if url:
            yield Listed(url, parse_date(changed) if changed else None, parse_date(news) if news else None)


def _name(node: etree._Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
