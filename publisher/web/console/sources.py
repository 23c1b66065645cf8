"""The console's pages of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from publisher.app.sources import standing
from publisher.web.acts import Acts
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of sources."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/sources")
    def every_source() -> Response:
        return pages.page("sources.html", here="sources", sources=standing(app))

    return router
