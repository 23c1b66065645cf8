"""What may need a person, as the ledger shows it: channels that rest or are stopped, editions that did not go out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Text, cast, func, or_, select

from publisher.model.call import Outcome
from publisher.model.states import CallState, EditionState, SendState
from publisher.store.tables import calls, channels, credentials, editions, sends, sources

HANDED_OVER = 200  # sends looked back on
NOT_BEGUN = (SendState.MADE, SendState.READY, SendState.ADDRESSED)


def of_channels(conn: Connection, known: Collection[str], now: datetime) -> list[RowMapping]:
    """Return the channels that rest, are stopped, or failed at their last call.

    :param known: those of schedules.yaml: of one that is gone there is nothing to mend.
    """
    trouble = or_(channels.c.failures > 0, channels.c.open_until > now, channels.c.paused_at.is_not(None))
    return list(
        conn.execute(select(channels).where(trouble, channels.c.name.in_(known)).order_by(channels.c.name)).mappings()
    )


def ending(conn: Connection, known: Collection[str], before: datetime) -> list[RowMapping]:
    """Return the channels with a credential that a person has to replace before that moment, soonest first."""
    query = select(credentials.c.channel, credentials.c.name, credentials.c.ends_at)
    soon = query.where(credentials.c.ends_at < before, credentials.c.channel.in_(known))
    return list(conn.execute(soon.order_by(credentials.c.ends_at, credentials.c.channel)).mappings())


def waiting_behind(conn: Connection, channel: str) -> tuple[int, int]:
    """Return how many readers of how many sends wait for a channel."""
    query = select(func.coalesce(func.sum(sends.c.pending), 0), func.count()).where(
        sends.c.channel == channel,
        sends.c.state.in_([SendState.ADDRESSED, SendState.SENDING, SendState.PAUSED]),
        sends.c.pending > 0,
    )
    readers, count = conn.execute(query).one()
    return int(readers), int(count)


def handed_over(conn: Connection) -> list[RowMapping]:
    """Return the newest sends that another channel than their own carries on, with their editions."""
    query = (
        select(sends, editions.c.schedule, editions.c.slot)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .where(cast(sends.c.reasons, Text).like('%"check":%"fallback"%'))
        .order_by(sends.c.id.desc())
        .limit(HANDED_OVER)
    )
    return list(conn.execute(query).mappings())


def parked(conn: Connection, overdue: datetime) -> list[RowMapping]:
    """Return the sends with readers of unknown fate that nothing will settle by itself, with their editions.

    :param overdue: what should have been looked at before this is looked at by nobody.
    """
    is_left = or_(calls.c.retry_at.is_(None), calls.c.retry_at < overdue)
    left_open = select(1).where(calls.c.send_id == sends.c.id, calls.c.state == CallState.UNKNOWN, is_left)
    query = (
        select(sends, editions.c.schedule, editions.c.slot)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .where(sends.c.unknown > 0, left_open.exists())
        .order_by(sends.c.id)
    )
    return list(conn.execute(query).mappings())


def mostly_failed(conn: Connection, since: datetime) -> list[RowMapping]:
    """Return the sends that ended since then and failed for at least half of those they were for."""
    query = (
        select(sends, editions.c.schedule, editions.c.slot)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .where(sends.c.done_at >= since, sends.c.failed > 0, sends.c.failed >= sends.c.sent)
        .order_by(sends.c.id)
    )
    # Not asked by its state: by that index every send that ever ended would be looked up.
    return [row for row in conn.execute(query).mappings() if row["state"] == SendState.DONE]


def not_begun(conn: Connection, due_before: datetime) -> list[RowMapping]:
    """Return the editions that were due by then, of which nothing has begun and that nobody holds: the late ones."""
    mine = sends.c.edition_id == editions.c.id
    made = select(1).where(mine)
    # Begun, held by someone, or not due yet by its own rules (after:, pace:, a recall window): not late.
    excused = select(1).where(mine, or_(sends.c.state.not_in(NOT_BEGUN), sends.c.due_at > due_before))
    query = (
        select(editions)
        .where(
            editions.c.state.in_([EditionState.DRAFT, EditionState.LOCKED]),
            editions.c.due_at < due_before,
            editions.c.made_at < due_before,
            or_(~made.exists(), ~excused.exists()),
        )
        .order_by(editions.c.due_at, editions.c.id)
    )
    return list(conn.execute(query).mappings())


def failing_sources(conn: Connection, good_before: datetime) -> list[RowMapping]:
    """Return the sources that have given nothing but errors since then, and those that are not asked any more."""
    long_ago = or_(sources.c.good_at < good_before, sources.c.good_at.is_(None))
    query = (
        select(sources)
        .where(sources.c.error.is_not(None), or_(long_ago, sources.c.stopped_at.is_not(None)))
        .order_by(sources.c.name)
    )
    return list(conn.execute(query).mappings())


def last_trouble(conn: Connection, send_id: int) -> RowMapping | None:
    """Return the send's newest call that did not simply succeed."""
    failed = or_(calls.c.outcome != "sent", calls.c.state == CallState.UNKNOWN)
    query = select(calls).where(calls.c.send_id == send_id, failed).order_by(calls.c.id.desc()).limit(1)
    return conn.execute(query).mappings().one_or_none()


def last_deferral(conn: Connection, send_id: int) -> RowMapping | None:
    """Return the send's newest call that certainly reached nobody, and is said again."""
    query = select(calls).where(calls.c.send_id == send_id, calls.c.outcome == Outcome.DEFERRED.value)
    return conn.execute(query.order_by(calls.c.id.desc()).limit(1)).mappings().one_or_none()
