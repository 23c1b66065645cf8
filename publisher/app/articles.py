"""Schedules for `new: article`: every article is a slot of its own, inside the hours that the schedule keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.app import composing
from publisher.model.article import LedgerArticle
from publisher.model.project import Schedule, When
from publisher.pipeline import compose
from publisher.pipeline.compose import Choice
from publisher.pipeline.pacing import is_between
from publisher.runtime.slots import Slot
from publisher.store import editions

if TYPE_CHECKING:
    from publisher.app.core import App


def fire_new_articles(app: App, schedule: Schedule, *, actor: str) -> list[int]:
    """Make an edition of every article that is new for the schedule; return their ids."""
    candidates, elsewhere, _ = compose.candidates_of(app.store, schedule, now=app.clock())
    with app.store.read() as conn:  # one whose edition was cancelled has had its slot: it stays cancelled
        had = editions.slots_had(conn, schedule.name, [f"article:{each.id}" for each in candidates])
    candidates = [each for each in candidates if f"article:{each.id}" not in had]
    one = replace(schedule, pick=replace(schedule.pick, at_most=1, at_least=1))
    made = []
    for candidate in candidates:
        choice = compose.decide(one, [candidate], elsewhere=elsewhere, now=app.clock())
        if choice.picked:
            made.append(composing.record(app, schedule, _slot(candidate, app.clock()), choice, actor=actor).edition_id)
    return [edition for edition in made if edition is not None]


def fire_in_hours(app: App, schedule: Schedule) -> list[int]:
    """Fire what is new, unless the schedule is outside its hours: then it waits, or is dropped as `outside:` says."""
    if _is_inside(app, schedule.when, app.clock()):
        return fire_new_articles(app, schedule, actor="schedule")
    if schedule.when.outside == "drop":
        _drop_what_came_outside(app, schedule)
    return []


def _is_inside(app: App, when: When, moment: datetime) -> bool:
    return when.between is None or is_between(moment, when.between, app.zone)


def _drop_what_came_outside(app: App, schedule: Schedule) -> None:
    assert schedule.when.between is not None  # noqa: S101 -- without hours nothing is outside
    first, last = schedule.when.between
    why = f"came outside {first:%H:%M}-{last:%H:%M}: dropped (outside)"
    candidates, _, _ = compose.candidates_of(app.store, schedule, now=app.clock())
    for candidate in candidates:
        if not _is_inside(app, schedule.when, candidate.first_seen_at):
            choice = Choice((), ((candidate, why),), skipped=why, dropped=frozenset({candidate.id}))
            composing.record(app, schedule, _slot(candidate, app.clock()), choice, actor="schedule")


def _slot(candidate: LedgerArticle, now: datetime) -> Slot:
    return Slot(f"article:{candidate.id}", now)
