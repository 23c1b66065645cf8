"""How many may go now: rates (GCRA), daily caps, warming up, single mail domains, quiet hours.

A rate is a row with the moment at which its next unit would be due if units came evenly. Whoever claims moves it on
in the claim's own transaction, so that all processes share it and a restart forgets nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil, floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from publisher.model.hours import day_of, end_of_quiet, is_quiet, next_midnight
from publisher.model.project import Channel
from publisher.pipeline.dispatch.desk import Desk
from publisher.store import Connection, deliveries, limits
from publisher.store.deliveries import Due
from publisher.store.sql import take_turn

LONGEST_QUEUE = timedelta(days=7)
CLOCKS_DIFFER = timedelta(minutes=1)  # between processes, at most
MOST_OWED = CLOCKS_DIFFER / 2  # what stands further ahead would be taken for that of a clock that was


def are_set(rules: Channel) -> bool:
    """Say whether a channel has a limit that is counted."""
    is_daily = rules.per_day is not None or rules.warm_up is not None
    return bool(rates_of(rules)) or is_daily or bool(rules.per_domain)


def room(
    conn: Connection,
    desk: Desk,
    channel: str,
    per_call: int,
    count: int,
    now: datetime,
    *,
    is_urgent: bool = False,
    wakes: bool = False,
) -> int:
    """Return how many recipients of so many calls may be claimed now; note when the channel may go on if none.

    :param is_urgent: neither the number of a day nor quiet hours keep it: a post that is to be taken down, or edited.
    :param wakes: quiet hours don't keep it: breaking news.
    """
    rules = replace(desk.rules_of(channel), quiet=None) if wakes else desk.rules_of(channel)
    _take_turn(conn, rules)
    free, later = leeway(conn, rules, desk.zone, per_call, count, now, is_urgent=is_urgent)
    if not free:
        desk.free_at[channel] = later
    else:
        desk.free_at.pop(channel, None)
    return free


def leeway(
    conn: Connection, rules: Channel, zone: ZoneInfo, per_call: int, count: int, now: datetime, *, is_urgent: bool
) -> tuple[int, datetime]:
    """Return how many recipients of so many calls a channel's limits allow now, and when it may go on if none."""
    wanted = per_call * count
    free = [wanted]
    later = [now]
    for name, rate, burst, is_per_call in rates_of(rules):
        allowed, at = allowance(limits.free_at(conn, name), rate, burst, now)
        free.append(min(wanted, allowed * per_call) if is_per_call else allowed)
        later.append(at)
    today = day_of(now, zone)
    most = None if is_urgent else limits.number_of(conn, rules, today)
    if most is not None:
        left = most - limits.used_on(conn, limits.daily(rules.name), today)
        free.append(max(0, left))
        later.append(now if left > 0 else next_midnight(now, zone))
    if rules.quiet is not None and not is_urgent and is_quiet(rules.quiet, now, zone):
        free.append(0)
        later.append(end_of_quiet(rules.quiet, now, zone))
    return min(free), max(later)


def charge(
    conn: Connection,
    desk: Desk,
    channel: str,
    due: Due,
    chosen: list[int],
    per_call: int,
    now: datetime,
    *,
    is_urgent: bool = False,
) -> list[int]:
    """Put off whom a mail domain's limit lets wait, and charge the limits for the others; return those.

    :param is_urgent: the day isn't charged for it, as in `room`.
    """
    rules = desk.rules_of(channel)
    kept = _hold_back(conn, rules, due, chosen, now) if rules.per_domain else chosen
    spend_all(conn, rules, desk.zone, len(kept), per_call, now, is_urgent=is_urgent)
    return kept


def spend_all(
    conn: Connection, rules: Channel, zone: ZoneInfo, people: int, per_call: int, now: datetime, *, is_urgent: bool
) -> None:
    """Charge a channel's rates, and its day, for so many recipients."""
    for name, rate, burst, is_per_call in rates_of(rules):
        units = ceil(people / per_call) if is_per_call else people
        limits.set_free_at(conn, name, spend(limits.free_at(conn, name), rate, burst, units, now))
    if people and not is_urgent and (rules.per_day is not None or rules.warm_up is not None):
        _charge_the_day(conn, rules, day_of(now, zone), people)


def borrow(conn: Connection, rules: Channel, now: datetime) -> datetime | None:
    """Charge a channel's rates for one message, whether they allow it now or not: what comes next pays for it.

    Return until when it has to wait instead, and nothing is charged: the one before it is still owed for.
    """
    _take_turn(conn, rules)
    rates = rates_of(rules)
    starts = [starts_at(limits.free_at(conn, rate.name), rate.burst * rate.step, now) for rate in rates]
    owed_until = max(starts, default=now)
    if owed_until > now:
        return owed_until
    for rate, start in zip(rates, starts, strict=True):
        limits.set_free_at(conn, rate.name, min(start + rate.step, now + MOST_OWED))
    return None


def _take_turn(conn: Connection, rules: Channel) -> None:
    """Let nobody else count on the channel's limits meanwhile: one that was never counted has no row to lock."""
    if are_set(rules):
        take_turn(conn, f"limits:{rules.name}")


def _charge_the_day(conn: Connection, rules: Channel, day: str, count: int) -> None:
    name = limits.daily(rules.name)
    limits.set_used(conn, name, day, limits.used_on(conn, name, day) + count)
    if rules.warm_up is not None:
        warming = limits.warming(rules.name, rules.sends_as)
        first = limits.first_day(conn, warming)
        if first is None or first.isoformat() > day:  # never begun, or by a clock that was ahead
            limits.set_used(conn, warming, day, 0)


class Rate(NamedTuple):
    """A rate of a channel."""

    name: str
    per_second: float
    burst: int
    is_per_call: bool  # it counts requests instead of recipients

    @property
    def step(self) -> timedelta:
        """How far one unit moves it on."""
        return timedelta(seconds=1 / self.per_second)


def rates_of(rules: Channel) -> list[Rate]:
    found = []
    if rules.rate_per_second is not None:
        burst = rules.burst or max(1, ceil(rules.rate_per_second))
        found.append(Rate(f"channel:{rules.name}", rules.rate_per_second, burst, False))
    if rules.calls_per_second is not None:
        burst = max(1, ceil(rules.calls_per_second))
        found.append(Rate(f"calls:{rules.name}", rules.calls_per_second, burst, True))
    return found


def allowance(free_at: datetime | None, rate: float, burst: int, now: datetime) -> tuple[int, datetime]:
    """Return how many units may go now, and when the next one may where it is none. Pure.

    :param free_at: when the next unit would be due if units came evenly.
    """
    step = timedelta(seconds=1 / rate)
    start = starts_at(free_at, burst * step, now)
    allowed = max(0, min(burst, floor((now - start) / step + 1e-9)))
    return allowed, now if allowed else start + step


def spend(free_at: datetime | None, rate: float, burst: int, units: int, now: datetime) -> datetime:
    """Return the limit's row after units were taken. Pure."""
    step = timedelta(seconds=1 / rate)
    return starts_at(free_at, burst * step, now) + units * step


def starts_at(free_at: datetime | None, unused: timedelta, now: datetime) -> datetime:
    """Return where a limit stands; its n-th unit may go n steps later. Pure.

    It is never ahead of now but by the difference of two clocks.
    """
    if free_at is None or free_at - now > CLOCKS_DIFFER:
        return now - unused  # never used, or written by a clock that was ahead
    return max(free_at, now - unused)


def _hold_back(conn: Connection, rules: Channel, due: Due, chosen: list[int], now: datetime) -> list[int]:
    """Let those wait, evenly spaced, whose mail domain takes no more now: they are not looked at again until then."""
    limited = limits.domain_ids(conn, list(rules.per_domain))
    by_domain: defaultdict[int, list[int]] = defaultdict(list)
    for delivery_id, domain_id in deliveries.domains_of(conn, chosen, list(limited)).items():
        by_domain[domain_id].append(delivery_id)
    kept = set(chosen)
    for domain_id, ids in by_domain.items():
        rate = rules.per_domain[limited[domain_id]]
        kept -= _space_out(conn, f"{rules.name}:{limited[domain_id]}", rate, due, sorted(ids), now)
    return sorted(kept)


def _space_out(conn: Connection, what: str, rate: float, due: Due, ids: Sequence[int], now: datetime) -> set[int]:
    name, burst = f"domain:{what}", max(1, ceil(rate))
    before = limits.free_at(conn, name)
    allowed, _ = allowance(before, rate, burst, now)
    limits.set_free_at(conn, name, spend(before, rate, burst, min(allowed, len(ids)), now))
    waiting = ids[allowed:]
    queue = f"queue:{due.send_id}:{what}"  # where this send's next one of the domain stands
    place = max(limits.free_at(conn, queue) or now, now)
    if place - now > LONGEST_QUEUE:
        place = now  # it was written by a clock that was ahead
    for start in range(0, len(waiting), burst):
        place += timedelta(seconds=burst / rate)
        deliveries.put_off(conn, waiting[start : start + burst], place)
    if waiting:
        limits.set_free_at(conn, queue, place)
    return set(waiting)
