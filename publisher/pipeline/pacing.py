"""When a send becomes due: its slot, a steady jitter, the recall window, and how posts are spaced. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.model.breaking import SLOT
from publisher.model.daytimes import last_moment, moments_after
from publisher.model.project import Schedule, When

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
GRACE = timedelta(minutes=1)  # what leaves so much later than it was due is on time: saying it takes a while


def due_at(
    schedule: Schedule, zone: ZoneInfo, *, slot: str, slot_due_at: datetime, now: datetime, earlier: Sequence[datetime]
) -> datetime:
    """Return when an edition's sends become due.

    :param earlier: when the schedule's other editions of late are due.
    """
    if is_urgent(slot):
        return now
    when = schedule.when
    shift = timedelta() if slot.startswith("manual:") else jitter(schedule.name, slot, when.jitter)
    due = max(slot_due_at + shift, now) + when.hold_for
    return paced(schedule, zone, due, earlier) if schedule.pace_every or schedule.pace_per_day else due


def is_urgent(slot: str) -> bool:
    """Say whether what is sent at a slot waits in no queue, and keeps no other waiting."""
    return slot.startswith(SLOT)


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


def respaced(
    schedule: Schedule, zone: ZoneInfo, waiting: Sequence[datetime], gone: Sequence[datetime], now: datetime
) -> list[datetime]:
    """Return for each that waits when it is due, so that the pace is kept from what has gone on.

    The first may be overdue, and goes now; what was to follow it while nothing went is spaced anew from there. What
    is in time keeps its moment, so that nothing changes where nothing was overrun.

    :param waiting: when each is due so far, in order.
    :param gone: when others left, or are about to.
    """
    placed, found = list(gone), []
    for due in waiting:
        moment = paced(schedule, zone, leaves_at(due, now), placed)
        placed.append(moment)
        found.append(due if moment <= now else moment)
    return found


def leaves_at(due: datetime, moment: datetime) -> datetime:
    """Return when something that leaves at a moment, if it is due then, has left: when it was due, or clearly later."""
    return moment if moment - due > GRACE else due


def look_back(schedules: Sequence[Schedule]) -> timedelta:
    """Return how far back may lie what these schedules' pace is counted from; a day may have 25 hours."""
    return max([2 * DAY, *(each.pace_every for each in schedules if each.pace_every)])


@dataclass(frozen=True, slots=True)
class Turn:
    """A post in the queue of a channel that has slots."""

    schedule: Schedule  # whose pace holds for it
    at: datetime  # when it is due, or has left


def next_slot(slots: When, zone: ZoneInfo, post: Turn, others: Sequence[Turn]) -> datetime:
    """Return the channel's first slot from the post's moment on that no other has and its schedule's pace allows.

    A channel whose slots have all been keeps nothing waiting.
    """
    taken = {other.at for other in others}
    due = post.at
    for slot in moments_after(slots, zone, due - MOMENT):
        if slot >= due and slot not in taken:
            due = _by_its_pace(post.schedule, zone, slot, others)
            if due == slot:
                return slot
    return due


def reslotted(
    slots: When, zone: ZoneInfo, waiting: Sequence[Turn], gone: Sequence[Turn], now: datetime
) -> list[datetime]:
    """Return for each post that waits when it is due, so that one leaves for each of the channel's slots.

    The slot that came last is used late, if nothing has left since; the others go at those to come, in order.

    :param waiting: in order.
    :param gone: others that have left, or are about to.
    """
    came = last_moment(slots, zone, now)
    placed, found = list(gone), []
    for post in waiting:
        late = leaves_at(post.at, now)
        is_free = came is not None and all(other.at < came for other in placed)
        if post.at <= now and is_free and _by_its_pace(post.schedule, zone, late, placed) <= now:
            placed.append(replace(post, at=late))
            found.append(post.at)
        else:
            slot = next_slot(slots, zone, replace(post, at=max(post.at, now + MOMENT)), placed)
            placed.append(replace(post, at=slot))
            found.append(slot)
    return found


def _by_its_pace(schedule: Schedule, zone: ZoneInfo, due: datetime, others: Sequence[Turn]) -> datetime:
    """Return the first moment that the pace allows. The hours of a schedule are about articles, and a slot holds."""
    mine = [other.at for other in others if other.schedule.name == schedule.name]
    return paced(replace(schedule, when=replace(schedule.when, between=None)), zone, due, mine)


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
