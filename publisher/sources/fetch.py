"""Fetch over HTTP: capped, timed, conditional, every redirect looked at, and errors in words."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3.exceptions
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import ProtocolError

from publisher import wire
from publisher.errors import PrivateAddressError, SourceError
from publisher.sources import manners
from publisher.sources.address import login_of, origin_of, shown
from publisher.wire import UNTIL, Gate, OverTimeError, RefusedAddressError, connections, is_about, is_any

REDIRECTS = 5
_CHUNK = 65_536
_FEW = 4_096  # bytes that are read at once where only the beginning is wanted
_MOVED = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
NOT_THERE = (404, 410)
_FEEDS = "application/atom+xml, application/rss+xml, application/feed+json"
_ACCEPT = f"{_FEEDS}, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
_FAILURES = (urllib3.exceptions.HTTPError, OSError, ValueError)

_STATUS = {
    401: ("asks for a name and a password (401)", "Put them into the source's address, or use a public address."),
    403: ("refuses to be read (403)", "Ask the site's technicians to let this machine in."),
    404: ("is not there (404)", "Open it in a browser and correct the address."),
    410: ("is gone for good (410)", "Give the source its new address, or remove it."),
    429: ("asks for fewer questions (429)", "If it stays so, raise `every:` of the source."),
}


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask "anything new since?" with."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one fetch gave."""

    url: str = field(repr=False)  # where it was in the end; may hold a secret in its query
    status: int  # 200, or 304: unchanged, with an empty body
    body: bytes = field(repr=False)  # decoded
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = field(default=None, repr=False)  # where permanent redirects led, before any temporary one
    fresh_for: timedelta = timedelta()  # how long its server asks not to be asked again
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # of the answer, whatever their case


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetch pages and feeds as one well-behaved reader; safe to share between threads.

    :param timeout: seconds to wait for a connection, and for each piece of the answer.
    :param cap: bytes after decompression.
    :param allow_private: let addresses of this machine and its network be read.
    :param total: seconds for the whole answer, redirects included.
    :param opened_by: addresses with a name and a password, which open all that is at the same host and port.
    """

    user_agent: str
    timeout: float = 20.0
    cap: int = 30_000_000
    allow_private: bool = False
    total: float = 60.0
    gate: Gate = Gate()  # noqa: RUF009 -- frozen
    opened_by: tuple[str, ...] = field(default=(), repr=False)

    def allowing_private(self) -> Fetcher:
        """Return the same fetcher for a source whose editor said that it stands in the own network."""
        return replace(self, allow_private=True)

    def get(self, url: str, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        """Fetch an address, following at most five redirects.

        :raises SourceError: unreachable, refused, missing, too large, too slow, or no address at all.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        return self._fetch(url, {name: value for name, value in known.items() if value}, self._body)

    def is_there(self, url: str) -> bool:
        """Say whether there is something at an address, without reading it; only 404 and 410 mean that there is not.

        Asked by GET: there are servers that answer HEAD with 404.

        :raises SourceError: it can't be told.
        """
        try:
            self._fetch(url, {}, lambda answer, here: b"")
        except SourceError as error:
            if error.status in NOT_THERE:
                return False
            raise
        return True

    def begin(self, url: str, enough: Callable[[bytes], bool], most: int) -> bytes:
        """Fetch the beginning of what is at an address: as much as is enough, and at most so many bytes.

        :raises SourceError: as `get`.
        """

        def read(answer: BaseHTTPResponse, here: str) -> bytes:
            body = b""
            for piece in self._pieces(answer, here, _FEW):
                body += piece
                if len(body) >= most or enough(body):
                    break
            return body[:most]

        # A part of what is packed can't be unpacked.
        return self._fetch(url, {"Range": f"bytes=0-{most - 1}", "Accept-Encoding": "identity"}, read).body

    def _fetch(self, url: str, more: Mapping[str, str], read: Callable[[BaseHTTPResponse, str], bytes]) -> Fetched:
        """Fetch an address, following redirects.

        :param more: headers beside those that every request has.
        :param read: reads the answer's body, which came from an address.
        """
        until = time.monotonic() + self.total
        UNTIL.set(until)
        here, moved, permanent = url, None, True
        for _ in range(REDIRECTS + 1):
            answer = self._ask(here, {**self._headers(here), **more}, until)
            try:
                target = _target(answer, here)
                if target is None:
                    return self._take(answer, here, moved, read)
            finally:
                answer.close()  # what was read to its end has given its connection back by then
            permanent = permanent and answer.status in _PERMANENT
            moved = target if permanent else moved
            here = target
        raise _refusal(url, f"leads from one address to the next more than {REDIRECTS} times", _STATUS[404][1])

    def _ask(self, url: str, headers: Mapping[str, str], until: float) -> BaseHTTPResponse:
        """Ask once; again where a kept connection turns out to have been closed meanwhile."""
        pools = connections(self.gate if not self.allow_private else replace(self.gate, allows=is_any))
        for is_last in (False, True):
            wait = max(0.001, min(self.timeout, until - time.monotonic()))
            try:
                return pools.urlopen(
                    "GET",
                    url,
                    headers=headers,
                    redirect=False,
                    preload_content=False,
                    timeout=Timeout(connect=wait, read=wait),
                )
            except ProtocolError as error:
                if is_last or is_about(error, OverTimeError):
                    raise self._failure(url, error) from None
            except RefusedAddressError:
                raise _private(url) from None
            except _FAILURES as error:
                raise self._failure(url, error) from None
        raise AssertionError("unreachable")

    def _headers(self, url: str) -> dict[str, str]:
        """Return what is said of ourselves: no cookies, and a password only where it belongs.

        :raises SourceError: the address is none.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host:
            raise _refusal(url, "is no web address", "Write it as https://…")
        opened_by = (each for each in (url, *self.opened_by) if origin_of(each) == origin_of(url))
        login = next(filter(None, map(login_of, opened_by)), "")
        own = {"User-Agent": self.user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
        return own | ({"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {})

    def _take(
        self,
        answer: BaseHTTPResponse,
        url: str,
        moved: str | None,
        read: Callable[[BaseHTTPResponse, str], bytes],
    ) -> Fetched:
        if answer.status != 304 and not 200 <= answer.status < 300:
            raise _refused_by_server(url, answer.status, answer.headers)
        headers = answer.headers
        return Fetched(
            url=url,
            status=304 if answer.status == 304 else 200,
            body=read(answer, url),
            content_type=headers.get("Content-Type", ""),
            etag=headers.get("ETag"),
            last_modified=headers.get("Last-Modified"),
            moved_to=moved,
            fresh_for=manners.of_answer(headers),
            headers=headers,
        )

    def _body(self, answer: BaseHTTPResponse, url: str) -> bytes:
        """Read the answer piece by piece, so that neither its size nor its slowness can hurt."""
        stated = answer.headers.get("Content-Length", "")
        if stated.isdecimal() and int(stated) > self.cap:
            raise self._too_large(url)
        body = bytearray()
        for piece in self._pieces(answer, url, _CHUNK):
            body += piece
            if len(body) > self.cap:
                raise self._too_large(url)
        return bytes(body)

    def _pieces(self, answer: BaseHTTPResponse, url: str, most: int) -> Iterator[bytes]:
        try:
            while piece := answer.read1(most, decode_content=True):
                yield piece
        except _FAILURES as error:
            raise self._failure(url, error) from None
        answer.release_conn()  # all was read: another request may go over it

    def _too_large(self, url: str) -> SourceError:
        cap = f"{self.cap:,} bytes ({self.cap / 1_000_000:g} MB)"
        return _refusal(url, f"is larger than {cap}, the most that is read", "Ask the site for a shorter feed.")

    def _failure(self, url: str, error: Exception) -> SourceError:
        """Say in words why nothing came; the library's own words hold the whole address and are not shown."""
        if is_about(error, OverTimeError):
            return _refusal(url, f"was still sending after {self.total:g} seconds", "Try again later.")
        if is_about(error, urllib3.exceptions.SSLError):
            return _without_tls(url, error)
        if is_about(error, urllib3.exceptions.NameResolutionError):
            return _unknown_host(url)
        if is_about(error, urllib3.exceptions.TimeoutError) and not is_about(error, ConnectionRefusedError):
            return _refusal(url, f"did not answer within {self.timeout:g} seconds", "Try again later.")
        if isinstance(error, ValueError):
            return _refusal(url, "is no web address", "Write it as https://…")
        if is_about(error, urllib3.exceptions.NewConnectionError):
            return _refusal(url, "can't be reached: nothing answers there", "Is the address right, and the site up?")
        return _refusal(url, "broke off in the middle of its answer", "Try again later.")


def _target(answer: BaseHTTPResponse, here: str) -> str | None:
    location = answer.headers.get("Location")
    if answer.status not in _MOVED or not location:
        return None
    try:
        # Header bytes come as Latin-1; servers write UTF-8 into them.
        return urljoin(here, location.encode("latin-1", "replace").decode("utf-8", "replace").strip())
    except ValueError:
        return None


def _without_tls(url: str, error: Exception) -> SourceError:
    why = wire.why_not_believed(error)
    if not why:
        return _refusal(url, "speaks no https that can be understood", "Is the address right, and https its beginning?")
    return _refusal(url, f"has no valid certificate: it {why}", "Ask the site's technicians to mend it.")


def _refused_by_server(url: str, status: int, headers: Mapping[str, str]) -> SourceError:
    if status in _STATUS:
        words = _STATUS[status]
    elif status >= 500:
        words = (f"is in trouble at the moment ({status})", "It is tried again at a later poll.")
    else:
        words = (f"gave the answer {status} instead of a page", "Open it in a browser and correct the address.")
    said: dict[str, Any] = {"status": status, "retry_after": manners.retry_after(headers)}
    return SourceError(f"{shown(url)} {words[0]}", remedy=words[1], **said)


def _private(url: str) -> SourceError:
    what = f"{shown(url)} is inside this machine's own network, which is not read unasked"
    return PrivateAddressError(what, remedy="If that is meant, set `allow_private: true` on the source.")


def _unknown_host(url: str) -> SourceError:
    return _refusal(url, "can't be reached: no such host is known", "Check its spelling, and the network.")


def _refusal(url: str, what: str, remedy: str) -> SourceError:
    return SourceError(f"{shown(url)} {what}", remedy=remedy)
