"""Numbers to watch, counted from rows that are few: sends, editions, channels; never from deliveries one by one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, text

from publisher.model.states import CallState, DeliveryState, EditionState, SendState
from publisher.store.figures import BAD
from publisher.store.tables import COUNTED, calls, channels, deliveries, editions, events, sends
from publisher.store.timetable import first_since

RECENT_CALLS = 1_000
WAITING = (SendState.ADDRESSED, SendState.SENDING)


def deliveries_by_channel(conn: Connection) -> dict[tuple[str, str], int]:
    """Return how many deliveries are in each state, by channel and state: from the books of the sends."""
    sums = (func.coalesce(func.sum(sends.c[state]), 0).label(state) for state in COUNTED)
    rows = conn.execute(select(sends.c.channel, *sums).group_by(sends.c.channel)).mappings()
    return {(row["channel"], state): int(row[state]) for row in rows for state in COUNTED}


def sends_by_state(conn: Connection) -> dict[str, int]:
    """Return how many sends are in each state."""
    rows = conn.execute(select(sends.c.state, func.count()).group_by(sends.c.state))
    return {row[0]: row[1] for row in rows}


def waiting_since(conn: Connection) -> dict[str, datetime]:
    """Return since when the oldest delivery that is due waits for each channel that has one."""
    found: dict[str, datetime] = {}
    open_sends = select(sends.c.id, sends.c.channel).where(sends.c.state.in_(WAITING), sends.c.pending > 0)
    for send_id, channel in conn.execute(open_sends).all():
        mine = (deliveries.c.send_id == send_id, deliveries.c.state == DeliveryState.PENDING)
        due_at = conn.execute(select(func.min(deliveries.c.due_at)).where(*mine)).scalar_one()
        if due_at is not None and (channel not in found or due_at < found[channel]):
            found[channel] = due_at
    return found


def latencies(conn: Connection) -> dict[str, list[float]]:
    """Return how many seconds the newest calls that were answered took, by channel."""
    spoken = (calls.c.state == CallState.ANSWERED, calls.c.spoke_at.is_not(None), calls.c.closed_at.is_not(None))
    newest = select(func.coalesce(func.max(calls.c.id), 0)).scalar_subquery()
    query = select(calls.c.channel, calls.c.spoke_at, calls.c.closed_at)
    found: dict[str, list[float]] = {}
    for channel, spoke_at, closed_at in conn.execute(query.where(calls.c.id > newest - RECENT_CALLS, *spoken)):
        found.setdefault(channel, []).append((closed_at - spoke_at).total_seconds())
    return found


def breakers(conn: Connection) -> list[RowMapping]:
    """Return the channels that ever failed, rested or were stopped."""
    query = select(channels.c.name, channels.c.failures, channels.c.open_until, channels.c.paused_at)
    return list(conn.execute(query).mappings())


def lateness(conn: Connection, since: datetime) -> dict[str, float]:
    """Return how many seconds after its slot each schedule's newest edition was locked, of those due since then."""
    locked = (editions.c.due_at >= since, editions.c.locked_at.is_not(None))
    rows = conn.execute(
        select(editions.c.schedule, editions.c.due_at, editions.c.locked_at).where(*locked).order_by(editions.c.id)
    )
    return {schedule: (locked_at - due_at).total_seconds() for schedule, due_at, locked_at in rows}


def editions_by_state(conn: Connection, since: datetime) -> dict[str, int]:
    """Return how many editions due since then are in each state."""
    query = select(editions.c.state, func.count()).where(editions.c.due_at >= since).group_by(editions.c.state)
    found = {state.value: 0 for state in EditionState}
    return found | {row[0]: row[1] for row in conn.execute(query)}


def schema(conn: Connection) -> str:
    """Return the newest migration that the ledger has."""
    return str(conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def complaints(conn: Connection, since: datetime) -> dict[str, int]:
    """Return how many deliveries were complained about since then, by channel: providers' words of that are few."""
    query = (
        select(events.c.channel, func.count(events.c.delivery_id.distinct()))
        .where(BAD, events.c.type == "complained", events.c.happened_at >= since, events.c.counts)
        .group_by(events.c.channel)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def mailed(conn: Connection, since: datetime) -> dict[str, int]:
    """Return how many mails went out by the sends that were made since then, by channel."""
    first = first_since(conn, sends, sends.c.made_at, since)
    query = select(sends.c.channel, func.sum(sends.c.sent)).where(sends.c.id >= first)
    return {row[0]: int(row[1] or 0) for row in conn.execute(query.group_by(sends.c.channel))}
