"""The moment that a send gets when it is made: behind what its queues hold already."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.model.project import Entry, Project, Schedule
from publisher.pipeline import pacing
from publisher.pipeline.pacing import Turn
from publisher.pipeline.queues.queue import Queue, Row, by_edition, is_post, keeps_pace, schedule_named, slots_of
from publisher.store import Connection, RowMapping, queues
from publisher.store.sql import take_turn


def due_at(conn: Connection, project: Project, schedule: Schedule, edition: RowMapping, now: datetime) -> datetime:
    """Return when an edition's sends become due, behind the schedule's others where it keeps a pace.

    Two processes that ask at once are given two places: the second waits for the first one's transaction.
    """
    if keeps_pace(schedule):
        take_turn(conn, Queue(schedule=schedule.name).name)
    return expected(conn, project, schedule, edition, now)


def expected(conn: Connection, project: Project, schedule: Schedule, edition: Row, now: datetime) -> datetime:
    """Return the same without keeping the place from others: told beforehand."""
    earlier: list[datetime] = []
    if keeps_pace(schedule):
        rows = queues.of_schedule(conn, schedule.name, now - pacing.look_back([schedule]))
        mine = (row for row in rows if schedule.languages.only in ("", row["language"]))
        others = (row for row in mine if row["edition_id"] != edition["id"])
        earlier = [min(_place(row) for row in its) for its in by_edition(others)]
    moments = {"slot": edition["slot"], "slot_due_at": edition["due_at"], "now": now}
    return pacing.due_at(schedule, ZoneInfo(project.publication.timezone), **moments, earlier=earlier)


def enter(conn: Connection, project: Project, schedule: Schedule, edition: RowMapping) -> None:
    """Let nobody else enter the queues of the channels that an edition's posts go through until this transaction ends.

    Once for all of them, in one order: two editions that enter two queues each don't wait for one another.
    """
    for channel in sorted({entry.via for entry in schedule.send if slots_of(project, entry.via, entry.to)}):
        if not pacing.is_urgent(edition["slot"]):
            take_turn(conn, Queue(channel=channel).name)


def due_through(
    conn: Connection, project: Project, schedule: Schedule, entry: Entry, edition: Row, due: datetime
) -> datetime:
    """Return when one line of an edition is due: a post through a channel with slots has the next one that is free.

    The caller has entered the queues.

    :param due: when the edition's sends are due.
    """
    slots = slots_of(project, entry.via, entry.to)
    if slots is None or pacing.is_urgent(edition["slot"]):
        return due
    rows = queues.of_channel(conn, entry.via, due - pacing.look_back([schedule]))
    others = [Turn(schedule_named(project, row["schedule"]), _place(row)) for row in rows if is_post(row)]
    first = Turn(schedule, due + entry.after if entry.after else due)
    return pacing.next_slot(slots, ZoneInfo(project.publication.timezone), first, others)


def _place(row: RowMapping) -> datetime:
    """Return the moment that a send has, or had, in its queue."""
    return pacing.leaves_at(row["due_at"], row["started_at"] or row["due_at"])
