"""The console's pages of editions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from publisher.app.standing import waiting_lines
from publisher.store import by_language, editions
from publisher.web.acts import Acts
from publisher.web.console.addresses import address
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

PAGE = 50
MOST_EDITIONS = 1_000


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of editions."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/editions")
    def every_edition(schedule: str = "", limit: Annotated[int, Query(ge=1, le=MOST_EDITIONS)] = PAGE) -> Response:
        with app.store.read() as conn:
            found = editions.latest(conn, limit=limit + 1, schedule=schedule)
            waits = waiting_lines(conn, app.project.schedules, {row["id"] for row in found})
        more = min(limit * 4, MOST_EDITIONS) if len(found) > limit else 0
        return pages.page(
            "editions.html",
            here="editions",
            editions=found[:limit],
            several=by_language.schedules_among(found),
            waits=waits,
            schedule=schedule,
            schedules=list(app.project.schedules),
            more=address("/editions", schedule=schedule, limit=more) if more > limit else "",
            limit=limit,
        )

    return router
