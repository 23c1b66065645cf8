"""Which slots are due, and each schedule's own rule for those that were missed."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

import structlog

from publisher.app.core import App
from publisher.errors import PublisherError
from publisher.model.project import Schedule
from publisher.pipeline import compose
from publisher.pipeline.compose import Choice
from publisher.runtime.slots import Slot, slots_between
from publisher.store import editions

log = structlog.get_logger()

MOST_MISSED = 100  # slots of one downtime that are written down one by one
_FIRING = Lock()  # a wake-up that finds another at work has nothing to add


def fire_due(app: App) -> list[int]:
    """Compose every edition that is due now; return their ids. Whoever is second finds nothing to do."""
    if not _FIRING.acquire(blocking=False):
        return []
    try:
        return [edition for schedule in app.project.schedules.values() for edition in _fire_schedule(app, schedule)]
    finally:
        _FIRING.release()


def _fire_schedule(app: App, schedule: Schedule) -> list[int]:
    try:
        if not schedule.when.new:
            return _fire_slots(app, schedule)
        return fire_new_articles(app, schedule, actor="schedule") if _is_open(app, schedule) else []
    except PublisherError as error:
        log.error("slot_failed", schedule=schedule.name, error=str(error))
    except Exception:
        log.exception("slot_failed", schedule=schedule.name)  # the other schedules go on
    return []


def _fire_slots(app: App, schedule: Schedule) -> list[int]:
    now = app.clock()
    with app.store.write() as conn:
        since = editions.considered_until(conn, schedule.name, now)
    due = deque(slots_between(schedule.when, app.zone, since, now), maxlen=MOST_MISSED)
    made = [_fire_or_skip(app, schedule, slot, is_last=slot is due[-1], now=now) for slot in list(due)]
    if due:
        with app.store.write() as conn:
            editions.set_considered_until(conn, schedule.name, due[-1].due_at)
    return [edition for edition in made if edition is not None]


def _fire_or_skip(app: App, schedule: Schedule, slot: Slot, *, is_last: bool, now: datetime) -> int | None:
    """Carry out the schedule's own rule for slots that passed while nobody was there."""
    when = schedule.when
    late = now - slot.due_at
    if late > when.late:
        why = f"missed by {_hours(late)}, later than {_hours(when.late)} (late)"
    elif when.missed == "latest" and not is_last:
        why = "missed while Publisher was not running; a later slot goes instead (missed: latest)"
    elif when.missed == "skip" and late > timedelta(minutes=1):
        why = "missed while Publisher was not running (missed: skip)"
    else:
        return app.compose(schedule, slot, actor="schedule").edition_id
    skipped = Choice((), (), f"{why}; to send it now: publisher send {schedule.name}")
    app.record_edition(schedule, slot, skipped, actor="schedule")
    return None


def fire_new_articles(app: App, schedule: Schedule, *, actor: str) -> list[int]:
    """Make an edition of every article that is new for the schedule; return their ids."""
    candidates, elsewhere, _ = compose.candidates_of(app.store, schedule)
    one = replace(schedule, pick=replace(schedule.pick, at_most=1, at_least=1))
    made = []
    for candidate in candidates:
        choice = compose.decide(one, [candidate], elsewhere=elsewhere, now=app.clock())
        if choice.picked:
            slot = Slot(f"article:{candidate.id}", app.clock())
            made.append(app.record_edition(schedule, slot, choice, actor=actor).edition_id)
    return [edition for edition in made if edition is not None]


def _is_open(app: App, schedule: Schedule) -> bool:
    if schedule.when.between is None:
        return True
    first, last = schedule.when.between
    here = app.clock().astimezone(app.zone).time()
    return first <= here <= last if first <= last else here >= first or here <= last


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
