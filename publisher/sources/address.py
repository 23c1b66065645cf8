"""Addresses: what is relative to what, which may be shown to a reader, and how to print one without its secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

LONGEST = 2_000  # characters; a longer address breaks mail clients and is never a real one
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_JUNK = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands: what its relative addresses are relative to.

    :param url: base of relative links; empty where nothing is known.
    :param folder: of a document that is a local file: its relative pictures are looked for here first.
    """

    url: str = ""
    folder: Path | None = None

    def at(self, url: str | None) -> Place:
        """Return the place of something inside this document: its own base, read relative to this one."""
        return replace(self, url=joined(self.url, url)) if url else self

    def page(self, href: str | None) -> str | None:
        """Return the absolute web address of a page, or None where it is none."""
        return web_url(joined(self.url, href)) if href else None

    def link(self, href: str) -> str | None:
        """Return what a link in the text leads to: a web page, a mail address or a telephone; else None."""
        if href.strip().lower().startswith(("mailto:", "tel:")):
            return _JUNK.sub("", href.strip())[:LONGEST]
        return self.page(href)

    def image(self, src: str | None) -> str | None:
        """Return the absolute address of a picture: beside a local document (``file:``) or on the web; else None."""
        if not src or not src.strip():
            return None
        return self._beside(src.strip()) or web_url(joined(self.url, src))

    def _beside(self, src: str) -> str | None:
        """A picture of a local document may stand below its own folder, nowhere else on this machine."""
        if self.folder is None or src.startswith(("/", "\\")) or (_SCHEME.match(src) and not is_file(src)):
            return None
        path = unquote(urlsplit(src).path)
        try:
            root = self.folder.resolve()
            found = (root / path).resolve()
            return found.as_uri() if found.is_relative_to(root) and found.is_file() else None
        except (OSError, ValueError):
            return None


def is_web(location: str) -> bool:
    """Say whether something is written as an address on the web, not as a path."""
    return location.lower().startswith(("http://", "https://"))


def is_front_page(url: str) -> bool:
    """Say whether an address is a site's own, and no page inside it."""
    return re.fullmatch(r"https?://[^/]+(?:/(?:index\.\w+|home/?)?)?(?:\?.*)?", url) is not None


def is_file(url: str) -> bool:
    """Say whether an address names a file of this machine."""
    return url.strip().lower().startswith("file:")


def joined(base: str, href: str | None) -> str:
    """Join as urljoin does; an address that can't be joined comes back empty."""
    try:
        return urljoin(base, _JUNK.sub("", href or "").strip())
    except ValueError:
        return ""


def web_url(url: str | None) -> str | None:
    """Return an http or https address with its spaces and quotes escaped, or None where it is something else.

    A name and a password in it are left out: it is for readers. A host with letters of any language is written as the
    network knows it (punycode): whoever writes html down later would escape its letters, and it would lead nowhere.
    """
    text = _JUNK.sub("", url or "").strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port, no host
        return None
    if not usable or len(text) > LONGEST:
        return None
    if "@" in parts.netloc:  # a name and password open a source to us; what a reader gets carries neither
        text = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if not parts.netloc.isascii():
        host = _of_network(parts.hostname or "")
        if not host:
            return None
        port = f":{parts.port}" if parts.port else ""
        text = urlsplit(text)._replace(netloc=host + port).geturl()
    return re.sub(r"[\s\"<>\\^`{|}]", lambda found: quote(found[0]), text)


def _of_network(host: str) -> str:
    """Return a host as the network knows it; empty where it can be none."""
    if host.isascii():
        return host
    from urllib3.exceptions import LocationParseError  # here: few hosts need it
    from urllib3.util import parse_url

    try:
        return parse_url(f"https://{host}/").host or ""
    except LocationParseError:
        return ""


def login_of(url: str) -> str:
    """Return the ``name:password`` that an address carries, or an empty string."""
    parts = urlsplit(url)
    return f"{unquote(parts.username or '')}:{unquote(parts.password or '')}" if "@" in parts.netloc else ""


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what a name and a password are for."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, _of_network(parts.hostname or ""), port


def shown(url: str) -> str:
    """Print an address for people: without name, password and query, which may hold secrets."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "this address"
    return f"{parts.scheme}://{host}{port}{parts.path}{'?…' if parts.query else ''}"
