"""The console's first page: what needs a person, what comes next, what went out."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from publisher.app.standing import known, paused, waiting_lines
from publisher.app.status import status_of
from publisher.model.project import Schedule
from publisher.runtime.slots import Slot, slots_after
from publisher.store import by_language, editions, schedules, sends
from publisher.web.acts import Acts
from publisher.web.pages import Pages
from publisher.web.views import SendView

if TYPE_CHECKING:
    from publisher.app import App

NEXT_SLOTS = 3  # of each schedule
LATEST = 8  # editions on the first page
PAGE = 50  # sends that wait


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the first page's address."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/")
    def overview() -> Response:
        with app.store.read() as conn:
            latest = editions.latest(conn, limit=LATEST)
            waiting = [
                SendView(row, None, None, known(row["schedule"], app.project.schedules))
                for row in sends.needing_a_person(conn, PAGE)
            ]
            waits = waiting_lines(conn, app.project.schedules, {row["id"] for row in latest})
        return pages.page(
            "today.html",
            here="today",
            slots=_next_slots(app),
            latest=latest,
            several=by_language.schedules_among(latest),
            waiting=waiting,
            found=status_of(app.store, app.project, app.clock(), app.trouble, app.settings),
            waits=waits,
        )

    return router


def _next_slots(app: App) -> list[dict[str, Any]]:
    """Return each schedule with its next slots; one that waits for articles, or is paused, has none of its own."""
    with app.store.read() as conn:
        known = schedules.every(conn)
    return [
        {"schedule": schedule, "paused": why, "slots": [] if why else _slots_of(app, schedule)}
        for schedule in app.project.schedules.values()
        for why in [paused(known.get(schedule.name))]
    ]


def _slots_of(app: App, schedule: Schedule) -> list[Slot]:
    return [] if schedule.when.new else list(islice(slots_after(schedule.when, app.zone, app.clock()), NEXT_SLOTS))
