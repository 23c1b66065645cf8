"""The thin HTTP base of all senders: pooled, bounded, without hidden retries, and silent about secrets."""

from __future__ import annotations

import io
import json
import math
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

import publisher
from publisher.clock import Clock, now, steady
from publisher.model.call import Answer, Rest, Verdict
from publisher.senders.said import said_in
from publisher.senders.verdicts import OUT_OF_TIME, Left, deferred, judge_silence, judge_status, sent, unknown
from publisher.senders.windows import Waits, again_at, rest_in

WORDS = 1_000  # characters of an answer that are kept
HIDDEN = "***"  # stands where a secret stood
LEAST_HIDDEN = 4  # characters of a secret: a key of one letter would go from every word, and so be told by what is left
MOST_GIVEN = 16  # secrets that a provider gave in place of others: the newest; the older ones have long ended
PIECE = 131_072  # bytes written at once; each has connect_timeout to leave
STALE_AFTER = 4.0  # seconds. A request that dies on a connection the server has just closed can't be told from one
# that was taken, so a connection that has been idle this long (most servers wait 5 s or more) is not used again.


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How patient and how trusting the senders are."""

    connect_timeout: float = 10.0  # seconds
    read_timeout: float = 60.0  # seconds, for the whole answer once the request has left; which may take both together,
    # but no longer than until the moment that `until` says
    body_cap: int = 1_000_000  # bytes of an answer that are read
    trust_env: bool = False  # True: proxies and certificates from the environment
    user_agent: str = f"Publisher/{publisher.__version__}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request brought back. ``trouble`` is None for a 2xx that came whole."""

    status: int | None = None  # None: no answer
    headers: Mapping[str, str] = field(default_factory=dict)  # names without regard to case
    text: str = ""  # without secrets
    trouble: Verdict | None = None
    rest: Rest | None = None  # its headers say that no request is left

    @property
    def json(self) -> Any:
        """The answer as JSON, or None where it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    def word(self, key: str) -> str:
        """Return a string or number of the answer's JSON object, as text; empty where there is none."""
        body = self.json
        value = body.get(key) if isinstance(body, dict) else None
        if not isinstance(value, str | int) or isinstance(value, bool):
            return ""
        return str(value).encode(errors="replace").decode()  # JSON may spell half a character, which no database takes

    def accepted(self, id_key: str) -> Verdict:
        """Take a 2xx as sent if it names the provider's id; else it may or may not have been."""
        found = self.word(id_key)
        return sent(found) if found else unknown(f"HTTP {self.status} with an answer that can't be read")

    def answer(
        self, verdict: Verdict, exceptions: Mapping[int, Verdict] | None = None, *, split: bool = False
    ) -> Answer:
        rest = self.rest
        if self.status == 429 and verdict.until:
            rest = Rest.latest(rest, Rest(verdict.until))
        return Answer(verdict, exceptions or {}, self.status, self.text[:WORDS], split, rest)


class _Body(io.BytesIO):
    """Knows how much of it left, and when. A body that didn't leave whole can't have been accepted."""

    def __init__(self, content: bytes, patience: float) -> None:
        super().__init__(content)
        self.left: Left = "nothing" if content else "all"  # nobody sees nothing leave: it may have
        self.left_at = time.monotonic()
        self._leaves_by = self.left_at + patience

    def read(self, size: int | None = -1) -> bytes:
        """Give the next piece to the network; asked again after the last one was written, it has left whole.

        :raises TimeoutError: the connection and the pieces before this one took too long.
        """
        piece = super().read(PIECE)
        self.left_at = time.monotonic()
        if piece and self.left_at > self._leaves_by:
            self.left = "slow"
            raise TimeoutError
        self.left = "part" if piece else "all"
        return piece


class _Until:
    """Bounds the requests of a thread for as long as it is entered. No generator: it is entered for each letter."""

    __slots__ = ("_moment", "_own")

    def __init__(self, own: threading.local, moment: float) -> None:
        self._own, self._moment = own, moment

    def __enter__(self) -> None:
        self._own.until = self._moment

    def __exit__(self, *_: object) -> None:
        del self._own.until


class Http:
    """One channel's way out.

    :param secrets: values that never show in a reason, in words or in a repr.
    """

    def __init__(self, settings: HttpSettings | None = None, secrets: Iterable[str] = (), clock: Clock = now) -> None:
        self.settings = settings or HttpSettings()
        self.clock = clock
        self._written = tuple(secrets)
        self._given: tuple[str, ...] = ()  # newest last
        self._secrets = _every_form(self._written)
        self._hiding = threading.Lock()
        self._own = threading.local()  # requests' sessions are not made for several threads
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()  # gone with their threads

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, wait: Waits = ()) -> Reply:
        """Send one request and return what came; never raises for what a network or a provider does.

        :param wait: headers besides ``Retry-After`` that say of a 429 when to try again; those of a window say of any
            answer that it was the last one for now.
        """
        return self._exchange("POST", url, body, headers, wait)

    def put(self, url: str, body: bytes, headers: Mapping[str, str], *, wait: Waits = ()) -> Reply:
        """Put something where it was asked for, and return what came, as :meth:`post` does."""
        return self._exchange("PUT", url, body, headers, wait)

    def patch(self, url: str, body: bytes, headers: Mapping[str, str], *, wait: Waits = ()) -> Reply:
        """Change something that is there, and return what came, as :meth:`post` does."""
        return self._exchange("PATCH", url, body, headers, wait)

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, wait: Waits = ()) -> Reply:
        """Ask for something and return what came, as :meth:`post` does; asking changes nothing at the provider."""
        return self._exchange("GET", url, None, headers or {}, wait)

    def delete(self, url: str, headers: Mapping[str, str] | None = None, *, wait: Waits = ()) -> Reply:
        """Take something away and return what came, as :meth:`post` does; twice does no more than once."""
        return self._exchange("DELETE", url, b"", headers or {}, wait)

    def until(self, moment: float) -> AbstractContextManager[None]:
        """Let no request of this thread begin, or go on leaving, after a moment by `steady`.

        Its call might be another's before the answer.
        """
        return _Until(self._own, moment)

    def _exchange(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], wait: Waits) -> Reply:
        left = getattr(self._own, "until", math.inf) - steady()  # seconds in which it may begin and leave
        if left < 0:
            return Reply(trouble=deferred(OUT_OF_TIME))
        patience = min(self.settings.connect_timeout + self.settings.read_timeout, left)
        sending = None if body is None else _Body(body, patience)
        begun_at = time.monotonic()
        try:
            session = self._session()
            with session.send(
                _prepared(method, url, sending, {"User-Agent": self.settings.user_agent, **headers}),
                timeout=(self.settings.connect_timeout, self.settings.read_timeout),
                allow_redirects=False,
                stream=True,
                **_surroundings(session, url),
            ) as response:
                left_at = sending.left_at if sending else begun_at
                text, whole = self._text(response, left_at + self.settings.read_timeout)
                text = self.redact(text, headers.get("Authorization", ""))
        except (requests.RequestException, HTTPError, ValueError) as error:
            host = urlsplit(url).hostname or "the provider"
            return Reply(trouble=judge_silence(error, host, left=sending.left if sending else "nothing"))
        finally:
            self._own.used_at = time.monotonic()
        status, rest, trouble = response.status_code, None, None
        if wait or not 200 <= status < 300:  # nearly always it is good, and nobody counts
            at = self.clock()
            rest = rest_in(response.headers, wait, at)
            trouble = judge_status(status, said_in(text), again_at(status, response.headers, wait, rest, at))
        if not whole and trouble is None:
            trouble = unknown(f"HTTP {status}, but the answer broke off")
        return Reply(status, response.headers, text, trouble, rest)

    def redact(self, text: str, authorization: str = "") -> str:
        """Put :data:`HIDDEN` where a secret stands, or the credentials of an Authorization header."""
        for secret in (*self._secrets, *_every_form(authorization.split()[1:])):
            text = text.replace(secret, HIDDEN)
        return text

    def hide(self, secret: str) -> None:
        """Never show one more value: what a provider gave in place of a secret of the channel's."""
        with self._hiding:
            if secret not in self._given:
                self._given = (*self._given, secret)[-MOST_GIVEN:]
                self._secrets = _every_form((*self._written, *self._given))

    def close(self) -> None:
        """Close every connection."""
        for session in list(self._sessions):
            session.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            session.trust_env = self.settings.trust_env
            self._sessions.add(session)
        elif time.monotonic() - self._own.used_at > STALE_AFTER:
            session.close()  # drops the connections; the session itself goes on
        return session

    def _text(self, response: requests.Response, deadline: float) -> tuple[str, bool]:
        """Read the answer up to the cap and the deadline; say whether it came whole: late it is if still more comes."""
        raw, size, whole, is_late = [], 0, True, False
        try:
            while chunk := response.raw.read1(65_536, decode_content=True):
                raw.append(chunk)
                size += len(chunk)
                if size > self.settings.body_cap or is_late:
                    whole = False
                    break
                is_late = time.monotonic() > deadline
        except (HTTPError, OSError):
            whole = False
        return b"".join(raw).decode("utf-8", "replace").replace("\0", ""), whole


def _prepared(method: str, url: str, body: _Body | None, headers: Mapping[str, str]) -> requests.PreparedRequest:
    """Make a request ready. Not by the session, which looks for cookies and passwords of its own at each one."""
    prepared = requests.PreparedRequest()
    is_empty = body is None or not body.getbuffer()
    prepared.prepare(
        method,
        url,
        {"Accept": "*/*", "Accept-Encoding": "identity", **headers},
        data=None if is_empty else body,  # an empty one would go in chunks, of which there is none
    )
    return prepared


def _surroundings(session: requests.Session, url: str) -> dict[str, Any]:
    """Return proxies and certificates of the environment, where it is trusted."""
    if not session.trust_env:
        return {"proxies": {}}
    return dict(session.merge_environment_settings(url, {}, True, None, None))


def _every_form(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as they may come back: plain, percent-encoded, and as JSON; longest first."""
    long = (secret for secret in secrets if len(secret) >= LEAST_HIDDEN)
    forms = {form for s in long for form in (s, quote(s), quote(s, safe=""), json.dumps(s)[1:-1])}
    return tuple(sorted(forms, key=len, reverse=True))
