"""Five fields of cron, with the meaning that people know: 0 and 7 are Sunday. Nothing that can never fire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time

from cronsim import CronSim, CronSimError

from publisher.config.values import as_text, wrong

FIELDS = {
    "minute": r"[0-9*,/-]+",
    "hour": r"[0-9*,/-]+",
    "day of the month": r"[0-9*,/-]+|L",
    "month": r"([0-9*,/-]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)+",
    "weekday": r"([0-9*,/-]|MON|TUE|WED|THU|FRI|SAT|SUN)+",
}
RANGES = {
    "minute": "0-59",
    "hour": "0-23",
    "day of the month": "1-31, L",
    "month": "1-12, jan-dec",
    "weekday": "0-7, sun-sat",
}
ANY_TIME = datetime(2024, 1, 1)  # noqa: DTZ001 - nominal local time: a slot's key has no zone
LONGEST = 200


def check(value: object) -> str:
    """Return the expression with single spaces; refuse what isn't one, what is ambiguous and what can never fire."""
    text = " ".join(as_text(value)[:LONGEST].split())
    fields = text.upper().split(" ")
    if len(fields) != len(FIELDS):
        raise _wrong_number(text, len(fields))
    for field, (name, pattern) in zip(fields, FIELDS.items(), strict=True):
        if not re.fullmatch(pattern, field) or not _can_be_read(name, field):
            raise wrong(f"has no {name} that can be read: `{field.lower()}`", f"Write `*`, or from {RANGES[name]}")
    if fields[2] != "*" and fields[4] != "*":
        raise wrong(
            "has a day of the month and a weekday, which crons read differently",
            "Write `at:` with `days: first mon` instead, or `*` in one of the two",
        )
    if not _ever_fires(text):
        raise wrong("can never fire: there is no such date", "Correct the day or the month")
    return text


def _wrong_number(text: str, count: int) -> Exception:
    if text.startswith("@"):
        return wrong("is a nickname", "Write the five fields: `0 0 * * *` is every midnight")
    if count == 6:
        return wrong(
            "has six fields: seconds or years are not known here",
            "Write five: minute, hour, day of the month, month, weekday",
        )
    return wrong(
        f"has {count} fields of five", "Write minute, hour, day of the month, month, weekday: `0 7 * * mon-fri`"
    )


def _can_be_read(name: str, field: str) -> bool:
    """Try one field by itself, so that an error can name it."""
    alone = [field if name == other else "*" for other in FIELDS]
    return _parses(" ".join(alone))


def _parses(expression: str) -> bool:
    try:
        CronSim(expression, ANY_TIME)
    except (CronSimError, AssertionError, ValueError):
        return False
    return True


def _ever_fires(expression: str) -> bool:
    if not _parses(expression):
        return False
    return next(iter(CronSim(expression, ANY_TIME)), None) is not None


def days(expression: str, span: tuple[date, date]) -> Iterator[date]:
    """Yield every day in a span, the last left out, on which a checked expression fires."""
    times = CronSim(expression, datetime.combine(span[0], time()))
    while (moment := next(times, None)) is not None and moment.date() < span[1]:
        yield moment.date()
        times = CronSim(expression, datetime.combine(moment, time(23, 59, 59)))
