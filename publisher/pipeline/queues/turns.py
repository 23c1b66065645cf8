"""Giving turns: what is due goes, one at a time; what would go in a flood after a downtime is spaced anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from publisher.model.project import Project
from publisher.model.states import SendState
from publisher.pipeline import pacing
from publisher.pipeline.pacing import Turn
from publisher.pipeline.queues.queue import Queue, by_edition, members, queue_of, schedule_named, slots_of_queue
from publisher.store import Connection, RowMapping, Store, outbox, queues, sends
from publisher.store.sql import take_turn

log = structlog.get_logger()

CARRIED = (SendState.ADDRESSED, SendState.SENDING)  # leaves as soon as its channel takes it


def in_none(store: Store, project: Project) -> list[int]:
    """Return the ready sends that wait in no queue, most urgent first."""
    with store.read() as conn:
        return [row["id"] for row in queues.ready(conn) if queue_of(project, row) is None]


def give_turns(store: Store, project: Project, *, now: datetime) -> list[int]:
    """Return the ready sends whose turn in their queue has come.

    What a queue can't let go yet is put off first, and what has become too late there is held for a person.
    """
    with store.read() as conn:
        queued = {queue: None for row in _due(conn, now) if (queue := queue_of(project, row))}
        overrun = [queue for queue in queued if any(_changes(conn, project, queue, now))]
    for queue in overrun:
        with store.write() as conn:
            take_turn(conn, queue.name)
            for change in list(_changes(conn, project, queue, now)):
                change.carry_out(conn)
    with store.read() as conn:
        return [row["id"] for row in _due(conn, now) if queue_of(project, row)]


def _due(conn: Connection, now: datetime) -> list[RowMapping]:
    return [row for row in queues.ready(conn) if row["due_at"] is None or row["due_at"] <= now]


@dataclass(frozen=True, slots=True)
class _PutOff:
    """A send that has its turn later."""

    send_id: int
    due_at: datetime

    def carry_out(self, conn: Connection) -> None:
        if queues.put_off(conn, self.send_id, self.due_at):
            log.info("put_off", send=self.send_id, due_at=self.due_at.isoformat())


@dataclass(frozen=True, slots=True)
class _TooLate:
    """A send that waited for too long to go out unasked."""

    send_id: int
    edition_id: int | None
    reason: dict[str, Any]
    now: datetime

    def carry_out(self, conn: Connection) -> None:
        sends.lock(conn, self.send_id)
        if sends.move(conn, self.send_id, SendState.HELD):
            sends.add_reasons(conn, self.send_id, [self.reason])
            outbox.tell_held(conn, self.edition_id, self.reason["what"], self.now)


def _changes(conn: Connection, project: Project, queue: Queue, now: datetime) -> Iterator[_PutOff | _TooLate]:
    """Yield what a queue has to change before its next one may go; nothing where it is in time."""
    rows = members(conn, project, queue, now)
    late = {row["id"]: row for row in rows if _is_late(project, row, now)}
    for row in late.values():
        yield _TooLate(row["id"], row["edition_id"], _too_late(project, row), now)
    rest = [row for row in rows if row["id"] not in late]
    moments = _of_editions(project, queue, rest, now) if queue.schedule else _of_posts(project, queue, rest, now)
    for row, moment in moments:
        if moment != row["due_at"]:
            yield _PutOff(row["id"], moment)


def _of_editions(
    project: Project, queue: Queue, rows: Sequence[RowMapping], now: datetime
) -> Iterator[tuple[RowMapping, datetime]]:
    """Yield the sends of a schedule that wait, each with the moment of its edition: one edition, one place."""
    editions = sorted(by_edition(rows), key=lambda its: (its[0]["due_at"], its[0]["id"]))
    gone = [min(_left_at(row, now) for row in its if _has_left(row)) for its in editions if any(map(_has_left, its))]
    waits = [its for its in editions if not any(map(_has_left, its))]
    waiting = [ready for its in waits if (ready := [row for row in its if row["state"] == SendState.READY])]
    zone, schedule = ZoneInfo(project.publication.timezone), project.schedules[queue.schedule]
    moments = pacing.respaced(schedule, zone, [its[0]["due_at"] for its in waiting], gone, now)
    yield from ((row, moment) for its, moment in zip(waiting, moments, strict=True) for row in its)


def _of_posts(
    project: Project, queue: Queue, rows: Sequence[RowMapping], now: datetime
) -> Iterator[tuple[RowMapping, datetime]]:
    """Yield the posts that wait for a slot of a channel, each with the one that it has now."""
    gone = [Turn(schedule_named(project, row["schedule"]), _left_at(row, now)) for row in rows if _has_left(row)]
    waiting = [row for row in rows if row["state"] == SendState.READY]
    turns = [Turn(schedule_named(project, row["schedule"]), row["due_at"]) for row in waiting]
    slots, zone = slots_of_queue(project, queue.channel), ZoneInfo(project.publication.timezone)
    yield from zip(waiting, pacing.reslotted(slots, zone, turns, gone, now), strict=True)


def _is_late(project: Project, row: RowMapping, now: datetime) -> bool:
    late = schedule_named(project, row["schedule"]).when.late
    return bool(row["state"] == SendState.READY and now - row["due_at"] > late)


def _too_late(project: Project, row: RowMapping) -> dict[str, Any]:
    due = row["due_at"].astimezone(ZoneInfo(project.publication.timezone))
    what = f"it was to go at {due:%Y-%m-%d %H:%M}, longer ago than what is late may go by itself (late)"
    remedy = f"Let it go with `publisher release {row['edition_id']}`, or `publisher cancel {row['edition_id']}`"
    return {"check": "late", "blocks": True, "what": what, "remedy": remedy}


def _has_left(row: RowMapping) -> bool:
    return row["started_at"] is not None or row["state"] in CARRIED


def _left_at(row: RowMapping, now: datetime) -> datetime:
    """Return when a send left, or, where it is about to, would leave."""
    return pacing.leaves_at(row["due_at"], row["started_at"] or max(now, row["due_at"]))
