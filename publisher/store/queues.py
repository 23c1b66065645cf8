"""Sends that wait for their turn: behind others of a schedule that keeps its distance, or of a channel with slots."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select, update

from publisher.model.states import SendState
from publisher.store.sends import REGULAR
from publisher.store.tables import editions, sends

MOST_EDITIONS = 2_000  # of a schedule that are looked back on

_COLUMNS = (
    *("id", "edition_id", "kind", "channel", "audience", "priority", "state", "due_at", "started_at", "after_mail"),
)


def ready(conn: Connection) -> list[RowMapping]:
    """Return the sends whose audience is still to be frozen, most urgent first; what is in no edition has no slot."""
    query = _rows().where(sends.c.state == SendState.READY).order_by(sends.c.priority, sends.c.id)
    return list(conn.execute(query).mappings())


def get(conn: Connection, send_id: int) -> RowMapping:
    return conn.execute(_rows().where(sends.c.id == send_id)).mappings().one()


def of_schedule(conn: Connection, schedule: str, since: datetime) -> list[RowMapping]:
    """Return what a schedule's editions sent since a moment or have before them, in the order in which it is due."""
    latest = select(editions.c.id).where(editions.c.schedule == schedule).order_by(editions.c.due_at.desc())
    return _in_order(conn, sends.c.edition_id.in_(latest.limit(MOST_EDITIONS)), since)


def of_channel(conn: Connection, channel: str, since: datetime) -> list[RowMapping]:
    """Return what a channel has sent of editions since a moment or has before it, in the order in which it is due."""
    return _in_order(conn, sends.c.channel == channel, since)


def put_off(conn: Connection, send_id: int, due_at: datetime) -> bool:
    """Say anew when a send is due that is not addressed yet; say whether it was so still."""
    mine = (sends.c.id == send_id, sends.c.state == SendState.READY)
    return conn.execute(update(sends).where(*mine).values(due_at=due_at)).rowcount == 1


def _rows() -> Select[tuple[object, ...]]:
    columns = [sends.c[name] for name in _COLUMNS]
    joined = sends.outerjoin(editions, editions.c.id == sends.c.edition_id)
    return select(*columns, editions.c.schedule, editions.c.slot, editions.c.language).select_from(joined)


def _in_order(conn: Connection, mine: ColumnElement[bool], since: datetime) -> list[RowMapping]:
    """Leave out what was cancelled before it began: it has no place any more."""
    counts = or_(sends.c.state != SendState.CANCELLED, sends.c.started_at.is_not(None))
    is_of_late = func.coalesce(sends.c.started_at, sends.c.due_at) >= since
    mine &= (sends.c.kind == REGULAR) & sends.c.due_at.is_not(None)
    query = _rows().where(mine, counts, or_(sends.c.state == SendState.READY, is_of_late))
    return list(conn.execute(query.order_by(sends.c.due_at, sends.c.id)).mappings())
