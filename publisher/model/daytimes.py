"""Times of day on certain days, as moments: daylight saving can't make one come twice, or drop it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from publisher.model.days import is_excluded, is_wanted
from publisher.model.project import When

HORIZON = timedelta(days=366 * 9)  # a 29 February comes at least this often, even about 2100
LOOKS_BACK = (timedelta(days=2), timedelta(days=40), timedelta(days=400))  # for the last one: daily, monthly, yearly


def moments_after(when: When, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the moments of ``at:`` that are later than `after`, in order, in UTC; several in one gap are one."""
    last = after
    for nominal in nominal_times(when, nominal_start(after, zone)):
        moment = to_utc(nominal, zone)
        if moment > last:
            yield moment
            last = moment


def last_moment(when: When, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the latest moment of ``at:`` that has come; None where there was none for more than a year."""
    for back in LOOKS_BACK:
        came = list(takewhile(lambda moment: moment <= now, moments_after(when, zone, now - back)))
        if came:
            return came[-1]
    return None


def nominal_start(after: datetime, zone: ZoneInfo) -> datetime:
    """Return the local time from which nominal times are looked through for those whose moment is later than `after`.

    A day early: the nominal time of a moment inside a gap is earlier than the moment itself.
    """
    return after.astimezone(zone).replace(tzinfo=None, microsecond=0) - timedelta(days=1)


def nominal_times(when: When, start: datetime) -> Iterator[datetime]:
    """Yield the local times of ``at:``, ``days:`` and ``except:`` later than `start`, as the clock shows them."""
    times = sorted(when.at)
    day: date = start.date()
    while day - start.date() < HORIZON:
        if is_wanted(day, when.days) and not is_excluded(day, when.excluded):
            for at in times:
                nominal = datetime.combine(day, at)
                if nominal > start:
                    yield nominal
        day += timedelta(days=1)


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
