"""How many a day a new sending domain may write to, until providers know it. Pure.

Mailbox providers trust a domain by what it has sent so far. What those who send for others advise comes to the same:
begin with some 50 readers, and never write to more than twice as many as the day before.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil, log2

FIRST = 50  # recipients on the first day
DOUBLINGS = 14  # without `per_day:` it grows up to 819,200 a day, which is as good as no number


def days_of(span: timedelta) -> int:
    """Return how many days a warm-up has; one that is begun is whole."""
    return max(1, ceil(span / timedelta(days=1)))


def growth(span: timedelta, per_day: int | None) -> float:
    """Return how many times as many as the day before a day may have."""
    days = days_of(span)
    full = per_day or FIRST * 2 ** min(days, DOUBLINGS)
    return float(max(1.0, full / FIRST) ** (1 / days))


def least_days(per_day: int) -> int:
    """Return how many days it takes at least, if no day is to have more than twice as many as the one before."""
    return max(1, ceil(log2(max(FIRST, per_day) / FIRST)))


def is_hasty(span: timedelta, per_day: int) -> bool:
    """Say whether a day has more than twice as many as the one before."""
    return days_of(span) < least_days(per_day)


def most_on(day: date, first: date, span: timedelta, per_day: int | None) -> int | None:
    """Return how many recipients a day may have; None: as many as there are.

    :param first: the day of the first send. One that is still to come was written by a clock that was ahead.
    """
    passed = max(0, (day - first).days)
    if passed >= days_of(span):
        return per_day
    # A hair is added, so that the number of a whole power is not the one below it.
    grown = int(FIRST * growth(span, per_day) ** passed + 1e-6)
    return grown if per_day is None else min(per_day, grown)
