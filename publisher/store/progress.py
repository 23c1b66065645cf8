"""How far sends are, and how quickly they go: one short question, asked once a second while somebody looks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select

from publisher.model.states import SendState
from publisher.store.sql import among
from publisher.store.tables import calls, editions, sends

UNDER_WAY = (SendState.READY, SendState.ADDRESSED, SendState.SENDING)
RECENT = timedelta(minutes=1)  # so far back a rate is measured
NEWEST = 3_000  # calls looked at, however quickly they follow one another
MOST_SEEN = 500  # sends of all live pages together
FINAL = ("sent", "refused")  # outcomes of a call after which its readers are done with


def under_way(conn: Connection, now: datetime, *, limit: int) -> list[RowMapping]:
    """Return the sends that are under way, those that have begun first, with their editions and their pace.

    ``readers_lately`` is how many readers their calls were for in the last minute, ``since`` when the first of these
    calls was opened; both None where there was none.
    """
    return _with_pace(conn, now, sends.c.state.in_(UNDER_WAY), limit)


def of_sends(conn: Connection, send_ids: Collection[int], now: datetime) -> list[RowMapping]:
    """Return these sends as `under_way` does, whatever their state."""
    return _with_pace(conn, now, among(sends.c.id, send_ids), len(send_ids)) if send_ids else []


def of_editions(conn: Connection, edition_ids: Sequence[int], now: datetime) -> list[RowMapping]:
    """Return the sends of these editions as `under_way` does, whatever their state."""
    return seen(conn, now, edition_ids, is_all=False)


def seen(conn: Connection, now: datetime, edition_ids: Sequence[int], *, is_all: bool) -> list[RowMapping]:
    """Return the sends of these editions whatever their state, and where asked for all that are under way."""
    mine = among(sends.c.edition_id, edition_ids)
    which = or_(mine, sends.c.state.in_(UNDER_WAY)) if is_all else mine
    return _with_pace(conn, now, which, MOST_SEEN) if is_all or edition_ids else []


def _with_pace(conn: Connection, now: datetime, which: ColumnElement[bool], limit: int) -> list[RowMapping]:
    # By their ids: no index leads from a send to its newest calls.
    columns = (calls.c.send_id, calls.c.size, calls.c.opened_at, calls.c.closed_at, calls.c.outcome)
    newest = select(*columns).order_by(calls.c.id.desc()).limit(NEWEST).subquery()
    lately = (
        select(
            newest.c.send_id,
            func.sum(newest.c.size).label("readers_lately"),
            func.min(newest.c.opened_at).label("since"),
        )
        .where(newest.c.closed_at > now - RECENT, newest.c.outcome.in_(FINAL))
        .group_by(newest.c.send_id)
        .subquery()
    )
    query = (
        select(sends, editions.c.schedule, editions.c.slot, lately.c.readers_lately, lately.c.since)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .outerjoin(lately, lately.c.send_id == sends.c.id)
        .where(which)
        .order_by(sends.c.started_at.is_(None), sends.c.priority, sends.c.id)
        .limit(limit)
    )
    return list(conn.execute(query).mappings())
