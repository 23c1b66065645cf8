"""Editions that were approved, or should have been: what becomes of them at their slot, and later than that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from publisher.app import composing
from publisher.model.project import Approve, Schedule
from publisher.model.states import EditionState, SendState
from publisher.pipeline import compose
from publisher.pipeline.operate import approving
from publisher.runtime.slots import Slot, slots_after
from publisher.store import alerts, approvals, editions, sends

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()


def rule(app: App, schedule: str) -> Approve:
    """Return the rule that holds now; whoever takes it out of schedules.yaml leaves one person's word."""
    found = app.project.schedules.get(schedule)
    return (found.approve if found else None) or Approve()


def next_open(app: App, schedule: Schedule, since: datetime) -> Slot | None:
    """Return the first slot after a moment that is still to be filled; None where there is none.

    Neither one whose edition is approved is, nor one whose draft somebody cancelled.
    """
    language = app.project.language_of(schedule)
    with app.store.read() as conn:
        for slot in slots_after(schedule.when, app.zone, since):
            row = editions.of_slot(conn, schedule.name, slot.key, language)
            if row is None or row["state"] not in (EditionState.LOCKED, EditionState.CANCELLED):
                return slot
    return None


def decide_due(app: App, at_work: Collection[str]) -> None:
    """Decide about what waits for approval and whose slot has come, also one that its schedule has no more.

    :param at_work: the schedules that fire now: those that are paused decide when they are resumed.
    """
    with app.store.read() as conn:
        waiting = {send["edition_id"] for send in sends.in_state(conn, SendState.WAITING)}
        rows = [row for number in sorted(waiting) if (row := editions.get(conn, number)) is not None]
    for row in rows:
        if row["schedule"] in at_work and row["due_at"] <= app.clock():
            schedule = app.project.schedules[row["schedule"]].in_language(row["language"])
            at_slot(app, schedule, Slot(row["slot"], row["due_at"]))


def at_slot(app: App, schedule: Schedule, slot: Slot) -> int | None:
    """Decide what becomes of an edition that was locked before its slot; return it. None: this slot has none.

    Nothing is composed and nothing is rendered: it goes as it was approved, or as its schedule says.
    """
    with app.store.read() as conn:
        row = editions.of_slot(conn, schedule.name, slot.key, app.project.language_of(schedule))
        is_early = row is not None and row["state"] == EditionState.LOCKED and approvals.is_early(conn, row)
    if row is None or not is_early:
        return None
    missed = slot_words(app, slot)
    done = approving.decide(app.store, row["id"], rule(app, schedule.name), missed=missed, now=app.clock())
    log.info("edition_decided", edition=row["id"], schedule=schedule.name, slot=slot.key, how=done)
    clear(app, row["id"])
    if schedule.pick.rest == "drop" and done not in ("skip", "over"):
        _use_up_rest(app, schedule, row["id"])
    return int(row["id"])


def slot_words(app: App, slot: Slot) -> str:
    return f"{slot.due_at.astimezone(app.zone):%H:%M}"


def skipped_unapproved(app: App, schedule: Schedule, slot: Slot) -> str:
    """Return why a slot's edition is skipped where nobody has approved it; empty: it is not."""
    is_skipped = schedule.approve is not None and schedule.approve.otherwise == "skip"
    return approving.why_skipped(slot_words(app, slot)) if is_skipped else ""


def _use_up_rest(app: App, schedule: Schedule, edition_id: int) -> None:
    """Drop what would have joined the edition, had it been open until its slot: its schedule says so of the rest."""
    now = app.clock()
    with app.store.read() as conn:
        there = compose.candidates_in(conn, schedule, now=now)
    what: dict[str, Any] = {"elsewhere": there.elsewhere, "had": there.had, "now": now, "settle": composing.rests(app)}
    choice = compose.decide(schedule, there.found, **what)
    used = [each for each, _ in choice.picked] + [each for each, _ in choice.left if each.id in choice.dropped]
    why = "came after it was approved: dropped (rest)"
    places = [editions.Place(each.id, each.revision, None, why, dropped=True) for each in used]
    with app.store.write() as conn:
        editions.use_up(conn, edition_id, places)


def hold_late(app: App, send_id: int) -> None:
    """Hold an approved send whose slot came so long ago that a person must say whether it still goes."""
    with app.store.read() as conn:
        edition_id = sends.get(conn, send_id)["edition_id"]
        edition = editions.get(conn, edition_id) if edition_id is not None else None
        is_early = edition is not None and approvals.is_early(conn, edition)
    found = app.project.schedules.get(edition["schedule"]) if edition is not None and is_early else None
    if found is not None:
        approving.hold_if_late(app.store, send_id, found.when.late, app.store.now())


def cause_of(edition_id: int, version: str = "") -> str:
    """Return the cause under which people are told that an edition waits for them; without a version how all begin."""
    return f"approval:{edition_id}:{version}"


def clear(app: App, edition_id: int) -> None:
    """Ask nobody any more."""
    with app.store.read() as conn:
        mine = [row["cause"] for row in alerts.open_ones(conn) if row["cause"].startswith(cause_of(edition_id))]
    for cause in mine:
        app.all_clear(cause)
