"""The console's pages about schedules: when each fires, and what is done about it: pause, resume, run now, test."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app import firing, pauses, proofs
from publisher.app.composing import manual_slot
from publisher.app.looking import look
from publisher.app.plan import plan_slot
from publisher.app.schedule_views import GROUPS, View, group_of, views
from publisher.errors import UsageError
from publisher.model.counting import many
from publisher.model.project import Schedule
from publisher.model.staff import May
from publisher.web.acts import Acts, Done, Words
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

Name = Annotated[str, Path(max_length=64)]
Language = Annotated[str, Field(max_length=35)]
LONGEST = 500  # characters of a reason
MOST = 200


class Why(Words):
    """Why it is paused."""

    why: Annotated[str, Field(max_length=LONGEST)] = ""


class Resume(Words):
    """What becomes of what came meanwhile."""

    catch_up: bool = False


class To(Words):
    """Who gets the test."""

    to: Annotated[str, Field(max_length=3_000, description="Addresses, with commas; 20 at most.")]
    language: Language = ""


class LastEdition(BaseModel):
    """The newest edition of a schedule."""

    id: int
    due_at: datetime
    state: str


class ScheduleRecord(BaseModel):
    """One schedule as it stands."""

    name: str
    fires: str = Field(description="When, in words.")
    next: list[datetime] = Field(description="Its next slots; of one that is paused none fires.")
    lists: list[str]
    channels: list[str]
    languages: list[str]
    paused_at: datetime | None
    paused_by: str
    paused_because: str
    last: LastEdition | None


class ScheduleRecords(BaseModel):
    """Some schedules, in the order of the file."""

    schedules: list[ScheduleRecord]
    after: str = Field(default="", description="Say it to get those that follow; empty: there are none.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(default_response_class=HTMLResponse)
    _looks(router, app, pages)
    _does(app, acts)
    _tells(app, acts)
    return router


def _looks(router: APIRouter, app: App, pages: Pages) -> None:
    @router.get("/schedules")
    def every(q: Annotated[str, Query(max_length=200)] = "", show: Literal["", "paused"] = "") -> Response:
        found = [each for each in views(app) if each.is_found_by(q) and (each.is_paused or not show)]
        groups = {name: [each for each in found if group_of(each, app) == name] for name in GROUPS}
        for each in groups.values():
            each.sort(key=lambda view: view.slots[:1])
        return pages.page(
            "schedules.html",
            here="schedules",
            groups={name: each for name, each in groups.items() if each},
            count=len(found),
            total=len(app.project.schedules),
            q=q,
            show=show,
        )

    @router.get("/schedules/{name}/about")
    def one(name: Name) -> Response:
        (view,) = views(app, [_known(app, name)])
        return pages.page("schedule.html", here="schedules", view=view, schedule=view.schedule)

    @router.get("/schedules/{name}/run")
    def to_run(name: Name) -> Response:
        schedule = _known(app, name)
        slot, looked = manual_slot(app), look(app, [schedule])
        plans = [plan_slot(app, each, looked=looked, slot=slot) for each in schedule.by_language]
        return pages.page(
            "schedule_run.html",
            here="schedules",
            schedule=schedule,
            plans=plans,
            unfinished=firing.begun(app, schedule),
        )


def _does(app: App, acts: Acts) -> None:
    about = "/schedules/{name}/about"

    @acts.post("/schedules/{name}/pause", may=May.EDIT, back=about)
    def pause(name: Name, said: Why) -> Done:
        """Let no slot of a schedule fire until it is resumed. Editions that have begun go on."""
        before = pauses.pause(app, app.schedule(name), said.why)
        return Done(said=f"{name} was paused already by {before['actor']}" if before else f"{name} is paused")

    @acts.post("/schedules/{name}/resume", may=May.EDIT, back=about)
    def resume(name: Name, said: Resume) -> Done:
        """Let the slots of a schedule fire again; what came meanwhile is dropped, unless you catch up on it."""
        schedule = app.schedule(name)
        done = pauses.resume(app, schedule, catch_up=said.catch_up)
        if done is not None:
            fate = "go out as ever" if said.catch_up else "dropped"
            came = f"{done.what} came meanwhile: {fate}" if done.what else "nothing came meanwhile"
            return Done(said=f"{name} goes on; {came}")
        back = pauses.take_back(app, schedule) if said.catch_up else 0
        again = f"; {many(back, 'article')} dropped when it was resumed may go out after all" if back else ""
        return Done(said=f"{name} isn’t paused{again}")

    @acts.post("/schedules/{name}/run", may=May.APPROVE, back="/schedules/{name}/run")
    def run(name: Name) -> Done:
        """Send one slot of a schedule now. Articles that went out before don’t go out again."""
        fired = firing.fire(app, app.schedule(name))
        if not fired.edition_ids:
            raise UsageError("; ".join(fired.why_not))
        where = f"/editions/{fired.edition_ids[0]}" if len(fired.edition_ids) == 1 else f"/editions?schedule={name}"
        made = many(len(fired.edition_ids), "edition")
        return Done(said="; ".join((f"{name}: {made} made now", *fired.why_not)), where=where, id=fired.edition_ids[0])

    @acts.post("/schedules/{name}/test", may=May.EDIT, back=about)
    def test(name: Name, said: To) -> Done:
        """Mail the next edition to a few addresses, marked [Test]. Nobody else gets it, and nothing counts as sent."""
        chosen = app.edition_to_come(f"{name}/{said.language}" if said.language else name)
        return Done(said=proofs.mail_to(app, chosen, said.to))


def _tells(app: App, acts: Acts) -> None:
    @acts.api.get("/schedules", response_model=ScheduleRecords, summary="List schedules")
    def every(
        q: Annotated[str, Query(max_length=200)] = "",
        after: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> ScheduleRecords:
        """Return schedules in the order of the file."""
        names = list(app.project.schedules)
        start = names.index(after) + 1 if after in names else 0
        found = views(app, [app.project.schedules[name] for name in names[start:]])
        fitting = [each for each in found if each.is_found_by(q)]
        more = fitting[limit - 1].name if len(fitting) > limit else ""
        return ScheduleRecords(schedules=[_record(each) for each in fitting[:limit]], after=more)

    @acts.api.get("/schedules/{name}", response_model=ScheduleRecord, summary="Show a schedule")
    def one(name: Name) -> ScheduleRecord:
        """Return one schedule."""
        return _record(views(app, [_known(app, name)])[0])


def _known(app: App, name: str) -> Schedule:
    """Return a schedule.

    :raises HTTPException: there is none.
    """
    try:
        return app.schedule(name)
    except UsageError as error:
        raise HTTPException(404, f"{error}.") from error


def _record(view: View) -> ScheduleRecord:
    row = view.row if view.is_paused else None
    last = view.last
    return ScheduleRecord(
        name=view.name,
        fires=view.fires,
        next=list(view.slots),
        lists=list(view.schedule.mails_to),
        channels=list(view.channels),
        languages=list(view.schedule.languages.every),
        paused_at=row["paused_at"] if row else None,
        paused_by=row["actor"] if row else "",
        paused_because=(row["reason"] or "") if row else "",
        last=LastEdition(id=last["id"], due_at=last["due_at"], state=last["state"]) if last else None,
    )
