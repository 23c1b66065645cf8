"""Channels as all processes see them: whether one rests after failures, or is stopped until a person mends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from publisher.store.sql import upsert
from publisher.store.tables import channels

FAILURES = 5  # calls in a row that reached nobody, before a channel rests


def get(conn: Connection, name: str) -> RowMapping | None:
    return conn.execute(select(channels).where(channels.c.name == name)).mappings().one_or_none()


def troubled(conn: Connection) -> list[RowMapping]:
    """Return the channels that rest or are stopped, or have just failed."""
    trouble = (channels.c.failures > 0) | channels.c.open_until.is_not(None) | channels.c.paused_at.is_not(None)
    return list(conn.execute(select(channels).where(trouble).order_by(channels.c.name)).mappings())


def is_resting(conn: Connection, name: str, now: datetime) -> bool:
    """Say whether nothing may be claimed yet: the channel failed often, or its provider asked us to wait."""
    row = get(conn, name)
    return row is not None and row["open_until"] is not None and bool(row["open_until"] > now)


def is_stopped(conn: Connection, name: str) -> bool:
    """Say whether the account was refused, and a person has to mend it."""
    row = get(conn, name)
    return row is not None and row["paused_at"] is not None


def begin_probe(conn: Connection, name: str, now: datetime, patience: timedelta) -> bool:
    """After a rest let one call through and the others wait for it; say whether this call may go."""
    row = get(conn, name)
    if row is None or row["failures"] < FAILURES:
        return True
    rested = channels.c.open_until.is_(None) | (channels.c.open_until <= now)
    ours = update(channels).where(channels.c.name == name, rested).values(open_until=now + patience)
    return conn.execute(ours).rowcount == 1


def rest(conn: Connection, name: str, *, failures: int, until: datetime | None, reason: str) -> None:
    """Write down how many calls in a row failed, and until when the channel rests."""
    _set(conn, name, failures=failures, open_until=until, reason=reason)


def stop(conn: Connection, name: str, *, reason: str, now: datetime) -> None:
    """Stop the channel until a person mends it."""
    _set(conn, name, paused_at=now, reason=reason)


def recover(conn: Connection, name: str) -> None:
    """Forget failures and rests: the channel answered."""
    conn.execute(update(channels).where(channels.c.name == name).values(failures=0, open_until=None))


def let_go_on(conn: Connection, name: str) -> None:
    """A person says that the channel is mended."""
    mended: dict[str, Any] = {"failures": 0, "open_until": None, "paused_at": None, "reason": None}
    conn.execute(update(channels).where(channels.c.name == name).values(mended))


def _set(conn: Connection, name: str, **values: Any) -> None:
    statement = upsert(conn, channels).values(name=name, **{"failures": 0, **values})
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
