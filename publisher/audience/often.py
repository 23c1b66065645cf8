"""How often somebody may ask for mail, from one network and to one address: rows that all processes share (GCRA)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.pipeline.dispatch.limits import allowance, spend
from publisher.store import Connection, Store, limits
from publisher.store.sql import take_turn

PREFIX = "asks:"  # of the rows' names
NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at once, and then one each time."""

    kind: str
    burst: int
    every: timedelta

    @property
    def rate(self) -> float:
        return 1 / self.every.total_seconds()


# Letters that somebody may cause. A network may be a newsroom or a school, an address is one person's.
NETWORK = Limit("network", 30, timedelta(minutes=2))
ADDRESS = Limit("address", 6, timedelta(hours=4))
LONGEST = max(each.burst * each.every for each in (NETWORK, ADDRESS))


def take(store: Store, limit: Limit, of: str, units: int, now: datetime) -> timedelta:
    """Take letters from a limit. Return zero, or after how long there may be some again; then none was taken.

    Whoever wants more at once than there ever are, all of a paper's many lists, empties a limit that is full.

    :param of: whose limit it is, as a keyed hash: neither an address nor a network stands in the ledger.
    """
    name, units = f"{PREFIX}{limit.kind}:{of}", min(units, limit.burst)
    with store.read() as conn:  # whoever asks a hundred thousand times makes no write of each
        wait = _wait(conn, name, limit, units, now, lock=False)
    if wait:
        return wait
    with store.write() as conn:
        take_turn(conn, name)
        wait = _wait(conn, name, limit, units, now, lock=True)
        if not wait:
            limits.set_free_at(conn, name, spend(limits.free_at(conn, name), limit.rate, limit.burst, units, now))
    return wait


def _wait(conn: Connection, name: str, limit: Limit, units: int, now: datetime, *, lock: bool) -> timedelta:
    free_at = limits.free_at(conn, name, lock=lock)
    allowed, at = allowance(free_at, limit.rate, limit.burst, now)
    return NONE if allowed >= units else max(at - now, limit.every)


def forget(store: Store, now: datetime) -> None:
    """Drop the limits that are full again."""
    with store.write() as conn:
        limits.forget_unused(conn, PREFIX, now - LONGEST)
