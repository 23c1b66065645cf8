"""What stands in the calendar: editions, what waits in queues, what was put right or taken down."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, Table, and_, select

from publisher.model.states import SendState
from publisher.store.editions import TEST
from publisher.store.sends import FOLLOWING
from publisher.store.sql import among
from publisher.store.tables import editions, sends

_EDITION = ("id", "schedule", "slot", "language", "due_at", "state", "reason", "practice")
_SEND = ("id", "edition_id", "entry", "kind", "channel", "audience", "state", "reasons", "made_at", "due_at")
_COUNTED = ("candidates", "sent", "failed", "unknown")


def editions_between(
    conn: Connection, schedules: Iterable[str], since: datetime, until: datetime, *, limit: int
) -> list[RowMapping]:
    """Return the editions of these schedules that were or are due from `since` on and before `until`, in order.

    A test is none. The index is by schedule: to name them all is quicker than to name none.
    """
    query = select(*(editions.c[name] for name in _EDITION)).where(
        among(editions.c.schedule, schedules),
        editions.c.due_at >= since,
        editions.c.due_at < until,
        editions.c.slot.not_like(f"{TEST}%"),
    )
    return list(conn.execute(query.order_by(editions.c.due_at, editions.c.id).limit(limit)).mappings())


def sends_of(conn: Connection, edition_ids: Iterable[int]) -> list[RowMapping]:
    """Return what brings these editions, in the order in which it was made."""
    mine = (among(sends.c.edition_id, edition_ids), sends.c.kind.not_in(FOLLOWING))
    return list(conn.execute(select(*_columns()).where(*mine).order_by(sends.c.id)).mappings())


def queued(conn: Connection, since: datetime, until: datetime, *, limit: int) -> list[RowMapping]:
    """Return what is ready and waits for a turn of its own, later than its edition's slot, from `since` to `until`."""
    own_turn = (sends.c.state == SendState.READY, sends.c.due_at > editions.c.due_at, sends.c.kind.not_in(FOLLOWING))
    mine = (*own_turn, sends.c.due_at >= since, sends.c.due_at < until)
    return _with_edition(conn, and_(*mine), limit)


def following(conn: Connection, since: datetime, until: datetime, *, limit: int) -> list[RowMapping]:
    """Return the corrections and withdrawals that were made from `since` on and before `until`."""
    first, last = first_since(conn, sends, sends.c.made_at, since), first_since(conn, sends, sends.c.made_at, until)
    return _with_edition(conn, and_(sends.c.id >= first, sends.c.id < last, sends.c.kind.in_(FOLLOWING)), limit)


def _with_edition(conn: Connection, mine: ColumnElement[bool], limit: int) -> list[RowMapping]:
    theirs = (editions.c.schedule, editions.c.slot, editions.c.language, editions.c.practice)
    query = select(*_columns(), *theirs).join(editions, editions.c.id == sends.c.edition_id)
    return list(conn.execute(query.where(mine).order_by(sends.c.id).limit(limit)).mappings())


def _columns() -> list[Column[object]]:
    return [sends.c[name] for name in (*_SEND, *_COUNTED)]


def first_since(conn: Connection, table: Table, column: Column[datetime], moment: datetime) -> int:
    """Return the first id of a table whose rows were written in the order of their ids from a moment on.

    One past the last where there is none. By halving, a few dozen rows are looked up by their key, in a table of any
    size; it needs no index by time, which every write would have to pay for. Rows that were written in the same
    moment, or under a clock that was set back, may be on the wrong side.
    """
    edges = select(table.c.id).limit(1)
    low = conn.execute(edges.order_by(table.c.id)).scalar_one_or_none() or 1
    high = (conn.execute(edges.order_by(table.c.id.desc())).scalar_one_or_none() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        near = select(table.c.id, column).where(table.c.id >= middle, table.c.id < high, column.is_not(None))
        found = conn.execute(near.order_by(table.c.id).limit(1)).one_or_none()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return high
