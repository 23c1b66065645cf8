"""Which slots are due, and each schedule's own rule for those that were missed. The truth is the editions' rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from publisher.app import approved, asking, composing, drafts, machines, room, versions
from publisher.app.articles import fire_in_hours, sources_to_ask
from publisher.clock import now as wall_clock
from publisher.errors import PublisherError
from publisher.model.counting import many
from publisher.model.project import Schedule, When
from publisher.pipeline.compose import Choice
from publisher.runtime.slots import Slot
from publisher.steps import Step
from publisher.store import schedules

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

MOST_MISSED = 100  # slots of one downtime that are made up for, or written down one by one
CLOCK = "clock"
NOTED_EACH = timedelta(seconds=30)  # how often the ledger is told that someone is watching


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one slot that has come."""

    slot: Slot
    skipped: str = ""  # why it has no edition; empty: it has one
    held: str = ""  # why its edition waits for a person


def fire_due(app: App) -> list[int]:
    """Compose every edition that is due now, in the order of the file; return their ids.

    Whoever is second finds nothing to do: another thread of this process, or another process, was there first.
    """
    if not app.firing.acquire(blocking=False):
        return []
    try:
        versions.accepted(app)
        if not may_fire(app):
            return []
        if not room.is_enough(app):
            app.watch.begin_anew(app.clock())
            return []
        return _fire_all(app, app.clock())
    finally:
        app.firing.release()


def may_fire(app: App) -> bool:
    """Say whether the clock can be believed; if not, say it aloud, once: nothing fires until it is right."""
    now = app.clock()
    app.watch.look(now)
    with app.store.read() as conn:
        awake_until = schedules.awake_until(conn)
    why = app.watch.doubt(now, awake_until, _shared(app))
    if why:
        app.doubted = True
        machines.begin(
            app,
            CLOCK,
            what=f"no slot fires: {why}",
            affected="every schedule",
            command="set the clock right; if it is right: publisher run --clock-is-right",
        )
        return False
    if app.doubted:  # it is right again
        with app.store.write() as conn:
            schedules.pull_back(conn, now)
        app.doubted = False
    machines.end(app, CLOCK)
    if awake_until is None or now - awake_until > NOTED_EACH:
        with app.store.write() as conn:
            schedules.set_awake(conn, now)
    return True


def doubt(app: App) -> str:
    """Say why the clock can't be believed; empty where it can. Cheap: one row is read, and nothing is written."""
    with app.store.read() as conn:
        awake_until = schedules.awake_until(conn)
    return app.watch.doubt(app.clock(), awake_until, _shared(app))


def _shared(app: App) -> datetime | None:
    """Return what the ledger's own clock says, where machines share it; None in tests, which set the clock."""
    return app.store.now() if app.is_shared and app.clock is wall_clock else None


def believe_clock(app: App) -> None:
    """A person says that the clock is right: whatever lies ahead of it in the ledger was written under a wrong one."""
    app.watch.believe()
    with app.store.write() as conn:
        schedules.set_awake(conn, app.clock())
        schedules.pull_back(conn, app.clock())
    machines.end(app, CLOCK)


@dataclass(frozen=True, slots=True)
class Work:
    """What one schedule has to do at this wake-up."""

    schedule: Schedule
    due: Sequence[Slot]
    draft: drafts.Need | None
    has_failed: bool = False  # at an earlier look, and people were told


def _fire_all(app: App, now: datetime) -> list[int]:
    with app.store.read() as conn:
        known, edited = schedules.every(conn), schedules.with_former_times(conn)
    told = app.open_causes()  # asked once: of a thousand schedules hardly one has failed, or was edited just now
    at_work = [
        (each, known[each.name]["considered_until"])
        for each in app.project.schedules.values()
        if each.name in known and not known[each.name]["paused_at"]
    ]
    drafts.follow(app, {schedule.name: until for schedule, until in at_work})
    approved.decide_due(app, {schedule.name for schedule, _ in at_work})
    works = [
        Work(
            schedule,
            versions.undecided(app, schedule, until, now, is_edited=schedule.name in edited),
            drafts.need(app, schedule, until),
            has_failed=_failed(schedule.name) in told,
        )
        for schedule, until in at_work
    ]
    trouble = _poll_for(app, works)
    made = [edition for work in works for edition in _guarded(app, work, trouble.get(work.schedule.name, ""), now)]
    drafts.end_alerts(app)
    return made


def _poll_for(app: App, works: Sequence[Work]) -> dict[str, str]:
    """Look at the sources of what is composed now, all at once and with little patience; return what was wrong."""
    asking = [work for work in works if not work.schedule.write]  # a letter has no articles
    polled = [work.schedule for work in asking if work.due or _is_first_look(app, work)]
    wanted = {name for each in polled for name in each.pick.sources or app.project.sources}
    wanted |= {name for work in works for name in sources_to_ask(app, work.schedule)}
    if not wanted:
        return {}
    wrong = {each.source: each.error for each in app.poll_all(sorted(wanted), patience=composing.PATIENCE)}
    return {
        each.name: "; ".join(wrong[name] for name in each.pick.sources or app.project.sources if wrong.get(name))
        for each in polled
    }


def _is_first_look(app: App, work: Work) -> bool:
    """Say whether a draft's sources weren't asked for it yet; after that they have their own rhythm."""
    if work.draft is None or work.draft.is_there or app.asked_for.get(work.schedule.name) == work.draft.slot.key:
        return False
    app.asked_for[work.schedule.name] = work.draft.slot.key
    return True


def _guarded(app: App, work: Work, trouble: str, now: datetime) -> list[int]:
    """Carry out one schedule's work; whatever is wrong with it, the others go on."""
    name = work.schedule.name
    try:
        made = _fire(app, work, trouble, now)  # where each new article is a slot, those of former times
        if work.schedule.when.new:
            made += fire_in_hours(app, work.schedule)
        if work.draft:
            drafts.prepare(app, work.schedule, work.draft, trouble)
            for view in work.schedule.by_language if work.schedule.approve else ():
                asking.ask(app, view, work.draft.slot)
    except Exception as error:
        said = str(error) if isinstance(error, PublisherError) else f"{type(error).__name__} (see the log)"
        what = f"no edition of {name} could be made: {said}"
        affected = f"the next edition of {name}"
        is_new = app.alert(_failed(name), what=what, affected=affected, command="publisher check")
        if is_new and not isinstance(error, PublisherError):  # once: it is tried again at each look
            log.exception("slot_failed", schedule=name)
        return []
    if work.has_failed:
        app.all_clear(_failed(name))
    return made


def _failed(name: str) -> str:
    return f"slot-failed:{name}"


def _fire(app: App, work: Work, trouble: str, now: datetime) -> list[int]:
    made: list[int | None] = []
    for fate in decide(work.schedule.when, work.due, app.watch.was_missed, now):
        made += [_fire_one(app, view, fate, trouble) for view in work.schedule.by_language]
    if work.due:
        with app.store.write() as conn:
            schedules.advance(conn, work.schedule.name, work.due[-1].due_at)
            former = schedules.former_times(conn, work.schedule.name)
            schedules.set_former_times(conn, work.schedule.name, [each for each in former if each[1] > now])
            for _, until in former[-1:]:
                schedules.advance(conn, work.schedule.name, min(until, now))
    return [edition_id for edition_id in made if edition_id is not None]


def _fire_one(app: App, schedule: Schedule, fate: Fate, trouble: str) -> int | None:
    """Carry out what becomes of a slot, in one language; return its edition."""
    due = int(fate.slot.due_at.timestamp() * 1e9)
    with Step("slot", due, schedule=schedule.name, slot=fate.slot.key) as step:
        early = approved.at_slot(app, schedule, fate.slot)
        if early is not None or not fate.skipped:
            edition_id = early or _compose(app, schedule, fate, trouble)
            step.done(edition=edition_id)
            return edition_id
    skipped = Choice((), (), f"{fate.skipped}; to send it now: publisher send {schedule.name}")
    composing.record(app, schedule, fate.slot, skipped, actor="schedule")
    return None


def _compose(app: App, schedule: Schedule, fate: Fate, trouble: str) -> int | None:
    unapproved = approved.skipped_unapproved(app, schedule, fate.slot)
    how: dict[str, Any] = {"trouble": trouble, "held": fate.held, "unapproved": unapproved}
    composed = composing.compose_known(app, schedule, fate.slot, actor="schedule", **how)
    edition_id = composed.edition_id
    if edition_id is None:  # somebody approved its draft while it was composed
        edition_id = approved.at_slot(app, schedule, fate.slot)
    if edition_id is not None and schedule.approve:
        approved.clear(app, edition_id)
    if schedule.write:
        app.all_clear(drafts.letter_cause(schedule))  # its slot has come: why it was skipped stands with it
    return edition_id


def decide(when: When, due: Sequence[Slot], was_missed: Callable[[datetime], bool], now: datetime) -> list[Fate]:
    """Say what becomes of the slots that have come, oldest first. Pure.

    `missed:` is about slots that came while nobody was watching; one that we are merely late for, being busy, has its
    edition. An edition later than `late:` is held for a person.
    """
    fates = [_fate(when, slot, was_missed(slot.due_at), now, is_last=slot is due[-1]) for slot in due[-MOST_MISSED:]]
    return [_left_out(due), *fates] if len(due) > MOST_MISSED else fates


def _fate(when: When, slot: Slot, missed: bool, now: datetime, *, is_last: bool) -> Fate:
    late = now - slot.due_at
    if missed and when.missed == "skip":
        return Fate(slot, "missed while Publisher was not running (missed: skip)")
    if missed and when.missed == "latest" and not is_last:
        why = "missed while Publisher was not running; a later slot goes instead (missed: latest)"
        return Fate(slot, why)
    if late > when.late:
        return Fate(slot, held=f"missed by {_hours(late)}, later than {_hours(when.late)} (late)")
    return Fate(slot)


def _left_out(due: Sequence[Slot]) -> Fate:
    """Write down as one, under the newest of them, the slots that are too many to be made up for."""
    first, last = due[0].due_at, due[-MOST_MISSED - 1].due_at
    span = f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    number = len(due) - MOST_MISSED
    left = f"{many(number, 'slot')} {span} {'is' if number == 1 else 'are'} left out"
    return Fate(due[-MOST_MISSED - 1], f"{left}: at most {MOST_MISSED} are made up for")


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
