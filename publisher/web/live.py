"""Live pages: one look at the ledger for all who listen, and to each of them what has changed since.

Everything here happens in the server's event loop, but the look itself, which is one at a time: however many listen,
there is one thread that looks, and none of it while nobody listens. What a listener has not taken yet is kept once,
in its newest state; whoever does not take it at all is let go.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from publisher.model.staff import Role
from publisher.web.below import base, in_page

log = structlog.get_logger()

LOOK_EVERY = 1.0  # seconds: no more often, whoever listens
CHECK_EVERY = 15.0  # seconds: sessions, and a word to connections that have nothing else to say
PATIENT_FOR = 10.0  # seconds that a listener has to take what was written
RETRY = 3_000  # milliseconds after which a browser comes back by itself
MOST, MOST_EACH = 200, 20  # listeners in all, and of one session
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",  # web servers in front pass each word on at once
}
STILL_HERE = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page is to be told of, as whom."""

    about: str  # today, edition-12
    role: Role | None  # None: nobody works here yet, and whoever uses this machine may look


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: for each wish the parts of its page by their ids, and what is to be said aloud of it."""

    parts: Mapping[Wish, Mapping[str, str]]
    said: Mapping[Wish, Sequence[str]] = field(default_factory=dict)


class Lookout(Protocol):
    """Looks at the ledger, from a thread."""

    def look(self, wishes: frozenset[Wish]) -> Seen:
        """Return how everything stands that is wished for."""

    def roles(self, sessions: frozenset[str]) -> Mapping[str, Role | None]:
        """Return who is still signed in, by the digest of their session; `""` is there while nobody works here."""


class Listener:
    """One open page."""

    def __init__(self, session: str, role: Role | None, about: Sequence[str]) -> None:
        self.session = session
        self.role = role
        self.wishes = frozenset(Wish(each, role) for each in about)
        self.is_over = False
        self.is_new = True  # it was told nothing yet: its page may be newer than what was seen last
        self._below = base()
        self._news = asyncio.Event()
        self._parts: dict[str, bytes] = {}  # the newest of each: it replaces what wasn't taken yet
        self._said: list[bytes] = []

    def tell(self, part_id: str, event: bytes) -> None:
        self._parts[part_id] = event
        self._news.set()

    def say(self, event: bytes) -> None:
        self._said = [*self._said[-9:], event]
        self._news.set()

    def end(self, why: str = "") -> None:
        """Let the stream end; where there is a reason, the page doesn't come back by itself."""
        if why:
            self._said = [_event("over", {"why": why})]
            self._parts.clear()
        self.is_over = True
        self._news.set()

    async def next(self, patience: float) -> bytes:
        """Return what there is to say, or after so many seconds that there is nothing."""
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return STILL_HERE
        said = b"".join([*self._parts.values(), *self._said])
        self._parts.clear()
        self._said = []
        self._news.clear()
        return in_page(said.decode(), self._below).encode() if self._below else said


class Streams:
    """All open pages of a process, and the one watch over the ledger that they share.

    :ivar look_every: seconds between two looks, for a test: as LOOK_EVERY; so are the other two.
    """

    def __init__(self, lookout: Lookout) -> None:
        self.look_every = LOOK_EVERY
        self.check_every = CHECK_EVERY
        self.patient_for = PATIENT_FOR
        self._lookout = lookout
        self._listeners: set[Listener] = set()
        self._shown: dict[Wish, dict[str, bytes]] = {}
        self._watching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_over = False

    def __len__(self) -> int:
        return len(self._listeners)

    def listen(self, session: str, role: Role | None, about: Sequence[str]) -> Stream | None:
        """Return an answer that goes on; None where there are too many, or the server ends.

        :param session: the digest of the listener's; empty while nobody works here.
        """
        each = Counter(listener.session for listener in self._listeners)
        is_too_much = session and each[session] >= MOST_EACH
        if self._is_over or is_too_much or len(self._listeners) >= MOST:
            return None
        listener = Listener(session, role, about)
        self._listeners.add(listener)
        self._watch()
        return Stream(self, listener)

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def end(self) -> None:
        """End all streams, from whichever thread: the server stops."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._is_over = True
        for listener in self._listeners:
            listener.end()

    def _watch(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._watching is None or self._watching.done():
            # Without the context of who came first: it looks for nobody in particular.
            self._watching = self._loop.create_task(self._look_on(), context=Context())

    async def _look_on(self) -> None:
        """Look again and again, until nobody listens."""
        check_at = self._time() + self.check_every
        while self._listeners:
            pause = self.look_every
            try:
                if self._time() >= check_at:
                    check_at = self._time() + self.check_every
                    await self._check()
                await self._look()
            except Exception:
                log.exception("live_look_failed")
                pause = self.check_every  # the pages keep what they show, and are told again when it works again
            await asyncio.sleep(pause)
        self._shown.clear()

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    async def _look(self) -> None:
        listeners = list(self._listeners)  # whoever comes while we look is told by the next one
        wishes = frozenset(wish for listener in listeners for wish in listener.wishes)
        seen = await run_in_threadpool(self._lookout.look, wishes)
        before, self._shown = self._shown, {}
        news: dict[Wish, dict[str, bytes]] = {}
        for wish, parts in seen.parts.items():
            events = {part_id: _event("part", {"id": part_id, "html": html}) for part_id, html in parts.items()}
            known = before.get(wish, {})
            news[wish] = {part_id: event for part_id, event in events.items() if known.get(part_id) != event}
            self._shown[wish] = events
        said = {wish: [_event("said", {"words": words}) for words in all_of] for wish, all_of in seen.said.items()}
        for listener in listeners:
            self._pass_on(listener, self._shown if listener.is_new else news, said)
            listener.is_new = False

    def _pass_on(
        self, listener: Listener, news: Mapping[Wish, Mapping[str, bytes]], said: Mapping[Wish, Sequence[bytes]]
    ) -> None:
        for wish in listener.wishes:
            for part_id, event in news.get(wish, {}).items():
                listener.tell(part_id, event)
            for event in said.get(wish, ()):
                listener.say(event)

    async def _check(self) -> None:
        """Let those go who were signed out, or have another role by now."""
        sessions = frozenset(listener.session for listener in self._listeners)
        roles = await run_in_threadpool(self._lookout.roles, sessions)
        for listener in self._listeners:
            if listener.session not in roles or roles[listener.session] != listener.role:
                listener.end("signed out")


class Stream(Response):
    """An answer that says what is new for as long as somebody listens."""

    def __init__(self, streams: Streams, listener: Listener) -> None:
        super().__init__(headers=HEADERS)
        self._streams = streams
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the listener, until they are gone or let go."""
        both = [asyncio.create_task(self._tell(send)), asyncio.create_task(_until_gone(receive))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.leave(self._listener)
            self._listener.end()
            for task in both:
                task.cancel()
            found = await asyncio.gather(*both, return_exceptions=True)
        for each in found:
            if isinstance(each, Exception):
                raise each

    async def _tell(self, send: Send) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, (b"connection", b"close")]})
        try:
            await self._write(send, f"retry: {RETRY}\n\n".encode())
            while not self._listener.is_over:
                await self._write(send, await self._listener.next(self._streams.check_every))
            await self._write(send, b"", more_body=False)
        except TimeoutError:
            log.info("live_page_let_go", why="it does not take what it is told")

    async def _write(self, send: Send, body: bytes, *, more_body: bool = True) -> None:
        """Write some of the answer.

        :raises TimeoutError: what was written before was not taken.
        """
        message: dict[str, Any] = {"type": "http.response.body", "body": body, "more_body": more_body}
        async with asyncio.timeout(self._streams.patient_for):
            await send(message)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(kind: str, said: Mapping[str, str]) -> bytes:
    """Return an event as its stream has it. As JSON: no word of a stranger can end a line."""
    return f"event: {kind}\ndata: {json.dumps(said)}\n\n".encode()
