"""The send log as people read it: every delivery with its outcome, filtered, paged by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, case, func, literal, select

from publisher.model.states import DeliveryState
from publisher.store.subscribers import is_person, to_whom
from publisher.store.tables import (
    Moment,
    calls,
    deliveries,
    editions,
    messages,
    outcomes,
    recipients,
    sends,
    subscribers,
)
from publisher.store.trials import UNDECIDED


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries; an empty field leaves it open."""

    edition_id: int | None = None
    send_id: int | None = None
    channel: str = ""
    address_hash: str = ""
    subscriber_id: int | None = None  # what went to any address of theirs
    state: str = ""
    after_id: int | None = None  # keyset: only deliveries with a smaller id
    limit: int = 100


def find(conn: Connection, wanted: Filter) -> list[RowMapping]:
    """Return deliveries, newest first."""
    query = _query().order_by(deliveries.c.id.desc()).limit(wanted.limit)
    return list(conn.execute(_narrow(query, wanted)).mappings())


def get(conn: Connection, delivery_id: int) -> RowMapping | None:
    return conn.execute(_query().where(deliveries.c.id == delivery_id)).mappings().one_or_none()


def _query() -> Select[Any]:
    tried = and_(outcomes.c.call_id == deliveries.c.call_id, outcomes.c.delivery_id == deliveries.c.id)
    joined = (
        deliveries.join(sends, sends.c.id == deliveries.c.send_id)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .join(recipients, recipients.c.id == deliveries.c.recipient_id)
        .outerjoin(subscribers, subscribers.c.id == recipients.c.subscriber_id)
        .outerjoin(calls, calls.c.id == deliveries.c.call_id)
        .outerjoin(outcomes, tried)
        .join(messages, messages.c.id == deliveries.c.message_id)
    )
    return select(
        deliveries.c.id,
        sends.c.edition_id,
        editions.c.schedule,
        editions.c.slot,
        editions.c.practice,
        sends.c.id.label("send_id"),
        sends.c.kind,
        sends.c.entry,
        sends.c.channel,
        to_whom().label("to"),
        deliveries.c.state,
        deliveries.c.attempts,
        _due_at().label("due_at"),
        messages.c.variant,
        deliveries.c.call_id,
        calls.c.spoke_at,
        calls.c.closed_at,
        _when().label("when"),
        calls.c.status,
        calls.c.url,
        calls.c.key,
        func.coalesce(outcomes.c.provider_id, calls.c.provider_id).label("provider_id"),
        func.coalesce(deliveries.c.reason, outcomes.c.reason, calls.c.reason, "").label("reason"),
    ).select_from(joined)


def _when() -> ColumnElement[Any]:
    """Return when what its state says happened; where nothing has happened yet, when it is due."""
    cancelled = case((deliveries.c.state == DeliveryState.CANCELLED, sends.c.done_at))
    return func.coalesce(cancelled, calls.c.closed_at, _due_at(), type_=deliveries.c.due_at.type)


def _due_at() -> ColumnElement[Any]:
    """Return when it is due; NULL: that is not decided."""
    return func.nullif(deliveries.c.due_at, literal(UNDECIDED, Moment), type_=deliveries.c.due_at.type)


def _narrow(query: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.edition_id is not None:
        query = query.where(sends.c.edition_id == wanted.edition_id)
    if wanted.send_id is not None:
        query = query.where(deliveries.c.send_id == wanted.send_id)
    if wanted.channel:
        query = query.where(sends.c.channel == wanted.channel)
    if wanted.address_hash:
        query = query.where(subscribers.c.address_hash == wanted.address_hash)
    if wanted.subscriber_id is not None:
        query = query.where(is_person(wanted.subscriber_id))
    if wanted.state:
        query = query.where(deliveries.c.state == wanted.state)
    if wanted.after_id is not None:
        query = query.where(deliveries.c.id < wanted.after_id)
    return query
