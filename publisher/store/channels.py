"""Channels as all processes see them: whether one rests after failures, or is stopped until a person mends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from publisher.store.sql import upsert
from publisher.store.tables import Moment, channels
from publisher.store.words import Statement

FAILURES = 5  # calls in a row that reached nobody, before a channel rests


def get(conn: Connection, name: str) -> RowMapping | None:
    return conn.execute(select(channels).where(channels.c.name == name)).mappings().one_or_none()


@dataclass(frozen=True, slots=True)
class Look:
    """What stands before a channel's next call."""

    is_held: bool  # all sending is, by a person
    failures: int  # calls in a row that reached nobody
    open_until: datetime | None  # it rests until then
    is_stopped: bool  # its account was refused, or it can't be used as it is set up
    doubt: int | None  # an unknown call that is to be looked at

    def may_go(self, now: datetime) -> bool:
        return not self.is_held and (self.open_until is None or self.open_until <= now)

    @property
    def has_trouble(self) -> bool:
        """Say whether the channel has failed or rested since it last answered."""
        return self.failures > 0 or self.open_until is not None

    def is_failing(self, now: datetime) -> bool:
        """Say whether it rests because it reached nobody: what waits may go by another channel."""
        return self.is_tried and self.open_until is not None and self.open_until > now

    @property
    def is_tried(self) -> bool:
        """Say whether the channel has failed so often that after its rest one call goes first."""
        return self.failures >= FAILURES


def look(conn: Connection, name: str, now: datetime) -> Look:
    """Look at everything that may keep a channel from its next call."""
    row = _LOOK(conn, channel=name, now=now).one()
    return Look(bool(row.held), row.failures or 0, row.open_until, row.paused_at is not None, row.doubt)


_LOOK = Statement(
    """
    SELECT one.held, channels.failures, channels.open_until, channels.paused_at, one.doubt
    FROM (
        SELECT (SELECT 1 FROM facts WHERE name = 'held') AS held, (
            SELECT id FROM calls
            WHERE state IN ('claimed', 'sending', 'unknown') AND state = 'unknown'
                AND channel = :channel AND retry_at <= :now
            ORDER BY retry_at, id LIMIT 1
        ) AS doubt
    ) AS one LEFT JOIN channels ON channels.name = :channel
    """,
    columns={"open_until": Moment, "paused_at": Moment},
    now=Moment,
)


def is_stopped(conn: Connection, name: str) -> bool:
    """Say whether something has to be mended before the channel carries anything."""
    row = get(conn, name)
    return row is not None and row["paused_at"] is not None


def stopped(conn: Connection) -> list[RowMapping]:
    """Return the channels that are stopped, whether schedules.yaml still has them or not."""
    return list(conn.execute(select(channels).where(channels.c.paused_at.is_not(None))).mappings())


def refusal(conn: Connection, name: str) -> str:
    """Return why a channel is stopped until a person lets it go on; empty: it is not."""
    row = get(conn, name)
    return row["reason"] or "" if row and row["paused_at"] is not None and not row["unusable"] else ""


def begin_probe(conn: Connection, name: str, now: datetime, patience: timedelta) -> bool:
    """After a rest let one call through and the others wait for it; say whether this call is the one."""
    rested = channels.c.open_until.is_(None) | (channels.c.open_until <= now)
    ours = update(channels).where(channels.c.name == name, rested).values(open_until=now + patience)
    return conn.execute(ours).rowcount == 1


def rest(conn: Connection, name: str, *, failures: int, until: datetime | None, reason: str) -> None:
    """Write down how many calls in a row failed, and until when the channel rests."""
    _set(conn, name, failures=failures, open_until=until, reason=reason)


def stop(conn: Connection, name: str, *, reason: str, now: datetime, unusable: bool = False) -> None:
    """Stop the channel until a person mends it.

    :param unusable: its set-up is what is wrong: that is looked at again. Else only a person's word lets it go on.
    """
    _set(conn, name, paused_at=now, reason=reason, unusable=unusable)


def recover(conn: Connection, name: str) -> None:
    """Forget failures and rests: the channel answered."""
    conn.execute(update(channels).where(channels.c.name == name).values(failures=0, open_until=None))


def let_go_on(conn: Connection, name: str) -> None:
    """The channel is mended."""
    mended: dict[str, Any] = {"failures": 0, "open_until": None, "paused_at": None, "unusable": None, "reason": None}
    conn.execute(update(channels).where(channels.c.name == name).values(mended))


def _set(conn: Connection, name: str, **values: Any) -> None:
    statement = upsert(conn, channels).values(name=name, **{"failures": 0, **values})
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
