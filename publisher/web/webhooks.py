"""Where providers say what became of letters: ``/webhooks/CHANNEL``. The body is handed on as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from publisher.errors import StoreError
from publisher.senders.events import Incoming

if TYPE_CHECKING:
    from publisher.app import App


def routes(app: App) -> APIRouter:
    """Return the addresses below ``/webhooks``."""
    router = APIRouter(prefix="/webhooks")

    @router.api_route("/{channel}", methods=["GET", "HEAD"])
    def probe(channel: str) -> Response:
        """Answer consoles that look whether anybody listens; it tells nothing."""
        return Response(status_code=200)

    @router.post("/{channel}")
    async def say(channel: str, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        incoming = Incoming(await request.body(), headers)
        try:
            status, why = await run_in_threadpool(app.hearing.take, channel, incoming)
        except StoreError as error:  # ours, and it passes: the provider says it again
            return JSONResponse({"error": str(error)}, 503)
        known = {"WWW-Authenticate": 'Basic realm="webhooks"'} if status == 401 else {}
        return JSONResponse({"error": why} if why else {"ok": True}, status, known)

    return router
