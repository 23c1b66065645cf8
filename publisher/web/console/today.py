"""The console's first page: what needs a person, what is under way, what comes next, what went out today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from publisher.app import handling
from publisher.app.asking import PURPOSE
from publisher.app.progress import MOST, Progress, under_way
from publisher.app.standing import known, paused, waiting_lines
from publisher.app.status import HEADLINES, Status, status_of
from publisher.app.trouble import MOST as MOST_NEEDING
from publisher.model.project import Schedule
from publisher.model.staff import May
from publisher.model.states import EditionState, SendState
from publisher.runtime.slots import Slot, slots_after
from publisher.speech.phrases import _, joined
from publisher.store import Connection, RowMapping, by_language, edition_lists, schedules, sends
from publisher.web.acts import Acts, Done, Words
from publisher.web.console.mending import Mending
from publisher.web.pages import Pages
from publisher.web.views import SendView

if TYPE_CHECKING:
    from publisher.app import App

ABOUT = "today"
AHEAD = 3  # slots of each schedule that are looked for
NEXT = 25  # slots of all schedules that are shown
GONE = 30  # editions of today
WAITING = 50  # sends that wait
OPEN = (EditionState.DRAFT, EditionState.LOCKED)
NAMED = 25  # schedules without a slot of their own


class Why(Words):
    """Why everything is held."""

    why: str = Field(default="", max_length=500)


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the first page's address."""
    router = APIRouter(default_response_class=HTMLResponse)
    today = Today(app, acts)

    @router.get("/")
    def overview() -> Response:
        now = app.clock()
        with app.store.read() as conn:
            moving = under_way(app, conn, now)
        return pages.page(
            "today.html", here="today", live=ABOUT, moving=moving_views(app, moving), today=today.look(now)
        )

    @acts.post("/sending/hold", may=May.OPERATE, back="/")
    def hold(said: Why) -> Done:
        """Hold all sending: no call begins any more."""
        handling.hold_all(app, said.why)
        return Done(said=_("All sending is held: no call begins any more."))

    @acts.post("/sending/release", may=May.OPERATE, back="/")
    def release() -> Done:
        """Let all sending go on that was held at once."""
        done = handling.release_all(app)
        if not done.did_something:
            return Done(said=_("Nothing was held."))
        kept = _("Something else still holds a part of it: it stands below.") if done.kept else ""
        return Done(said=joined([_("Sending goes on."), kept]))

    return router


@dataclass(frozen=True, slots=True)
class Ahead:
    """A slot that comes, with the editions that it has already."""

    schedule: Schedule
    slot: Slot
    editions: tuple[RowMapping, ...]


class Today:
    """Gathers what the page says beside what is under way; all of it is bounded, however long the ledger is."""

    def __init__(self, app: App, acts: Acts) -> None:
        self._app = app
        self._mending = Mending(acts)
        self._coming = Coming()

    def look(self, now: datetime) -> dict[str, Any]:
        """Return what the templates need."""
        app = self._app
        with app.store.read() as conn:
            needing = sends.needing_a_person(conn, MOST_NEEDING)
            gone = edition_lists.due_since(conn, _midnight(app, now), now, limit=GONE + 1)
            context = {
                "gone": gone[:GONE],
                "is_more_gone": len(gone) > GONE,
                "several": by_language.schedules_among(gone),
                "waits": waiting_lines(conn, app.project.schedules, {row["id"] for row in gone}, needing),
                "now": now,
                "waiting_to_go": {row["edition_id"] for row in needing if row["state"] == SendState.WAITING},
                **self._next(conn, now),
            }
        found = status_of(app.store, app.project, now, app.trouble, app.settings, with_slots=False, needing=needing)
        return context | self._person(found, needing[:WAITING])

    def _person(self, found: Status, needing: Sequence[RowMapping]) -> dict[str, Any]:
        """Return what needs a person: what is said of a send stands with it, and not a second time by itself."""
        project = self._app.project
        waiting = [SendView(row, None, None, known(row["schedule"], project.schedules)) for row in needing]
        to_approve = [draft for draft in found.drafts if _is_to_approve(draft, project.schedules)]
        told = {wrong.trouble.cause: wrong for wrong in found.wrong}
        beside = _beside(needing)
        own = {cause for causes in beside.values() for cause in causes}
        asked = {row["edition_id"] for row in needing} | {draft["id"] for draft in to_approve}
        return {
            "headline": HEADLINES[0] if needing or to_approve else found.headline,
            "found": found,
            "waiting": waiting,
            "told": {
                send.row["id"]: [told[cause] for cause in beside[send.row["id"]] if cause in told] for send in waiting
            },
            "wrong": [
                wrong for cause, wrong in told.items() if cause not in own and _edition_asked_of(cause) not in asked
            ],
            "to_approve": to_approve,
            "mending": self._mending,
        }

    def _next(self, conn: Connection, now: datetime) -> dict[str, Any]:
        project = self._app.project
        known_rows = schedules.every(conn)
        stopped = {name: why for name in project.schedules if (why := paused(known_rows.get(name)))}
        going = [schedule for schedule in project.schedules.values() if schedule.name not in stopped]
        coming = self._coming.of([each for each in going if not each.when.new], self._app, now)[:NEXT]
        made = edition_lists.of_slots(conn, [(schedule.name, slot.key) for schedule, slot in coming])
        return {
            "ahead": [
                Ahead(schedule, slot, tuple(row for row in mine if row["state"] in OPEN))
                for schedule, slot in coming
                if not _is_decided(schedule, mine := made.get((schedule.name, slot.key), []))
            ],
            "stopped": dict(islice(stopped.items(), NAMED)),
            "as_they_come": [each for each in going if each.when.new][:NAMED],
            "over": [each for each in going if not each.when.new and not self._coming.has(each)][:NAMED],
            "is_any": bool(project.schedules),
        }


class Coming:
    """The next slots of every schedule: each is worked out once, and not at every look."""

    def __init__(self) -> None:
        self._version = ""
        self._looked_at = datetime.min.replace(tzinfo=UTC)
        self._slots: dict[str, tuple[Slot, ...]] = {}

    def of(self, wanted: Sequence[Schedule], app: App, now: datetime) -> list[tuple[Schedule, Slot]]:
        """Return the next slots of these schedules, a few of each, in the order in which they come."""
        version = app.project.version
        kept = self._slots if version == self._version and now >= self._looked_at else {}
        slots = {each.name: _after(kept.get(each.name, ()), each, app, now) for each in wanted}
        self._version, self._looked_at, self._slots = version, now, {**kept, **slots}
        found = [(each, slot) for each in wanted for slot in slots[each.name]]
        return sorted(found, key=lambda pair: pair[1].due_at)

    def has(self, schedule: Schedule) -> bool:
        """Say whether a schedule that was asked for has any slot to come."""
        return bool(self._slots.get(schedule.name))


def _after(kept: tuple[Slot, ...], schedule: Schedule, app: App, now: datetime) -> tuple[Slot, ...]:
    """Return the slots of a schedule that come; those that were known, as long as the first of them does."""
    if kept and kept[0].due_at > now:
        return kept
    return tuple(islice(slots_after(schedule.when, app.zone, now), AHEAD))


def moving_views(app: App, moving: Sequence[Progress]) -> list[SendView]:
    """Return what is under way as a page shows it."""
    return [
        SendView(each.row, None, None, known(each.row["schedule"], app.project.schedules), progress=each)
        for each in moving[:MOST]
    ]


def _is_decided(schedule: Schedule, made: Sequence[RowMapping]) -> bool:
    """Say whether nothing comes of a slot any more, in any language: its editions were cancelled, or skipped."""
    return len(made) >= len(schedule.by_language) and all(row["state"] not in OPEN for row in made)


def _beside(needing: Sequence[RowMapping]) -> dict[int, list[str]]:
    """Return the causes of the troubles that are said with each send: that of a stopped channel with its first one."""
    found = {row["id"]: [f"{kind}:{row['id']}" for kind in ("books", "held", "unknown")] for row in needing}
    first = {row["channel"]: row["id"] for row in reversed(needing[:WAITING]) if row["state"] == SendState.PAUSED}
    for channel, send_id in first.items():
        found[send_id].append(f"channel:{channel}")
    return found


def _edition_asked_of(cause: str) -> int | None:
    """Return the edition that an alert asks to approve; None: it asks for nothing of the kind."""
    kind, _colon, rest = cause.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == PURPOSE and number.isdecimal() else None


def _is_to_approve(draft: Mapping[str, Any], known_schedules: Mapping[str, Schedule]) -> bool:
    schedule = known_schedules.get(draft["schedule"])
    return schedule is not None and schedule.approve is not None


def _midnight(app: App, now: datetime) -> datetime:
    """Return when the day began where the publication is."""
    return now.astimezone(app.zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
