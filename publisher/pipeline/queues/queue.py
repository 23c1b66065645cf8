"""Which queue a send waits in, and what is in a queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from publisher.model.daytimes import last_moment
from publisher.model.project import Pick, Project, Schedule, When
from publisher.pipeline import pacing
from publisher.store import Connection, RowMapping, queues, sends

Row = Mapping[str, Any] | RowMapping


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits behind one another: editions of a schedule, or posts through a channel."""

    schedule: str = ""
    channel: str = ""
    language: str = ""  # only of the editions in it; empty: of all

    @property
    def name(self) -> str:
        """Under which those who change it take turns."""
        return f"pace:{self.schedule}" if self.schedule else f"slots:{self.channel}"


def queue_of(project: Project, row: RowMapping) -> Queue | None:
    """Return the queue that a send waits in, by the file as it is; what goes after its edition's mail follows that."""
    if row["kind"] != sends.REGULAR or pacing.is_urgent(row["slot"] or "") or row["after_mail"] is not None:
        return None
    if slots_of(project, row["channel"], row["audience"]):
        return Queue(channel=row["channel"])
    schedule = project.schedules.get(row["schedule"])
    return queue_for(schedule, row["language"]) if schedule and keeps_pace(schedule) else None


def queue_for(schedule: Schedule, language: str) -> Queue:
    """Return the queue of an edition: each language has its own, since its readers are others."""
    return Queue(schedule=schedule.name, language=language if schedule.languages.every else "")


def keeps_pace(schedule: Schedule) -> bool:
    return bool(schedule.pace_every or schedule.pace_per_day)


def members(conn: Connection, project: Project, queue: Queue, now: datetime) -> list[RowMapping]:
    """Return the sends of a queue: those that wait, and those that its next one keeps its distance from."""
    since = now - pacing.look_back(list(project.schedules.values()))
    if queue.schedule:
        rows = queues.of_schedule(conn, queue.schedule, since)
    else:
        came = last_moment(slots_of_queue(project, queue.channel), ZoneInfo(project.publication.timezone), now)
        rows = queues.of_channel(conn, queue.channel, min(since, came or since))
    return [row for row in rows if queue_of(project, row) == queue]


def slots_of(project: Project, channel: str, audience: Sequence[str]) -> When | None:
    """Return the slots that a send through a channel is bound to; None for mail, and for a channel without."""
    found = project.channels.get(channel)
    return None if found is None or audience else found.slots


def slots_of_queue(project: Project, channel: str) -> When:
    found = project.channels[channel].slots
    assert found is not None  # noqa: S101 -- a channel without slots has no queue
    return found


def schedule_named(project: Project, name: str) -> Schedule:
    """Return the schedule; one that schedules.yaml has no more keeps no pace."""
    return project.schedules.get(name) or Schedule(name, When(), Pick(), ())


def is_post(row: RowMapping) -> bool:
    """Say whether a send is a post of an edition that waits its turn like others."""
    return not row["audience"] and not pacing.is_urgent(row["slot"] or "")


def by_edition(rows: Iterable[RowMapping]) -> list[list[RowMapping]]:
    """Return the sends of each edition in the order in which they are due; what goes past every queue is left out."""
    counted = [row for row in rows if not pacing.is_urgent(row["slot"])]
    ordered = sorted(counted, key=itemgetter("edition_id"))
    groups = (list(its) for _, its in groupby(ordered, key=itemgetter("edition_id")))
    return [sorted(its, key=itemgetter("due_at", "id")) for its in groups]
