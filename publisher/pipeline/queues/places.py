"""Where a send stands in its queue, told to people: when it goes, and after how many others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.model.project import Entry, Project, Schedule
from publisher.model.states import SendState
from publisher.pipeline import pacing
from publisher.pipeline.queues.entering import due_through, expected
from publisher.pipeline.queues.queue import Queue, Row, keeps_pace, members, queue_for, queue_of, slots_of
from publisher.speech.phrases import _, ngettext
from publisher.store import Connection, RowMapping, queues


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a queue."""

    goes_at: datetime
    behind: int  # how many others go before it

    def words(self, zone: ZoneInfo) -> str:
        moment = f"{self.goes_at.astimezone(zone):%Y-%m-%d %H:%M}"
        if not self.behind:
            return _("goes %(moment)s", moment=moment)
        return ngettext(
            "goes %(moment)s, after %(count)s other",
            "goes %(moment)s, after %(count)s others",
            self.behind,
            moment=moment,
        )


def place_of(conn: Connection, project: Project, send_id: int) -> Place | None:
    """Return where a send stands that is ready; None where it waits in no queue."""
    row = queues.get(conn, send_id)
    queue = queue_of(project, row)
    if queue is None or row["state"] != SendState.READY or row["due_at"] is None:
        return None
    return Place(row["due_at"], _waiting_before(conn, project, queue, row["due_at"], row))


def foreseen(
    conn: Connection, project: Project, schedule: Schedule, entry: Entry, edition: Row, now: datetime
) -> Place | None:
    """Return where a line of an edition would stand that is not made yet; None where it would wait in no queue.

    :param edition: its slot, when that is due, and no id.
    """
    slots = slots_of(project, entry.via, entry.to)
    if pacing.is_urgent(edition["slot"]) or not (slots or keeps_pace(schedule)):
        return None
    due = expected(conn, project, schedule, edition, now)
    due = due_through(conn, project, schedule, entry, edition, due)
    queue = Queue(channel=entry.via) if slots else queue_for(schedule, schedule.languages.only)
    return Place(due, _waiting_before(conn, project, queue, due))


def _waiting_before(
    conn: Connection, project: Project, queue: Queue, due: datetime, row: RowMapping | None = None
) -> int:
    """Return how many editions wait in a queue for an earlier moment than this one.

    :param row: the send that asks, where it is made: it is behind what was made before it.
    """
    place = (due, row["id"] if row else 0)
    waiting = [each for each in members(conn, project, queue, due) if each["state"] == SendState.READY]
    before = {each["edition_id"] for each in waiting if (each["due_at"], each["id"]) < place}
    return len(before - {row["edition_id"] if row else None})
