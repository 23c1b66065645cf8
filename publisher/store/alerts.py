"""Alerts: one row for each time that a cause began. A cause that goes on is one alert, however often it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, or_, select, update

from publisher.store.sql import upsert
from publisher.store.tables import alerts


def raise_alert(
    conn: Connection,
    *,
    cause: str,
    what: str,
    affected: str,
    command: str,
    urgent: bool,
    channel: str = "",
    now: datetime,
) -> bool:
    """Write down that a cause began; say whether it is new. One that is open already stays as it was told.

    :param cause: ``channel-refused:letters``: the same for as long as it is the same trouble.
    :param channel: the channel that failed: never the only way this is told.
    """
    said = {"cause": cause, "what": what, "affected": affected, "command": command, "urgent": urgent}
    row = upsert(conn, alerts).values(**said, channel=channel or None, raised_at=now)
    return conn.execute(row.on_conflict_do_nothing()).rowcount == 1


def clear(conn: Connection, cause: str, now: datetime) -> bool:
    """Write down that a cause is over; say whether it was open."""
    query = update(alerts).where(alerts.c.cause == cause, alerts.c.cleared_at.is_(None)).values(cleared_at=now)
    return conn.execute(query).rowcount == 1


def open_ones(conn: Connection) -> list[RowMapping]:
    """Return what is wrong now, the urgent first."""
    query = select(alerts).where(alerts.c.cleared_at.is_(None)).order_by(alerts.c.urgent.desc(), alerts.c.id)
    return list(conn.execute(query).mappings())


def to_tell(conn: Connection, limit: int = 20) -> list[RowMapping]:
    """Return what people have not heard of yet, oldest first: what began, and what they were told of and is over."""
    began = and_(alerts.c.told_at.is_(None), alerts.c.cleared_at.is_(None))
    over = and_(alerts.c.told_at.is_not(None), alerts.c.cleared_at.is_not(None), alerts.c.told_clear_at.is_(None))
    query = select(alerts).where(or_(began, over)).order_by(alerts.c.id).limit(limit)
    return list(conn.execute(query).mappings())


def record_told(conn: Connection, alert_id: int, now: datetime) -> None:
    conn.execute(update(alerts).where(alerts.c.id == alert_id).values(told_at=now))


def record_told_clear(conn: Connection, alert_id: int, now: datetime) -> None:
    conn.execute(update(alerts).where(alerts.c.id == alert_id).values(told_clear_at=now))


def latest(conn: Connection, limit: int) -> Sequence[RowMapping]:
    """Return the newest alerts, open or over."""
    return conn.execute(select(alerts).order_by(alerts.c.id.desc()).limit(limit)).mappings().all()
