"""When a schedule's slots are: arithmetic over nominal local time, so that daylight saving fires nothing twice.

Fixed times have the slot's nominal local time as their key (``2026-11-24T07:00``): the hour that exists twice fires
once, and a time that the clock skips fires at the first moment after the gap. ``every:`` keeps its rhythm in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from publisher.model.project import When

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
HORIZON = timedelta(days=366 * 5)  # a 29 February comes at least this often


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment of a schedule."""

    key: str
    due_at: datetime  # aware UTC


def slots_after(when: When, zone: ZoneInfo, after: datetime) -> Iterator[Slot]:
    """Yield the slots that are due later than `after`, in order. Schedules for `new:` have none of their own."""
    last: datetime | None = None
    for slot in _candidates(when, zone, after):
        # Several nominal times inside one gap are one slot, at its end.
        if slot.due_at > after and (last is None or slot.due_at > last):
            last = slot.due_at
            yield slot


def slots_between(when: When, zone: ZoneInfo, after: datetime, until: datetime) -> list[Slot]:
    """Return the slots later than `after` and not later than `until`."""
    return list(takewhile(lambda slot: slot.due_at <= until, slots_after(when, zone, after)))


def _candidates(when: When, zone: ZoneInfo, after: datetime) -> Iterator[Slot]:
    if when.once is not None:
        yield Slot(when.once.astimezone(zone).strftime("%Y-%m-%dT%H:%M"), when.once.astimezone(UTC))
    elif when.every is not None:
        yield from _rhythm(when.every, after)
    elif when.at or when.cron:
        for nominal in _nominal_times(when, zone, after):
            if not _is_excluded(nominal.date(), when):
                yield Slot(nominal.strftime("%Y-%m-%dT%H:%M"), to_utc(nominal, zone))


def _rhythm(every: timedelta, after: datetime) -> Iterator[Slot]:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    step = (after - start) // every + 1
    while True:
        due_at = start + step * every
        yield Slot(due_at.strftime("%Y-%m-%dT%H:%MZ" if not due_at.second else "%Y-%m-%dT%H:%M:%SZ"), due_at)
        step += 1


def _nominal_times(when: When, zone: ZoneInfo, after: datetime) -> Iterable[datetime]:
    # A day early: the nominal time of a slot inside a gap is earlier than the moment at which it fires.
    start = after.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
    if when.cron:
        return _cron_times(when.cron, start)
    return _daily_times(when.at, when.days, start)


def _cron_times(cron: str, start: datetime) -> Iterator[datetime]:
    for moment in CronSim(cron, start.replace(microsecond=0)):
        if moment - start > HORIZON:
            return
        yield moment


def _daily_times(times: tuple[time, ...], days: tuple[str, ...], start: datetime) -> Iterator[datetime]:
    day = start.date()
    while day - start.date() < HORIZON:
        if not days or any(_is_day(day, rule) for rule in days):
            for at in sorted(times):
                nominal = datetime.combine(day, at)
                if nominal > start:
                    yield nominal
        day += timedelta(days=1)


def _is_day(day: date, rule: str) -> bool:
    if rule.isdigit():
        return day.day == int(rule)
    if " " not in rule:
        return WEEKDAYS[day.weekday()] == rule
    ordinal, weekday = rule.split()
    if WEEKDAYS[day.weekday()] != weekday:
        return False
    if ORDINALS[ordinal] < 0:
        return (day + timedelta(days=7)).month != day.month
    return (day.day - 1) // 7 == ORDINALS[ordinal]


def _is_excluded(day: date, when: When) -> bool:
    return any(_within(day, first, last) for first, last in when.excluded)


def _within(day: date, first: date | str, last: date | str) -> bool:
    if isinstance(first, date) and isinstance(last, date):
        return first <= day <= last
    this, start, end = day.strftime("%m-%d"), _month_day(first), _month_day(last)
    return start <= this <= end if start <= end else this >= start or this <= end


def _month_day(value: date | str) -> str:
    return value.strftime("%m-%d") if isinstance(value, date) else value


def to_utc(nominal: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of a nominal local time: the first of two, or the first after a gap."""
    moment = nominal.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == nominal:
        return moment
    # In a gap: fold=0 read it with the offset before, so the moment lies as far behind the gap's end as we are in it.
    return _end_of_gap(moment, zone)


def _end_of_gap(moment: datetime, zone: ZoneInfo) -> datetime:
    low, high = moment - timedelta(days=1), moment
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() != after:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
