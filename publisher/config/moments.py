"""Days and times as an editor writes them: ``07:00``, ``mon-fri``, ``first mon``, ``08-01..08-31``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from publisher.config.values import as_text, wrong

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = ("first", "second", "third", "fourth", "last")
CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
RECURRING = re.compile(r"[0-9]{2}-[0-9]{2}")

Day = date | str  # "08-01" recurs every year


def clock_time(value: object) -> time:
    """Read ``07:00``."""
    found = CLOCK.fullmatch(as_text(value))
    if not found:
        raise wrong("is not a time of day", 'Write `"07:00"`, in 24 hours')
    hour, minute = int(found[1]), int(found[2])
    if hour > 23 or minute > 59:
        raise wrong("is not a time of day", 'A day has the times `"00:00"` to `"23:59"`')
    return time(hour, minute)


def span(value: object) -> tuple[time, time]:
    """Read ``07:00-22:00``; from late to early goes over midnight."""
    start, _, end = as_text(value).replace("–", "-").partition("-")
    if not end:
        raise wrong("is not a span of the day", 'Write `"07:00-22:00"`')
    times = clock_time(start), clock_time(end)
    if times[0] == times[1]:
        raise wrong("is no time at all", 'Write `"07:00-22:00"`, or leave the line out for the whole day')
    return times


def days(value: object) -> tuple[str, ...]:
    """Read one entry of ``days:`` into days as the model names them."""
    text = as_text(value).casefold().replace("–", "-")
    if re.fullmatch(r"[0-9]{1,2}", text) and 1 <= int(text) <= 31:
        return (str(int(text)),)
    ordinal, _, day = text.partition(" ")
    if ordinal in ORDINALS and _weekday(day):
        return (f"{ordinal} {_weekday(day)}",)
    first, _, last = text.partition("-")
    if _weekday(first) and (_weekday(last) or first == text):
        return _week_from(_weekday(first), _weekday(last) or _weekday(first))
    raise wrong(
        "is not a day", "Write `mon-fri`, `[mon, wed]`, `first mon`, `last fri`, or days of the month: `[1, 15]`"
    )


def _weekday(text: str) -> str:
    word = text.strip()
    return word[:3] if word in WEEKDAYS or word in WHOLE else ""


def _week_from(first: str, last: str) -> tuple[str, ...]:
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last) - start) % 7 + 1
    return tuple(WEEKDAYS[(start + step) % 7] for step in range(length))


def exception(value: object) -> tuple[Day, Day]:
    """Read one entry of ``except:``: ``2026-12-25``, ``12-25`` (every year), or a range with ``..``."""
    first_text, _, last_text = as_text(value).partition("..")
    first = _day(first_text.strip())
    last = _day(last_text.strip()) if last_text else first
    if isinstance(first, str) != isinstance(last, str):
        raise wrong("mixes a date of one year with one of every year", "Write both with the year, or both without")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        raise wrong("ends before it begins", f"Write `{last}..{first}`")
    return first, last


def _day(text: str) -> Day:
    recurring = RECURRING.fullmatch(text)
    try:
        found = date.fromisoformat(f"2024-{text}" if recurring else text)  # 2024 has a 29 February
    except ValueError:
        raise wrong("is not a date", "Write `2026-12-25`, `12-25` for every year, or `08-01..08-31`") from None
    return text if recurring else found


def moment(value: object) -> datetime:
    """Read ``2026-12-24T07:00``: naive, unless it is written with its offset."""
    text = as_text(value)
    try:
        return datetime.fromisoformat(text) if len(text) > 10 else _refuse_moment()
    except ValueError:
        return _refuse_moment()


def _refuse_moment() -> datetime:
    raise wrong("is not a date with a time", 'Write `"2026-12-24T07:00"`')


def in_zone(value: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the moment in the publication's zone; None where clocks spring over it. Of two it is the first."""
    if value.tzinfo is not None:
        return value.astimezone(zone)
    aware = value.replace(tzinfo=zone)
    there = aware.astimezone(UTC).astimezone(zone)
    return aware if there.replace(tzinfo=None) == value else None
