"""Which days a schedule means: ``mon``, ``first mon``, ``15``, and the days that ``except:`` takes out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}

Span = tuple[date | str, date | str]  # first and last day; "08-01" recurs every year


def is_wanted(day: date, rules: Sequence[str]) -> bool:
    """Say whether a day is one of ``days:``; none given is every day."""
    return not rules or any(_is_day(day, rule) for rule in rules)


def is_excluded(day: date, spans: Sequence[Span]) -> bool:
    """Say whether ``except:`` takes the day out."""
    return any(_within(day, first, last) for first, last in spans)


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


def _within(day: date, first: date | str, last: date | str) -> bool:
    if isinstance(first, date) and isinstance(last, date):
        return first <= day <= last
    this, start, end = day.strftime("%m-%d"), _month_day(first), _month_day(last)
    return start <= this <= end if start <= end else this >= start or this <= end


def _month_day(value: date | str) -> str:
    return value.strftime("%m-%d") if isinstance(value, date) else value
