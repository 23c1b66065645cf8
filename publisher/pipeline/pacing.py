"""When a send becomes due: its slot, a steady jitter, the recall window, and how posts are spaced. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.model.project import Schedule

DAY = timedelta(days=1)


def due_at(
    schedule: Schedule, zone: ZoneInfo, *, slot: str, slot_due_at: datetime, now: datetime, earlier: Sequence[datetime]
) -> datetime:
    """Return when an edition's sends become due.

    :param earlier: when the schedule's other editions of late are due.
    """
    when = schedule.when
    shift = timedelta() if slot.startswith("manual:") else jitter(schedule.name, slot, when.jitter)
    due = max(slot_due_at + shift, now) + when.hold_for
    return paced(schedule, zone, due, earlier) if schedule.pace_every or schedule.pace_per_day else due


def jitter(schedule: str, slot: str, most: timedelta) -> timedelta:
    """Return how much a slot's sends are shifted: the same in every process and at every try."""
    number = int.from_bytes(hashlib.sha256(f"{schedule}\n{slot}".encode()).digest()[:8], "big")
    return timedelta(seconds=int(most.total_seconds() * number / 2**64))


def paced(schedule: Schedule, zone: ZoneInfo, due: datetime, earlier: Sequence[datetime]) -> datetime:
    """Return the first moment that keeps the distance and the day's number, within the schedule's hours.

    What comes later than `due` already is in front of the queue, and stays there.
    """
    if schedule.pace_every and earlier:
        due = max(due, max(earlier) + schedule.pace_every)
    days = [_day(moment, zone) for moment in earlier]
    while True:
        due = _inside(schedule.when.between, zone, due)
        if schedule.pace_per_day is None or days.count(_day(due, zone)) < schedule.pace_per_day:
            return due
        due = _morning(due, zone)


def _day(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _morning(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment of the next day."""
    return (_day(moment, zone) + DAY).replace(tzinfo=zone).astimezone(UTC)


def _inside(between: tuple[time, time] | None, zone: ZoneInfo, due: datetime) -> datetime:
    if between is None or is_between(due, between, zone):
        return due
    start = _day(due, zone).replace(hour=between[0].hour, minute=between[0].minute)
    begins = start.replace(tzinfo=zone).astimezone(UTC)
    return begins if begins > due else (start + DAY).replace(tzinfo=zone).astimezone(UTC)


def is_between(moment: datetime, between: tuple[time, time], zone: ZoneInfo) -> bool:
    """Say whether the local clock is in a part of the day, which may go over midnight."""
    first, last = between
    here = moment.astimezone(zone).time()
    return first <= here <= last if first <= last else here >= first or here <= last
