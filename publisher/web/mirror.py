"""Whoever looks in sees how they are seen: what came through the web server in front, for `publisher doctor`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from publisher.app import mirror
from publisher.web.faces import face_of, heard_of
from publisher.web.live import HEADERS

if TYPE_CHECKING:
    from publisher.app import App


def routes(app: App) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(prefix=f"/{mirror.PATH}")

    @router.get("/{token}")
    def look(token: str, request: Request) -> Response:
        """Tell how this very request is seen. Without a link that only we can make there is nothing."""
        _require_genuine(token)
        heard, face = heard_of(request.scope), face_of(request.scope)
        seen = {
            "peer": heard.peer,
            "client": heard.client,
            "is_passed_on": heard.is_passed_on,
            "is_believed": heard.is_believed,
            "scheme": heard.scheme,
            "is_public": face is not None and face.is_public,
        }
        return JSONResponse(seen)

    @router.get("/{token}/stream")
    def listen(token: str) -> Response:
        """Say a few words, with time between them: as live pages are told."""
        _require_genuine(token)
        return StreamingResponse(_beats(), headers=HEADERS)

    def _require_genuine(token: str) -> None:
        if not mirror.is_genuine(app, token):
            raise HTTPException(404)

    return router


async def _beats() -> AsyncIterator[bytes]:
    for number in range(mirror.BEATS):
        yield f"data: {number}\n\n".encode()
        await asyncio.sleep(mirror.BEAT)
