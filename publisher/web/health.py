"""What machines ask: whether this process can do its work, and the numbers to watch. Nobody's name is in either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from publisher.app import metrics
from publisher.errors import PublisherError
from publisher.store import facts

if TYPE_CHECKING:
    from publisher.app import App

TEXT = "text/plain; version=0.0.4; charset=utf-8"


def routes(app: App) -> APIRouter:
    """Return the addresses."""
    router = APIRouter()

    @router.get("/healthz")
    def health() -> Response:
        """Say whether the ledger answers; 503 where it doesn't, so that nobody is sent here."""
        try:
            with app.store.read() as conn:
                held = facts.held(conn)
        except PublisherError as error:
            return JSONResponse({"ok": False, "why": str(error)}, 503)
        return JSONResponse({"ok": True, "held": held is not None})

    @router.get("/metrics")
    def numbers() -> Response:
        return Response(metrics.text(app), media_type=TEXT)

    return router
