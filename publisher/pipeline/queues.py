"""Queues: what keeps its distance from the last of its schedule, and posts through a channel that has slots.

A send gets its moment when it is made. Until that has come it stays ready, its audience not frozen; then it has its
turn, unless what was before it has only just gone, or is still to go: so that nothing leaves in a flood after a
downtime, all that waits is given moments anew, in order, from what has really gone on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from publisher.model.daytimes import last_moment
from publisher.model.project import Entry, Pick, Project, Schedule, When
from publisher.model.states import SendState
from publisher.pipeline import pacing
from publisher.pipeline.pacing import Turn
from publisher.store import Connection, RowMapping, Store, queues, sends
from publisher.store.sql import take_turn

log = structlog.get_logger()

CARRIED = (SendState.ADDRESSED, SendState.SENDING)  # leaves as soon as its channel takes it


def due_at(conn: Connection, project: Project, schedule: Schedule, edition: RowMapping, now: datetime) -> datetime:
    """Return when an edition's sends become due, behind the schedule's others where it keeps a pace.

    Two processes that ask at once are given two places: the second waits for the first one's transaction.
    """
    zone = ZoneInfo(project.publication.timezone)
    moments = {"slot": edition["slot"], "slot_due_at": edition["due_at"], "now": now}
    earlier: list[datetime] = []
    if keeps_pace(schedule):
        take_turn(conn, _of_schedule(schedule.name))
        rows = queues.of_schedule(conn, schedule.name, now - pacing.look_back([schedule]))
        others = (row for row in rows if row["edition_id"] != edition["id"])
        earlier = [min(_place(row) for row in its) for its in _by_edition(others)]
    return pacing.due_at(schedule, zone, **moments, earlier=earlier)


def enter(conn: Connection, project: Project, schedule: Schedule, edition: RowMapping) -> None:
    """Let nobody else enter the queues of the channels that an edition's posts go through until this transaction ends.

    Once for all of them, in one order: two editions that enter two queues each don't wait for one another.
    """
    for channel in sorted({entry.via for entry in schedule.send if _slots_of(project, entry.via, entry.to)}):
        if not pacing.is_urgent(edition["slot"]):
            take_turn(conn, _of_channel(channel))


def due_through(
    conn: Connection, project: Project, schedule: Schedule, entry: Entry, edition: RowMapping, due: datetime
) -> datetime:
    """Return when one line of an edition is due: a post through a channel with slots has the next one that is free.

    The caller has entered the queues.

    :param due: when the edition's sends are due.
    """
    slots = _slots_of(project, entry.via, entry.to)
    if slots is None or pacing.is_urgent(edition["slot"]):
        return due
    rows = queues.of_channel(conn, entry.via, due - pacing.look_back([schedule]))
    others = [Turn(_schedule(project, row["schedule"]), _place(row)) for row in rows if is_post(row)]
    first = Turn(schedule, due + entry.after if entry.after else due)
    return pacing.next_slot(slots, ZoneInfo(project.publication.timezone), first, others)


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


def is_post(row: RowMapping) -> bool:
    """Say whether a send is a post of an edition that waits its turn like others."""
    return not row["audience"] and not pacing.is_urgent(row["slot"] or "")


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits behind one another: editions of a schedule, or posts through a channel."""

    schedule: str = ""
    channel: str = ""

    @property
    def name(self) -> str:
        """Under which those who change it take turns."""
        return _of_schedule(self.schedule) if self.schedule else _of_channel(self.channel)


def queue_of(project: Project, row: RowMapping) -> Queue | None:
    """Return the queue that a send waits in, by the file as it is; what goes after its edition's mail follows that."""
    if row["kind"] != sends.REGULAR or pacing.is_urgent(row["slot"] or "") or row["after_mail"] is not None:
        return None
    if _slots_of(project, row["channel"], row["audience"]):
        return Queue(channel=row["channel"])
    schedule = project.schedules.get(row["schedule"])
    return Queue(schedule=schedule.name) if schedule and keeps_pace(schedule) else None


def keeps_pace(schedule: Schedule) -> bool:
    return bool(schedule.pace_every or schedule.pace_per_day)


def waits_behind(conn: Connection, project: Project, row: RowMapping) -> int | None:
    """Return how many others of its queue go before a send that is ready; None where it waits in none."""
    queue = queue_of(project, row)
    if queue is None or row["state"] != SendState.READY or row["due_at"] is None:
        return None
    place = (row["due_at"], row["id"])
    before = [each for each in members(conn, project, queue, row["due_at"]) if (each["due_at"], each["id"]) < place]
    waiting = [each for each in before if each["state"] == SendState.READY]
    return len({each["edition_id"] for each in waiting} - {row["edition_id"]})


def members(conn: Connection, project: Project, queue: Queue, now: datetime) -> list[RowMapping]:
    """Return the sends of a queue: those that wait, and those that its next one keeps its distance from."""
    since = now - pacing.look_back(list(project.schedules.values()))
    if queue.schedule:
        rows = queues.of_schedule(conn, queue.schedule, since)
    else:
        came = last_moment(_slots(project, queue.channel), ZoneInfo(project.publication.timezone), now)
        rows = queues.of_channel(conn, queue.channel, min(since, came or since))
    return [row for row in rows if queue_of(project, row) == queue]


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
    reason: dict[str, Any]

    def carry_out(self, conn: Connection) -> None:
        if sends.move(conn, self.send_id, SendState.HELD):
            sends.add_reasons(conn, self.send_id, [self.reason])


def _changes(conn: Connection, project: Project, queue: Queue, now: datetime) -> Iterator[_PutOff | _TooLate]:
    """Yield what a queue has to change before its next one may go; nothing where it is in time."""
    rows = members(conn, project, queue, now)
    late = {row["id"]: row for row in rows if _is_late(project, row, now)}
    for row in late.values():
        yield _TooLate(row["id"], _too_late(project, row))
    rest = [row for row in rows if row["id"] not in late]
    moments = _of_editions(project, queue, rest, now) if queue.schedule else _of_posts(project, queue, rest, now)
    for row, moment in moments:
        if moment != row["due_at"]:
            yield _PutOff(row["id"], moment)


def _of_editions(
    project: Project, queue: Queue, rows: Sequence[RowMapping], now: datetime
) -> Iterator[tuple[RowMapping, datetime]]:
    """Yield the sends of a schedule that wait, each with the moment of its edition: one edition, one place."""
    editions = sorted(_by_edition(rows), key=lambda its: (its[0]["due_at"], its[0]["id"]))
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
    gone = [Turn(_schedule(project, row["schedule"]), _left_at(row, now)) for row in rows if _has_left(row)]
    waiting = [row for row in rows if row["state"] == SendState.READY]
    turns = [Turn(_schedule(project, row["schedule"]), row["due_at"]) for row in waiting]
    slots, zone = _slots(project, queue.channel), ZoneInfo(project.publication.timezone)
    yield from zip(waiting, pacing.reslotted(slots, zone, turns, gone, now), strict=True)


def _is_late(project: Project, row: RowMapping, now: datetime) -> bool:
    late = _schedule(project, row["schedule"]).when.late
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


def _place(row: RowMapping) -> datetime:
    """Return the moment that a send has, or had, in its queue."""
    return pacing.leaves_at(row["due_at"], row["started_at"] or row["due_at"])


def _by_edition(rows: Iterable[RowMapping]) -> list[list[RowMapping]]:
    """Group the sends that keep no other edition waiting than by its own pace; a slot of a channel is none of that."""
    counted = [row for row in rows if not pacing.is_urgent(row["slot"])]
    ordered = sorted(counted, key=itemgetter("edition_id"))
    groups = (list(its) for _, its in groupby(ordered, key=itemgetter("edition_id")))
    return [sorted(its, key=itemgetter("due_at", "id")) for its in groups]


def _slots_of(project: Project, channel: str, audience: Sequence[str]) -> When | None:
    """Return the slots that a send through a channel is bound to; None for mail, and for a channel without."""
    found = project.channels.get(channel)
    return None if found is None or audience else found.slots


def _slots(project: Project, channel: str) -> When:
    found = project.channels[channel].slots
    assert found is not None  # noqa: S101 -- a channel without slots has no queue
    return found


def _schedule(project: Project, name: str) -> Schedule:
    """Return the schedule; one that schedules.yaml has no more keeps no pace."""
    return project.schedules.get(name) or Schedule(name, When(), Pick(), ())


def _of_schedule(name: str) -> str:
    return f"pace:{name}"


def _of_channel(name: str) -> str:
    return f"slots:{name}"
