"""The console's pages about schedules: when each fires, and what is done about it: pause, resume, run now, test."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app import firing, pauses, proofs, schedule_file
from publisher.app.composing import manual_slot
from publisher.app.looking import look
from publisher.app.plan import plan_slot
from publisher.app.schedule_views import GROUPS, View, group_of, views
from publisher.errors import UsageError
from publisher.model.staff import May
from publisher.speech.phrases import _, joined, ngettext
from publisher.web.acts import Acts, Done, Words
from publisher.web.console.paging import PAGE, Limit, Mark, Page, Word, cut_by_name
from publisher.web.pages import Pages
from publisher.web.pressing import begun

if TYPE_CHECKING:
    from publisher.app import App

Name = Annotated[str, Path(max_length=64)]
Language = Annotated[str, Field(max_length=35)]
LONGEST = 500  # characters of a reason


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


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(default_response_class=HTMLResponse)
    _looks(router, app, pages)
    _does(app, acts)
    _tells(app, acts)
    return router


def _looks(router: APIRouter, app: App, pages: Pages) -> None:
    @router.get("/schedules")
    def every(q: Word = "", show: Literal["", "paused"] = "") -> Response:
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
            broken=schedule_file.broken(app),
            q=q,
            show=show,
        )

    @router.get("/schedules/{name}/about")
    def one(name: Name) -> Response:
        (view,) = views(app, [app.schedule(name)])
        return pages.page("schedule.html", here="schedules", view=view, schedule=view.schedule)

    @router.get("/schedules/{name}/run")
    def to_run(name: Name) -> Response:
        schedule = app.schedule(name)
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
        if before:
            return Done(said=_("Schedule %(name)s was paused already by %(who)s.", name=name, who=before["actor"]))
        return Done(said=_("Schedule %(name)s is paused.", name=name))

    @acts.post("/schedules/{name}/resume", may=May.EDIT, back=about)
    def resume(name: Name, said: Resume) -> Done:
        """Let the slots of a schedule fire again; what came meanwhile is dropped, unless you catch up on it."""
        schedule = app.schedule(name)
        done = pauses.resume(app, schedule, catch_up=said.catch_up)
        if done is not None:
            if not done.what:
                return Done(said=_("Schedule %(name)s goes on; nothing came meanwhile.", name=name))
            told = {"name": name, "what": done.what}
            if said.catch_up:
                return Done(said=_("Schedule %(name)s goes on; %(what)s came meanwhile: go out as ever.", **told))
            return Done(said=_("Schedule %(name)s goes on; %(what)s came meanwhile: dropped.", **told))
        back = pauses.take_back(app, schedule) if said.catch_up else 0
        again = ngettext(
            "%(count)s article dropped when it was resumed may go out after all.",
            "%(count)s articles dropped when it was resumed may go out after all.",
            back,
        )
        return Done(said=joined([_("Schedule %(name)s isn’t paused.", name=name), again if back else ""]))

    @acts.post("/schedules/{name}/run", may=May.APPROVE, back="/schedules/{name}/run")
    def run(name: Name) -> Done:
        """Send one slot of a schedule now. Articles that went out before don’t go out again."""
        fired = firing.fire(app, app.schedule(name))
        if not fired.edition_ids:
            raise UsageError("; ".join(fired.why_not))
        where = f"/editions/{fired.edition_ids[0]}" if len(fired.edition_ids) == 1 else f"/editions?schedule={name}"
        made = ngettext(
            "Schedule %(name)s: %(count)s edition made now.",
            "Schedule %(name)s: %(count)s editions made now.",
            len(fired.edition_ids),
            name=name,
        )
        said = joined([made, *(f"{begun(why)}." for why in fired.why_not)])
        return Done(said=said, where=where, id=fired.edition_ids[0])

    @acts.post("/schedules/{name}/test", may=May.EDIT, back=about)
    def test(name: Name, said: To) -> Done:
        """Mail the next edition to a few addresses, marked [Test]. Nobody else gets it, and nothing counts as sent."""
        chosen = app.edition_to_come(f"{name}/{said.language}" if said.language else name)
        what = proofs.mail_to(app, chosen, said.to)
        return Done(said=_("Test of %(name)s: %(what)s.", name=chosen.label, what=what))


def _tells(app: App, acts: Acts) -> None:
    @acts.api.get("/schedules", response_model=Page[ScheduleRecord])
    def every(q: Word = "", after: Mark = "", limit: Limit = PAGE) -> Page[ScheduleRecord]:
        """List schedules, in the order of the file."""
        fitting = [each for each in views(app) if each.is_found_by(q)]
        found, mark = cut_by_name(fitting, after, limit, lambda each: each.name)
        return Page[ScheduleRecord](items=[_record(each) for each in found], after=mark)

    @acts.api.get("/schedules/{name}", response_model=ScheduleRecord, summary="Show a schedule")
    def one(name: Name) -> ScheduleRecord:
        """Return one schedule."""
        return _record(views(app, [app.schedule(name)])[0])


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
