"""The console's list of editions, by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app.standing import waiting_lines
from publisher.model.states import EditionState
from publisher.speech.phrases import _
from publisher.store import RowMapping, by_language, edition_lists, editions
from publisher.web.acts import Acts
from publisher.web.console.addresses import address
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut, no_such_page, number_in, pack
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

After = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="The edition after which to go on.")]
Schedule = Annotated[str, Query(max_length=200, description="Only of this schedule.")]


class Edition(BaseModel):
    """An edition, with the sums of its sends."""

    id: int
    schedule: str
    slot: str
    language: str
    due_at: datetime
    state: EditionState
    reason: str = Field(description="Why it was skipped or cancelled, or what was done about it; may be empty.")
    is_practice: bool
    candidates: int
    sent: int
    failed: int
    unknown: int
    to_do: int


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of editions."""
    router = APIRouter(default_response_class=HTMLResponse)

    def found(schedule: str, state: EditionState | None, after: int | None, limit: int) -> list[RowMapping]:
        with app.store.read() as conn:
            before = editions.get(conn, after) if after is not None else None
            if after is not None and before is None:
                raise no_such_page()
            return edition_lists.latest(conn, limit=limit + 1, schedule=schedule, state=state or "", after=before)

    @router.get("/editions")
    def every_edition(
        schedule: Schedule = "", state: Annotated[str, Query(max_length=20)] = "", after: After = None
    ) -> Response:
        if state and state not in list(EditionState):
            raise HTTPException(400, _("Editions have no such state."))
        rows = found(schedule, EditionState(state) if state else None, after, PAGE)
        shown, asked = rows[:PAGE], {"schedule": schedule, "state": state}
        with app.store.read() as conn:
            waits = waiting_lines(conn, app.project.schedules, {row["id"] for row in shown})
        return pages.page(
            "editions.html",
            here="editions",
            days=_by_day(app, shown),
            several=by_language.schedules_among(shown),
            waits=waits,
            asked=asked,
            schedules=sorted({*app.project.schedules, schedule} - {""}),
            states=list(EditionState),
            older=address("/editions", **asked, after=shown[-1]["id"]) if len(rows) > PAGE else "",
            newest=address("/editions", **asked) if after is not None else "",
        )

    @acts.api.get("/editions", response_model=Page[Edition])
    def list_editions(
        schedule: Schedule = "", state: EditionState | None = None, after: Mark = "", limit: Limit = PAGE
    ) -> Page[Edition]:
        """List editions, the latest first."""
        rows, mark = cut(found(schedule, state, number_in(after), limit), limit, lambda row: pack(row["id"]))
        return Page[Edition](items=[record(row) for row in rows], after=mark)

    return router


def record(row: RowMapping) -> Edition:
    """Return a row of the list as the interface shows it."""
    names = ("id", "schedule", "slot", "language", "due_at", "state", "reason", "candidates", "sent", "failed")
    plain: dict[str, Any] = {name: row[name] for name in names}
    to_do = row["n_pending"] + row["n_taken"]
    return Edition(**plain, is_practice=row["practice"] is not None, unknown=row["n_unknown"], to_do=to_do)


def _by_day(app: App, rows: Sequence[RowMapping]) -> list[tuple[date, list[RowMapping]]]:
    """Return them by the day of the publication on which they are due."""
    days = groupby(rows, key=lambda row: row["due_at"].astimezone(app.zone).date())
    return [(day, list(mine)) for day, mine in days]
