"""When a schedule's slots are: arithmetic that daylight saving can't make fire twice, or drop.

Fixed times (`at:`, a cron with neither minute nor hour beginning with `*`) have the slot's nominal local time as
their key (``2026-11-24T07:00``): the hour that exists twice fires once, and a time that the clock skips fires at the
first moment after the gap. Several nominal times inside one gap are one slot, at its end.

A rhythm has the moment itself as its key, in UTC (``2026-11-24T07:00Z``). `every:` is even in UTC. A cron whose minute
or hour begins with `*` fires at every moment at which the local clock shows a matching time, as Debian's cron has it:
in the hour that exists twice it goes on, and it has nothing to make up for after a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from publisher.model.days import is_excluded
from publisher.model.daytimes import HORIZON, nominal_start, nominal_times, to_utc
from publisher.model.project import When

RHYTHM_FROM = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment of a schedule."""

    key: str
    due_at: datetime  # aware UTC


def slots_after(when: When, zone: ZoneInfo, after: datetime) -> Iterator[Slot]:
    """Yield the slots that are due later than `after`, in order. Schedules for `new:` have none of their own."""
    last: datetime | None = None
    for slot in _candidates(when, zone, after):
        # What fires at the end of a gap is one slot, whatever else falls on that moment.
        if slot.due_at > after and (last is None or slot.due_at > last):
            yield slot
        if last is None or slot.due_at > last:
            last = slot.due_at


def slots_between(
    when: When, zone: ZoneInfo, after: datetime, until: datetime, *, most: int | None = None
) -> list[Slot]:
    """Return the slots later than `after` and not later than `until`.

    :param most: no more than the first so many; None: all.
    """
    first = _first_after(when, zone, after)
    if first is None or first.due_at > until:
        return []
    return list(islice(takewhile(lambda slot: slot.due_at <= until, slots_after(when, zone, after)), most))


@lru_cache(maxsize=8_192)  # a scheduler asks the same of each schedule at every look, until its slot has come
def _first_after(when: When, zone: ZoneInfo, after: datetime) -> Slot | None:
    return next(slots_after(when, zone, after), None)


def is_rhythm(cron: str) -> bool:
    """Say whether a cron keeps its rhythm in real time: its minute or its hour begins with `*`, as Debian's cron says.

    (So does cronsim; it is asked for nominal times only, since started inside a repeated hour it returns a past one.)
    """
    minute, hour = cron.split()[:2]
    return minute.startswith("*") or hour.startswith("*")


def _candidates(when: When, zone: ZoneInfo, after: datetime) -> Iterator[Slot]:
    if when.once is not None:
        yield Slot(when.once.astimezone(zone).strftime("%Y-%m-%dT%H:%M"), when.once.astimezone(UTC))
    elif when.every is not None:
        yield from _even(when.every, after)
    elif when.cron and is_rhythm(when.cron):
        yield from _real_moments(_nominal_times(when, zone, after), zone)
    elif when.at or when.cron:
        for nominal in _nominal_times(when, zone, after):
            yield Slot(nominal.strftime("%Y-%m-%dT%H:%M"), to_utc(nominal, zone))


def _even(every: timedelta, after: datetime) -> Iterator[Slot]:
    step = (after - RHYTHM_FROM) // every + 1
    while True:
        due_at = RHYTHM_FROM + step * every
        yield Slot(utc_key(due_at), due_at)
        step += 1


def utc_key(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if moment.second else "%Y-%m-%dT%H:%MZ")


def _real_moments(nominal_times: Iterable[datetime], zone: ZoneInfo) -> Iterator[Slot]:
    """Yield every moment at which the local clock shows one of the times: none in a gap, two where it is set back."""
    waiting: list[datetime] = []  # second readings, which come after later nominal times have been read once
    for nominal in nominal_times:
        readings = [
            moment
            for moment in (nominal.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
            if moment.astimezone(zone).replace(tzinfo=None) == nominal
        ]
        for moment in sorted(set(readings)):
            heappush(waiting, moment)
        # First readings only ever grow: what lies before this one, nothing can come before any more.
        while waiting and readings and waiting[0] <= min(readings):
            due_at = heappop(waiting)
            yield Slot(utc_key(due_at), due_at)
    while waiting:
        due_at = heappop(waiting)
        yield Slot(utc_key(due_at), due_at)


def _nominal_times(when: When, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    start = nominal_start(after, zone)
    return _cron_times(when, start) if when.cron else nominal_times(when, start)


def _cron_times(when: When, start: datetime) -> Iterator[datetime]:
    times = CronSim(when.cron, start)
    while True:
        moment: datetime | None = next(times, None)
        if moment is None or moment - start > HORIZON:
            return
        if is_excluded(moment.date(), when.excluded):
            # On from the day's end: a cron of every minute would else be asked a thousand times a day.
            times = CronSim(when.cron, datetime.combine(moment, time(23, 59, 59)))
        else:
            yield moment
