"""Fetch over HTTP: capped, timed, conditional, every redirect looked at, and errors in words."""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from publisher.errors import SourceError
from publisher.sources.address import shown

REDIRECTS = 5
_CHUNK = 65_536
_MOVED = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_FEEDS = "application/atom+xml, application/rss+xml, application/feed+json"
_ACCEPT = f"{_FEEDS}, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)

_STATUS = {
    401: ("asks for a name and a password (401)", "Put them into the source's address, or use a public address."),
    403: ("refuses to be read (403)", "Ask the site's technicians to let this machine in."),
    404: ("is not there (404)", "Open it in a browser and correct the address."),
    410: ("is gone for good (410)", "Remove the source, or give its new address."),
    429: ("asks for fewer questions (429)", "Read it less often: raise `every:` of the source."),
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


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetch pages and feeds as one well-behaved reader; safe to share between threads.

    :param timeout: seconds to wait for a connection, and for each piece of the answer.
    :param cap: bytes after decompression.
    :param allow_private: let addresses of this machine and its network be read.
    :param total: seconds for the whole answer, redirects included.
    """

    user_agent: str
    timeout: float = 20.0
    cap: int = 30_000_000
    allow_private: bool = False
    total: float = 60.0

    def allowing_private(self) -> Fetcher:
        """Return the same fetcher for a source whose editor said that it stands in the own network."""
        return replace(self, allow_private=True)

    def get(self, url: str, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        """Fetch an address, following at most five redirects.

        :raises SourceError: unreachable, refused, missing, too large, too slow, or no address at all.
        """
        until = time.monotonic() + self.total
        here, moved, permanent = url, None, True
        with self._session(etag, last_modified) as session:
            for _ in range(REDIRECTS + 1):
                self._check(here)
                try:
                    answer = session.get(here, stream=True, allow_redirects=False, timeout=self.timeout)
                except _FAILURES as error:
                    raise self._failure(here, error) from None
                with answer:
                    target = _target(answer, here)
                    if target is None:
                        return self._take(answer, here, moved, until)
                permanent = permanent and answer.status_code in _PERMANENT
                moved = target if permanent else moved
                here = target
        raise _refusal(url, f"leads from one address to the next more than {REDIRECTS} times", _STATUS[404][1])

    def _session(self, etag: str | None, last_modified: str | None) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.update(
            {"User-Agent": self.user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
            | ({"If-None-Match": etag} if etag else {})
            | ({"If-Modified-Since": last_modified} if last_modified else {})
        )
        return session

    def _check(self, url: str) -> None:
        """Refuse what is no web address, and addresses inside the own network unless they are allowed."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host:
            raise _refusal(url, "is no web address", "Write it as https://…")
        if not self.allow_private:
            _refuse_private(url, host, port or 443)

    def _take(self, answer: requests.Response, url: str, moved: str | None, until: float) -> Fetched:
        if answer.status_code != 304 and not 200 <= answer.status_code < 300:
            raise _refused_by_server(url, answer.status_code)
        body = b"" if answer.status_code == 304 else self._body(answer, url, until)
        headers = answer.headers
        return Fetched(
            url=url,
            status=304 if answer.status_code == 304 else 200,
            body=body,
            content_type=headers.get("Content-Type", ""),
            etag=headers.get("ETag"),
            last_modified=headers.get("Last-Modified"),
            moved_to=moved,
        )

    def _body(self, answer: requests.Response, url: str, until: float) -> bytes:
        """Read the answer piece by piece, so that neither its size nor its slowness can hurt."""
        stated = answer.headers.get("Content-Length", "")
        if stated.isdecimal() and int(stated) > self.cap:
            raise self._too_large(url)
        body = bytearray()
        try:
            while piece := answer.raw.read1(_CHUNK, decode_content=True):
                body += piece
                if len(body) > self.cap:
                    raise self._too_large(url)
                if time.monotonic() > until:
                    raise _refusal(url, f"was still sending after {self.total:g} seconds", "Try again later.")
        except _FAILURES as error:
            raise self._failure(url, error) from None
        return bytes(body)

    def _too_large(self, url: str) -> SourceError:
        cap = f"{self.cap:,} bytes ({self.cap / 1_000_000:g} MB)"
        return _refusal(url, f"is larger than {cap}, the most that is read", "Ask the site for a shorter feed.")

    def _failure(self, url: str, error: Exception) -> SourceError:
        """Say in words why nothing came; the library's own words hold the whole address and are not shown."""
        if _is_about(error, urllib3.exceptions.SSLError):
            return _refusal(url, "has no valid certificate", "Ask the site's technicians to renew it.")
        if _is_about(error, urllib3.exceptions.NameResolutionError):
            return _unknown_host(url)
        if _is_about(error, urllib3.exceptions.TimeoutError) and not _is_about(error, ConnectionRefusedError):
            return _refusal(url, f"did not answer within {self.timeout:g} seconds", "Try again later.")
        if isinstance(error, ValueError):
            return _refusal(url, "is no web address", "Write it as https://…")
        if _is_about(error, urllib3.exceptions.NewConnectionError):
            return _refusal(url, "can't be reached: nothing answers there", "Is the address right, and the site up?")
        return _refusal(url, "broke off in the middle of its answer", "Try again later.")


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the open Internet, also when it is wrapped in IPv6."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(ip.packed[-4:]) if ip in ipaddress.ip_network("64:ff9b::/96") else None


def _refuse_private(url: str, host: str, port: int) -> None:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise _unknown_host(url) from None
    if not all(is_public(address) for address in found):
        raise _refusal(
            url,
            "is inside this machine's own network, which sources may not read",
            "If that is meant, set `allow_private: true` on the source.",
        )


def _target(answer: requests.Response, here: str) -> str | None:
    location = answer.headers.get("Location")
    if answer.status_code not in _MOVED or not location:
        return None
    try:
        # Header bytes come as Latin-1; servers write UTF-8 into them.
        return urljoin(here, location.encode("latin-1", "replace").decode("utf-8", "replace").strip())
    except ValueError:
        return None


def _is_about(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Look for a kind of error among the causes that the libraries wrapped into one another."""
    for _ in range(8):
        if error is None or isinstance(error, kind):
            return error is not None
        inner = getattr(error, "reason", None) or next((a for a in error.args if isinstance(a, BaseException)), None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return False


def _refused_by_server(url: str, status: int) -> SourceError:
    if status in _STATUS:
        return _refusal(url, *_STATUS[status])
    if status >= 500:
        return _refusal(url, f"is in trouble at the moment ({status})", "It is tried again at the next poll.")
    return _refusal(url, f"gave the answer {status} instead of a page", "Open it in a browser and correct the address.")


def _unknown_host(url: str) -> SourceError:
    return _refusal(url, "can't be reached: no such host is known", "Check its spelling, and the network.")


def _refusal(url: str, what: str, remedy: str) -> SourceError:
    return SourceError(f"{shown(url)} {what}", remedy=remedy)
