"""Saying a message to a webhook: signed, bounded in time and size, only to where it may stand, and never redirected."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

import urllib3.exceptions
from urllib3 import BaseHTTPResponse, Timeout

import publisher
from publisher.senders.standard_webhooks import headers_for
from publisher.senders.verdicts import retry_at
from publisher.wire import (
    UNTIL,
    Gate,
    OverTimeError,
    RefusedAddressError,
    connections,
    is_about,
    is_any,
    why_not_believed,
)

CONNECT, TOTAL = 5.0, 15.0  # seconds
READ = 4_096  # bytes of an answer that are read
WORDS = 500  # characters of it that are kept
LONGEST = 2_000  # characters of an address
GONE = 410  # the receiver wants nothing any more
BUSY = frozenset({429, 503})  # statuses whose Retry-After is heeded
LOCAL = ("localhost", "127.0.0.1", "::1")
_FAILURES = (urllib3.exceptions.HTTPError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Saying:
    """One message, as it goes to an address.

    :param key: its `webhook-id`, the same on each try.
    :param keys: that sign it: the newest, and one that was there before.
    :param allow_private: the address may stand in the own network.
    """

    address: str
    key: str
    body: bytes
    keys: Sequence[bytes] = field(repr=False)
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of it."""

    status: int | None  # None: no answer
    trouble: str  # why it doesn't count as taken; empty: it does
    words: str  # the beginning of the answer, in the receiver's own words
    took: float  # seconds
    again_at: datetime | None = None  # when the receiver wants to be asked again


def fault_in(address: str) -> str:
    """Say what keeps an address from being a webhook's; empty: nothing does."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no web address"
    if any(character.isspace() or not character.isprintable() for character in address) or not host:
        return "is no web address"
    if parts.scheme not in ("http", "https"):
        return "must begin with https://"
    if parts.scheme == "http" and not _is_loopback(host):
        return "must begin with https://: http goes to this machine alone"
    if parts.username is not None or parts.password is not None:
        return "must hold no name and no password: what is said is signed, so that the receiver knows who speaks"
    if parts.fragment or address.endswith("#"):
        return "must hold no #: what stands behind it is never sent"
    return f"is longer than {LONGEST:,} characters" if len(address) > LONGEST else ""


def say(saying: Saying, now: datetime, gate: Gate = Gate()) -> Heard:  # noqa: B008 -- frozen
    """Post a message once. Never raises for what a network or a receiver does.

    :param now: the time that is signed.
    :param gate: where it may go, unless the address is allowed to be in the own network.
    """
    begun = time.monotonic()
    UNTIL.set(begun + TOTAL)
    headers = {
        "User-Agent": f"Publisher/{publisher.__version__}",
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        **headers_for(saying.keys, saying.key, int(now.timestamp()), saying.body),
    }
    try:
        answer = _posted(saying, headers, _gate_for(saying, gate))
        try:
            words = _beginning(answer)
        finally:
            answer.close()
    except _FAILURES as error:
        return Heard(None, _why(error), "", time.monotonic() - begun)
    took = time.monotonic() - begun
    again_at = retry_at(answer.headers, ("Retry-After",), now) if answer.status in BUSY else None
    return Heard(answer.status, _trouble(answer.status), words, took, again_at)


def _posted(saying: Saying, headers: Mapping[str, str], gate: Gate) -> BaseHTTPResponse:
    """Post it; once more where a connection that was kept turns out to have been closed meanwhile."""
    for is_last in (False, True):
        try:
            return connections(gate).urlopen(
                "POST",
                saying.address,
                body=saying.body,
                headers=headers,
                redirect=False,
                preload_content=False,
                timeout=Timeout(connect=CONNECT, read=TOTAL),
            )
        except urllib3.exceptions.ProtocolError as error:
            if is_last or is_about(error, TimeoutError):
                raise
    raise AssertionError("unreachable")


def _gate_for(saying: Saying, gate: Gate) -> Gate:
    """Return where this may go: over http to this machine alone, however its name resolves at this moment."""
    if not saying.allow_private:
        return gate
    return replace(gate, allows=_is_loopback if saying.address.startswith("http:") else is_any)


def _is_loopback(host: str) -> bool:
    if host in LOCAL:
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _beginning(answer: BaseHTTPResponse) -> str:
    """Return the first words of an answer; what comes behind them is not read, and one that breaks off is one."""
    body = b""
    try:
        while len(body) < READ and (piece := answer.read1(READ - len(body), decode_content=False)):
            body += piece
        if len(body) < READ:
            answer.release_conn()  # all was read: another message may go over it
    except _FAILURES:
        pass  # its status has come, and that is what counts
    return body.decode("utf-8", "replace")[:WORDS]


def _trouble(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"HTTP {status}: it leads elsewhere, and is not followed; give the webhook its new address"
    if status == GONE:
        return f"HTTP {status}: it wants nothing any more"
    return f"HTTP {status}"


def _why(error: Exception) -> str:
    """Say in words why no answer came; the library's own words hold the whole address, and are not kept."""
    if is_about(error, RefusedAddressError):
        return "it stands in this machine's own network, which was not allowed for it"
    if is_about(error, urllib3.exceptions.SSLError):
        why = why_not_believed(error)
        return f"its certificate is not believed: it {why}" if why else "it speaks no https that can be understood"
    if is_about(error, urllib3.exceptions.NameResolutionError):
        return "no such host is known"
    if is_about(error, ConnectionRefusedError):
        return "nothing answers there"
    if is_about(error, OverTimeError) or is_about(error, urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    if is_about(error, urllib3.exceptions.NewConnectionError):
        return "nothing answers there"
    return "it broke off before it answered"
