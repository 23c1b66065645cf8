"""Connections to addresses that others name: only to those that were looked at, and only for as long as it may last.

Sources are fetched over them, and webhooks are said over them.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http.client import HTTPResponse
from typing import Any, TypeVar

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

HOSTS = 64  # whose connections are kept for the next request
MOST_ADDRESSES = 4  # of one host that are tried
E = TypeVar("E", bound=BaseException)
UNTIL: ContextVar[float] = ContextVar("until")  # when what this thread asks has to be over, on the monotonic clock

# By the codes of X509_verify_cert(3).
_CERTIFICATES = {
    9: "is not valid yet",
    10: "ran out",
    18: "was made by the site itself",
    19: "was made by the site itself",
    20: "is vouched for by nobody who is known here",
    21: "is vouched for by nobody who is known here",
    62: "is for another name",
    64: "is for another address",
}


class RefusedAddressError(HTTPError):
    """The host stands where nothing may be asked."""


class OverTimeError(TimeoutError):
    """The whole exchange has taken too long, however busily its pieces came."""


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


def is_any(address: str) -> bool:
    """Allow every address: a person said that what is asked stands in the own network."""
    return bool(address)


def addresses_of(host: str, port: int) -> list[str]:
    """Return a host's IP addresses, best first.

    :raises OSError: it has none.
    """
    return list(dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True, slots=True)
class Gate:
    """Which hosts may be connected to.

    :param allows: says of an IP address whether it may be.
    :param resolve: names a host's addresses. Asked once for a connection, which then goes to what it named: a name
        that leads elsewhere a moment later leads nowhere.
    :param authorities: a file of those whose certificates are believed.
    """

    allows: Callable[[str], bool] = is_public
    resolve: Callable[[str, int], Sequence[str]] = addresses_of
    authorities: str = DEFAULT_CA_BUNDLE_PATH

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """Return where to connect to.

        :raises RefusedAddressError: one of the host's addresses may not be.
        :raises OSError: it has none.
        """
        found = self.resolve(host, port)
        if not all(self.allows(address) for address in found):
            raise RefusedAddressError
        return found[:MOST_ADDRESSES]


@cache
def connections(gate: Gate) -> PoolManager:
    """Return the kept connections of everyone who asks through this gate."""
    made = PoolManager(num_pools=HOSTS, retries=False, maxsize=4, ssl_context=_trusting(gate.authorities))
    made.pool_classes_by_scheme = {
        "http": _pool(HTTPConnectionPool, HTTPConnection, gate),
        "https": _pool(HTTPSConnectionPool, HTTPSConnection, gate),
    }
    return made


def _pool(pool: type, connection: type, gate: Gate) -> Any:
    checked = type(connection.__name__, (_Checked, connection), {"gate": gate})
    return type(pool.__name__, (pool,), {"ConnectionCls": checked})


@cache
def _trusting(authorities: str) -> ssl.SSLContext:
    """Return one context for all: reading the certificates for each connection would take longer than the fetch."""
    context = create_urllib3_context()
    context.load_verify_locations(authorities)
    return context


class _InTime(io.RawIOBase):
    """What a server sends, until the fetch has to be over: a byte a second would never time out by itself."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._patience = sock.gettimeout() or 0.0  # seconds for one piece
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise OverTimeError
        self._sock.settimeout(min(self._patience, left) if self._patience else left)
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            if time.monotonic() >= self._until:
                raise OverTimeError from None
            raise

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer whose head, too, has to come in time."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock, UNTIL.get()))


class _Checked:
    """A connection that goes to an address that its gate allows; certificates and Host are those of the name."""

    gate: Gate
    response_class = _Answer

    def _new_conn(self: Any) -> socket.socket:
        name = self._dns_host
        try:
            addresses = self.gate.addresses(name.strip("[]"), self.port)
        except (OSError, UnicodeError) as error:
            raise NameResolutionError(name, self, socket.gaierror(str(error))) from error
        try:
            made: socket.socket = self._connected(addresses)
            return made
        finally:
            self._dns_host = name

    def _connected(self: Any, addresses: Sequence[str]) -> socket.socket:
        failure: HTTPError = NewConnectionError(self, "it has no address")
        for address in addresses:
            self._dns_host = address
            try:
                made: socket.socket = super()._new_conn()  # type: ignore[misc]  # urllib3's, mixed in below
                return made
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = error
                if time.monotonic() > UNTIL.get():
                    break
        raise failure


def is_about(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Say whether a kind of error is among the causes of another."""
    return _cause(error, kind) is not None


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    """Look for a kind of error among the causes that the libraries wrapped into one another."""
    for _ in range(8):
        if error is None or isinstance(error, kind):
            return error
        inner = getattr(error, "reason", None) or next((a for a in error.args if isinstance(a, BaseException)), None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return None


def why_not_believed(error: BaseException) -> str:
    """Say what is wrong with a server's certificate; empty where that isn't why it failed."""
    wrong = _cause(error, ssl.SSLCertVerificationError)
    if wrong is None:
        return ""
    return _CERTIFICATES.get(wrong.verify_code, f"is not to be trusted ({wrong.verify_message})")
