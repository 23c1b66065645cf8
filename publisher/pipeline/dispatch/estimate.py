"""When a send would end, as far as its channel's limits decide it: their own arithmetic on a clock that is moved ahead.

How quickly a provider answers comes on top; nobody can know it beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from publisher.model.hours import day_of, end_of_quiet, is_quiet, next_midnight, next_quiet
from publisher.model.project import Channel
from publisher.model.warming import most_on
from publisher.pipeline.dispatch.limits import rates_of, starts_at
from publisher.store import Connection, limits

HORIZON = timedelta(days=366)  # what ends later is not foreseen


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a channel's limits are used: what their rows say, or will."""

    at: datetime  # nothing goes before
    free_at: Mapping[str, datetime | None] = field(default_factory=dict)  # of the rates, by name
    day: date = date.min
    used: int = 0  # of the day's number
    first_day: date | None = None  # of the warm-up; None: it begins with the first who goes


@dataclass(frozen=True, slots=True)
class Estimate:
    """When the last reader would be written to, and how many on which day."""

    ends_at: datetime | None  # None: not within a year
    days: Mapping[date, int]
    after: Standing


def standing_of(conn: Connection, rules: Channel, zone: ZoneInfo, now: datetime) -> Standing:
    """Return how far a channel's limits are used now."""
    today = day_of(now, zone)
    return Standing(
        now,
        {rate.name: limits.free_at(conn, rate.name, lock=False) for rate in rates_of(rules)},
        date.fromisoformat(today),
        limits.used_on(conn, limits.daily(rules.name), today, lock=False),
        limits.first_day(conn, limits.warming(rules.name, rules.sends_as)),
    )


def estimate(rules: Channel, zone: ZoneInfo, standing: Standing, people: int, batch: int) -> Estimate:
    """Return when the last of so many readers would be written to. Pure.

    :param batch: how many readers a request takes.
    """
    days: dict[date, int] = {}
    left, end = people, standing.at + HORIZON
    while left:
        if standing.at >= end:
            return Estimate(None, days, standing)
        count, standing = _go_on(rules, zone, standing, left, batch)
        if count:
            days[standing.day] = days.get(standing.day, 0) + count
            left -= count
    return Estimate(standing.at, days, standing)


def _go_on(rules: Channel, zone: ZoneInfo, standing: Standing, left: int, batch: int) -> tuple[int, Standing]:
    """Return how many go until something stops them, be it that all have gone, and how the limits stand then."""
    now = standing.at
    if rules.quiet is not None and is_quiet(rules.quiet, now, zone):
        return 0, replace(standing, at=end_of_quiet(rules.quiet, now, zone))
    today, midnight = date.fromisoformat(day_of(now, zone)), next_midnight(now, zone)
    if standing.day != today:
        standing = replace(standing, day=today, used=0)
    wanted = _fit_today(rules, standing, left)
    if not wanted:
        return 0, replace(standing, at=midnight)
    until = midnight if rules.quiet is None else min(midnight, next_quiet(rules.quiet, now, zone))
    count, gone = _flow(rules, standing, wanted, batch, until)
    return count, gone if count == wanted else replace(gone, at=until)


def _fit_today(rules: Channel, standing: Standing, left: int) -> int:
    most = rules.per_day
    if rules.warm_up is not None:
        most = most_on(standing.day, standing.first_day or standing.day, rules.warm_up, rules.per_day)
    return left if most is None else max(0, min(left, most - standing.used))


def _flow(rules: Channel, standing: Standing, wanted: int, batch: int, until: datetime) -> tuple[int, Standing]:
    """Let as many go before a moment as the rates allow, one behind the other."""
    now, rates = standing.at, rates_of(rules)
    per_call = min([batch, *(rate.burst for rate in rates if not rate.is_per_call)])
    sizes = [per_call if rate.is_per_call else 1 for rate in rates]
    starts = [starts_at(standing.free_at.get(rate.name), rate.burst * rate.step, now) for rate in rates]
    each = list(zip(rates, sizes, starts, strict=True))
    count = min([wanted, *(size * max(0, ceil((until - start) / rate.step) - 1) for rate, size, start in each)])
    if not count:
        return 0, standing
    free = {rate.name: start + ceil(count / size) * rate.step for rate, size, start in each}
    first = min(standing.first_day or standing.day, standing.day)
    used = standing.used + count
    return count, replace(standing, at=max([now, *free.values()]), free_at=free, used=used, first_day=first)
