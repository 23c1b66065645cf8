"""Pausing a schedule, and what becomes of the slots and articles that came meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import RowMapping

from publisher.app import drafts, versions
from publisher.app.standing import paused
from publisher.errors import UsageError
from publisher.model.article import LedgerArticle
from publisher.model.counting import many
from publisher.model.project import Schedule
from publisher.model.staff import May
from publisher.model.states import EditionState
from publisher.pipeline import compose
from publisher.runtime.slots import Slot
from publisher.store import Connection, editions, schedules, staff
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()


DROPPED = "resume:"  # begins the slot under which is written what a pause cost


@dataclass(frozen=True, slots=True)
class Resumed:
    """What came during a pause. Dropped, unless it is caught up on."""

    since: datetime
    slots: int
    articles: int

    @property
    def what(self) -> str:
        """Name what came: `1 slot and 2 articles`; empty where nothing did."""
        counted = ((self.slots, "slot"), (self.articles, "article"))
        return " and ".join(many(number, noun) for number, noun in counted if number)


def refuse_paused(app: App, schedule: Schedule) -> None:
    """Make nothing of a schedule that is paused, by hand either: whoever paused it may be somebody else.

    :raises UsageError: it is paused.
    """
    with app.store.read() as conn:
        why = paused(schedules.get(conn, schedule.name))
    if why:
        remedy = f"`publisher resume {schedule.name}` lets it go on, `--catch-up` with what came meanwhile"
        raise UsageError(f"it is paused: {why}", where=schedule.name, remedy=remedy)


@allowed(May.EDIT)
def pause(app: App, schedule: Schedule, why: str = "") -> RowMapping | None:
    """Let no slot of a schedule fire until it is resumed; return the pause that there was already, if so.

    Its draft is given up, and the draft's articles are free again. Editions that are locked go on.
    """
    versions.accepted(app)
    with app.store.write() as conn:
        if not schedules.pause(conn, schedule.name, reason=why, actor=app.actor, now=app.clock()):
            return schedules.get(conn, schedule.name)
        _write_down(app, conn, schedule, f"paused {schedule.name}" + (f": {why}" if why else ""))
    drafts.cancel_all(app, schedule.name, f"{schedule.name} was paused by {app.actor}")
    log.info("schedule_paused", schedule=schedule.name, actor=app.actor, why=why)
    return None


@allowed(May.EDIT)
def resume(app: App, schedule: Schedule, *, catch_up: bool) -> Resumed | None:
    """Let the slots of a schedule fire again; None where it isn't paused.

    What came during the pause is used up without being sent, and written down as that; with `catch_up` the articles
    are candidates as ever, and the slots are made up for as `missed:` says.
    """
    versions.accepted(app)
    now = app.clock()
    with app.store.read() as conn:
        row = schedules.get(conn, schedule.name)
    if row is None or row["paused_at"] is None:
        return None
    since: datetime = row["paused_at"]
    found = compose.candidates_of(app.store, schedule, now=now).found
    came = [candidate for candidate in found if candidate.first_seen_at >= since]
    passed = versions.undecided(app, schedule, row["considered_until"], now)  # edited meanwhile, each by its own times
    with app.store.write() as conn:
        if not schedules.resume(conn, schedule.name, paused_at=since, actor=app.actor):
            return None
        if not catch_up and (came or passed):
            _drop(app, conn, schedule, came, passed, now)
        until = _decided_until(schedule, passed, now) if catch_up else now
        if until is not None:
            schedules.advance(conn, schedule.name, until)
        more = ", with what came meanwhile" if catch_up else ""
        _write_down(app, conn, schedule, f"resumed {schedule.name}{more}")
    app.all_clear(versions.question_cause(schedule.name))
    log.info("schedule_resumed", schedule=schedule.name, actor=app.actor, catch_up=catch_up)
    return Resumed(since, len(passed), len(came))


@allowed(May.EDIT)
def take_back(app: App, schedule: Schedule) -> int:
    """Make candidates again of what was dropped when a schedule was last resumed; return how many articles."""
    why = f"dropped when {schedule.name} was resumed, and taken back by {app.actor}"
    with app.store.write() as conn:
        back = editions.take_back_dropped(conn, schedule.name, DROPPED, why)
    if back:
        log.info("schedule_caught_up", schedule=schedule.name, actor=app.actor, articles=back)
    return back


def _write_down(app: App, conn: Connection, schedule: Schedule, what: str) -> None:
    staff.write_down(conn, app.actor, what, about=f"schedule:{schedule.name}", now=app.clock())


def _drop(
    app: App, conn: Connection, schedule: Schedule, came: list[LedgerArticle], passed: list[Slot], now: datetime
) -> None:
    why = f"came while {schedule.name} was paused"
    editions.add(
        conn,
        schedule=schedule.name,
        slot=f"{DROPPED}{now.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}",
        language=app.project.publication.language,
        due_at=now,
        now=now,
        state=EditionState.SKIPPED,
        reason=f"{many(len(passed), 'slot')} and {many(len(came), 'article')} {why}: dropped (resume)",
        version_id=versions.accepted(app),
        actor=app.actor,
        places=[
            editions.Place(each.id, each.revision, None, f"{why}: dropped (resume)", dropped=True) for each in came
        ],
    )


def _decided_until(schedule: Schedule, passed: list[Slot], now: datetime) -> datetime | None:
    """Return up to where the slots of the pause are decided: the rest of them fires at the next wake-up."""
    if schedule.when.missed == "all" or not passed:
        return None
    return now if schedule.when.missed == "skip" else passed[-1].due_at - timedelta(microseconds=1)
