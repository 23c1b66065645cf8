"""Which face of us a request has come to: the console, or what readers and providers see; and who asks.

It stands before everything else. A web server in front is believed when it says for whom it asks, if it is trusted;
the path below which it puts us is taken off here, and put before all addresses that an answer names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publisher.config.serving import Network, Serving, prefix_of
from publisher.web.below import below
from publisher.web.network import address_of
from publisher.web.places import is_loopback

# Headers of who asks for another, beside all that begin with X-Forwarded.
FORWARDED = frozenset({b"forwarded", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"cf-connecting-ip", b"via"})
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?")
KEY, HEARD = "publisher.face", "publisher.heard"  # in a request's scope


@dataclass(frozen=True, slots=True)
class Face:
    """What a request may see of us.

    :ivar is_public: readers' and providers' pages alone.
    :ivar is_here: it was asked on this very machine, by nobody for anybody.
    :ivar may_look: while nobody works here, whoever asks may look: they use this machine, and it has no name afar.
    :ivar prefix: the path below which whoever asks reaches us; empty: none.
    """

    is_public: bool = False
    is_here: bool = False
    may_look: bool = False
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Who asks, as far as it can be believed.

    :ivar peer: the address that the connection comes from.
    :ivar client: that of whoever asks; empty: it can't be told.
    :ivar is_passed_on: somebody asks for another.
    :ivar is_believed: that somebody is trusted.
    :ivar scheme: by which the public asked.
    """

    peer: str
    client: str
    is_passed_on: bool
    is_believed: bool
    scheme: str


def face_of(scope: Scope) -> Face | None:
    """Return what a request may see; None: nothing at all, since it came by a name that isn't ours."""
    found: Face | None = scope[KEY]
    return found


def heard_of(scope: Scope) -> Heard:
    """Return who asks."""
    found: Heard = scope[HEARD]
    return found


class Faces:
    """Wraps the pages.

    :param public_url: by which readers reach us, empty for none; asked on every request.
    :param public_port: where only public pages are; 0: they share the console's.
    """

    def __init__(
        self, web: ASGIApp, *, serving: Serving, public_url: Callable[[], str], public_port: Callable[[], int]
    ) -> None:
        self._web = web
        self._serving = serving
        self._public_url = public_url
        self._public_port = public_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        heard = hear(scope, self._serving.trusted)
        face = self._face(scope, heard)
        scope.update({KEY: face, HEARD: heard, "scheme": heard.scheme})
        scope["client"] = (heard.client, 0) if heard.client else None
        prefix = face.prefix if face else ""
        _take_off(scope, prefix)
        with below(prefix):
            is_secure = heard.scheme == "https" or self._is_secure(face)
            await self._web(scope, receive, _Answer(send, prefix, is_secure=is_secure))

    def _is_secure(self, face: Face | None) -> bool:
        """Say whether who sees this came by a name that is only asked by https, whatever was heard of it."""
        is_console = face is not None and not face.is_public and not face.is_here
        return is_console and self._serving.console_url.startswith("https:")

    def _face(self, scope: Scope, heard: Heard) -> Face | None:
        """Decide by the port and the name that were asked for; no name of others is served (DNS rebinding)."""
        host = host_of(Headers(scope=scope).get("host", ""))
        public_url, port = self._public_url(), self._public_port()
        is_public_name = bool(host) and host == urlsplit(public_url).hostname
        is_here = is_loopback(host) and is_this_machine(heard.peer) and not heard.is_passed_on
        is_public_port = bool(port) and scope["server"][1] == port
        if is_here:
            return Face(is_public=is_public_port, is_here=True, may_look=not self._serving.console_url)
        if not is_public_port and host and host == self._serving.console_host and (port or not is_public_name):
            return Face(prefix=self._serving.console_prefix)
        return Face(is_public=True, prefix=prefix_of(public_url)) if is_public_name else None


def hear(scope: Scope, trusted: Sequence[Network]) -> Heard:
    """Return who asks: beyond those who are trusted, the last whom one of them names.

    Where a header comes more than once its lines count as one list, in their order (RFC 9110, 5.3).
    """
    peer = str(address_of(scope["client"][0] if scope["client"] else "") or "")
    headers = Headers(scope=scope)
    is_passed_on = _is_passed_on(scope)
    if not _is_trusted(peer, trusted):
        return Heard(peer, peer, is_passed_on, False, scope["scheme"])
    schemes = [each.strip().lower() for each in ",".join(headers.getlist("x-forwarded-proto")).split(",")]
    scheme = schemes[-1] if schemes[-1] in ("http", "https") else scope["scheme"]
    return Heard(peer, _client(peer, headers, trusted), is_passed_on, True, scheme)


def _is_passed_on(scope: Scope) -> bool:
    """Say whether somebody asks for another. A web server may say nothing of it; none but those speak HTTP/1.0."""
    names = {name for name, _ in scope["headers"]}
    says_so = bool(names & FORWARDED) or any(name.startswith(b"x-forwarded") for name in names)
    return says_so or scope.get("http_version") == "1.0"


def _client(peer: str, headers: Headers, trusted: Sequence[Network]) -> str:
    client = peer
    hops = [each.strip() for each in ",".join(headers.getlist("x-forwarded-for")).split(",")]
    for said in reversed([hop for hop in hops if hop]):
        client = str(address_of(said) or "")
        if not _is_trusted(client, trusted):  # what stands before it, anybody may have written
            break
    return client


def _is_trusted(client: str, trusted: Sequence[Network]) -> bool:
    address = address_of(client)
    return address is not None and any(address in network for network in trusted)


def is_this_machine(client: str) -> bool:
    """Say whether an address is this machine's own, and nobody else's."""
    address = address_of(client)
    return address is not None and address.is_loopback


def host_of(header: str) -> str:
    """Return the name in a Host header, without port and brackets; empty where it is none."""
    found = HOST.fullmatch(header.lower())
    return (found[1] or found[2]) if found else ""


def _take_off(scope: Scope, prefix: str) -> None:
    """Take the path off below which we are; a web server in front may have done so already."""
    start = unquote(prefix)
    if prefix and (scope["path"] == start or scope["path"].startswith(f"{start}/")):
        scope["path"] = scope["path"].removeprefix(start) or "/"
        scope["raw_path"] = scope.get("raw_path", b"").removeprefix(prefix.encode()) or b"/"


class _Answer:
    """Passes an answer on: what it says to a browser of our addresses is said as the browser knows them."""

    def __init__(self, send: Send, prefix: str, *, is_secure: bool) -> None:
        self._send = send
        self._prefix = prefix.encode()
        self._is_secure = is_secure

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and (self._prefix or self._is_secure):
            message["headers"] = [self._as_asked(name, value) for name, value in message["headers"]]
        await self._send(message)

    def _as_asked(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        lowered = name.lower()
        if lowered == b"location" and value.startswith(b"/") and not value.startswith(b"//"):
            value = self._prefix + value
        elif lowered == b"set-cookie":
            value = value.replace(b"; Path=/", b"; Path=" + (self._prefix or b"/"), 1)
            value += b"; Secure" if self._is_secure else b""
        return name, value
