"""Where providers say what became of letters: ``/webhooks/CHANNEL``. The body is handed on as it came."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher.errors import StoreError
from publisher.senders.events import Incoming

if TYPE_CHECKING:
    from publisher.app.hearing import Reply

    Asked = tuple[Incoming, Future[Reply]]

PREFIX = "/webhooks/"
AT_ONCE = 2  # groups of a channel that are written down at the same time: one may wait for a certificate
MOST = 100  # requests in a group


class Webhooks:
    """Stands before the pages and takes what is said below ``/webhooks``.

    Ten thousand events a minute beside a send leave no time for what a page needs: a route, its dependencies, a thread
    of its own. What comes while others are written down waits, and goes with the next.
    """

    def __init__(self, app: ASGIApp, *, take: Callable[[str, Sequence[Incoming]], list[Reply]]) -> None:
        self._pages = app
        self._take = take
        self._waiting: defaultdict[str, list[Asked]] = defaultdict(list)  # by channel: none waits for another
        self._writers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself holds them too loosely

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        channel = scope["path"].removeprefix(PREFIX)
        if channel == scope["path"] or not channel or "/" in channel:
            await self._pages(scope, receive, send)
        elif scope["method"] == "POST":
            await (await self._say(channel, Request(scope, receive)))(scope, receive, send)
        else:  # consoles look whether anybody listens; it tells nothing
            await Response(status_code=200 if scope["method"] in ("GET", "HEAD") else 405)(scope, receive, send)

    async def _say(self, channel: str, request: Request) -> Response:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        try:
            status, why = await self._written_down(channel, Incoming(await request.body(), headers))
        except StoreError as error:  # ours, and it passes: the provider says it again
            return JSONResponse({"error": str(error)}, 503)
        known = {"WWW-Authenticate": 'Basic realm="webhooks"'} if status == 401 else {}
        return JSONResponse({"error": why} if why else {"ok": True}, status, known)

    def _written_down(self, channel: str, incoming: Incoming) -> Future[Reply]:
        reply: Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[channel].append((incoming, reply))
        if self._writers[channel] < AT_ONCE:
            self._writers[channel] += 1
            task = asyncio.create_task(self._write(channel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return reply

    async def _write(self, channel: str) -> None:
        """Write down what waits. Between the last look and the end nothing is awaited: nobody comes in between."""
        waiting = self._waiting[channel]
        try:
            while waiting:
                group, waiting[:] = waiting[:MOST], waiting[MOST:]
                await self._answer(channel, group)
        finally:
            self._writers[channel] -= 1
            if not self._writers[channel]:
                del self._writers[channel], self._waiting[channel]

    async def _answer(self, channel: str, group: Sequence[Asked]) -> None:
        """Have a group written down; trouble with one of several is found by taking each by itself."""
        try:
            replies = await run_in_threadpool(self._take, channel, [incoming for incoming, _ in group])
        except Exception as error:  # noqa: BLE001 -- told to whoever asked
            if len(group) > 1 and not isinstance(error, StoreError):
                for each in group:
                    await self._answer(channel, [each])
                return
            for _, reply in group:
                if not reply.done():
                    reply.set_exception(error)
        else:
            for (_, reply), said in zip(group, replies, strict=True):
                if not reply.done():  # whoever asked may be gone
                    reply.set_result(said)
