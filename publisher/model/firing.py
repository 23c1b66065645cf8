"""When a schedule fires, in words: ``07:00 and 18:30, Monday to Friday, not on 2026-12-25``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from publisher.model.counting import many
from publisher.model.days import WEEKDAYS
from publisher.model.project import When

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CALLED = dict(zip(WEEKDAYS, NAMES, strict=True))
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def in_words(when: When) -> str:
    """Say when slots are; cron stays as it is written, since whoever wrote it reads it."""
    if when.new:
        hours = f", {when.between[0]:%H:%M} to {when.between[1]:%H:%M}" if when.between else ""
        return f"on every new article{hours}"
    if when.once is not None:
        return "once"
    if when.every is not None:
        return f"every {_span(when.every)}"
    said = f"cron {when.cron}" if when.cron else f"{_all(f'{at:%H:%M}' for at in when.at)}, {_days(when.days)}"
    return f"{said}, not on {_all(map(_exception, when.excluded))}" if when.excluded else said


def _days(days: Sequence[str]) -> str:
    if not days or set(days) >= set(WEEKDAYS):
        return "every day"
    plain = [each for each in WEEKDAYS if each in days]
    others = [_rare(each) for each in days if each not in WEEKDAYS]
    return _all([*_runs(plain), *others])


def _runs(days: Sequence[str]) -> list[str]:
    """Return weekdays in words, three or more in a row as one."""
    runs: list[list[str]] = []
    for each in days:
        if runs and WEEKDAYS.index(runs[-1][-1]) + 1 == WEEKDAYS.index(each):
            runs[-1].append(each)
        else:
            runs.append([each])
    found: list[str] = []
    for run in runs:
        found += [f"{_CALLED[run[0]]} to {_CALLED[run[-1]]}"] if len(run) > 2 else [_CALLED[day] for day in run]
    return found


def _rare(day: str) -> str:
    """Say ``first mon`` and ``15``."""
    if day.isdigit():
        return f"day {day} of the month"
    ordinal, weekday = day.split()
    return f"the {ordinal} {_CALLED[weekday]} of the month"


def _exception(span: tuple[date | str, date | str]) -> str:
    first, last = map(str, span)
    return first if first == last else f"{first} to {last}"


def _span(span: timedelta) -> str:
    left, parts = int(span.total_seconds()), []
    for size, noun in _UNITS:
        count, left = divmod(left, size)
        parts += [many(count, noun)] if count else []
    said = " and ".join(parts)
    return said.removeprefix("1 ") if len(parts) == 1 else said


def _all(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
