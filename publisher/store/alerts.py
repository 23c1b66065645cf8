"""Alerts: one row for each time that a cause began. A cause that goes on is one alert, however often it is seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, delete, or_, select, update

from publisher.store.sql import insert_new, upsert
from publisher.store.tables import alerts, facts, update_row

HEARD = "heard"


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
    return insert_new(conn, alerts, **said, channel=channel or None, raised_at=now)


def clear(conn: Connection, cause: str, now: datetime) -> bool:
    """Write down that a cause is over; say whether it was open."""
    query = update(alerts).where(alerts.c.cause == cause, alerts.c.cleared_at.is_(None)).values(cleared_at=now)
    row = conn.execute(query.returning(alerts.c.id, alerts.c.told_at)).one_or_none()
    if row is not None and row.told_at is None:
        _forget(conn, row.id)  # nobody has heard of it, and nobody will
    return row is not None


def raised_at(conn: Connection, cause: str) -> datetime | None:
    """Return when a cause began last, be it over by now or not; None where it never did."""
    query = select(alerts.c.raised_at).where(alerts.c.cause == cause).order_by(alerts.c.id.desc()).limit(1)
    return conn.execute(query).scalar_one_or_none()


def latest_of(conn: Connection, causes: str) -> RowMapping | None:
    """Return the newest alert whose cause begins so, open or over."""
    query = select(alerts).where(alerts.c.cause.startswith(causes, autoescape=True)).order_by(alerts.c.id.desc())
    return conn.execute(query.limit(1)).mappings().one_or_none()


def open_ones(conn: Connection) -> list[RowMapping]:
    """Return what is wrong now, the urgent first."""
    query = select(alerts).where(alerts.c.cleared_at.is_(None)).order_by(alerts.c.urgent.desc(), alerts.c.id)
    return list(conn.execute(query).mappings())


def to_tell(conn: Connection) -> list[RowMapping]:
    """Return what someone may not have heard of yet, oldest first: what goes on, and what was told and is over."""
    over = and_(alerts.c.told_at.is_not(None), alerts.c.told_clear_at.is_(None))
    query = select(alerts).where(or_(alerts.c.cleared_at.is_(None), over)).order_by(alerts.c.id)
    return list(conn.execute(query).mappings())


def hearing(conn: Connection, alert_id: int, *, is_over: bool = False) -> dict[str, str]:
    """Return who has heard that an alert began, or that it is over: entries of `alerts: to:`, each with `HEARD`, or
    why it is not tried any more."""
    query = select(facts.c.value).where(facts.c.name == _hearing(alert_id, is_over))
    found: dict[str, str] = json.loads(conn.execute(query).scalar_one_or_none() or "{}")
    return found


def note_hearing(conn: Connection, alert_id: int, entry: str, word: str, now: datetime, *, is_over: bool) -> None:
    """Write down that someone has heard, or why they are not told."""
    value = json.dumps({**hearing(conn, alert_id, is_over=is_over), entry: word})
    statement = upsert(conn, facts).values(name=_hearing(alert_id, is_over), value=value)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
    if word == HEARD and not is_over:
        first = update(alerts).where(alerts.c.id == alert_id, alerts.c.told_at.is_(None))
        conn.execute(first.values(told_at=now))


def record_told_clear(conn: Connection, alert_id: int, now: datetime) -> None:
    """Write down that everyone who heard of it knows that it is over."""
    update_row(conn, alerts, alert_id, {"told_clear_at": now})
    _forget(conn, alert_id)


def _hearing(alert_id: int, is_over: bool) -> str:
    return f"told:{alert_id}:{'over' if is_over else 'began'}"


def _forget(conn: Connection, alert_id: int) -> None:
    names = [_hearing(alert_id, is_over) for is_over in (False, True)]
    conn.execute(delete(facts).where(facts.c.name.in_(names)))


def latest(conn: Connection, limit: int) -> Sequence[RowMapping]:
    """Return the newest alerts, open or over."""
    return conn.execute(select(alerts).order_by(alerts.c.id.desc()).limit(limit)).mappings().all()
