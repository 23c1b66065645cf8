"""The send log as people read it: every delivery with its outcome, filtered, paged by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, case, func, literal, select

from publisher.model.states import DeliveryState
from publisher.store.log_search import Filter, Place, search
from publisher.store.sql import among
from publisher.store.subscribers import to_whom
from publisher.store.tables import (
    Moment,
    calls,
    deliveries,
    editions,
    lists,
    messages,
    outcomes,
    recipients,
    sends,
    subscribers,
)
from publisher.store.trials import UNDECIDED

__all__ = ["Filter", "Page", "Place", "find", "get", "look"]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the log: sends newest first, the readers of a send in their own order."""

    rows: Sequence[RowMapping]
    goes_on: Place | None  # where the next page begins; None: this is the last
    is_cut_short: bool = False  # the time to look was over before the page was full


def look(conn: Connection, wanted: Filter, patience: float | None = None) -> Page:
    """Return a page of deliveries.

    :param patience: seconds to look; None: until the page is full.
    """
    hits = search(conn, wanted, patience)
    if not hits.ids:
        return Page([], hits.goes_on, hits.is_cut_short)
    rows = {row["id"]: row for row in conn.execute(_query().where(among(deliveries.c.id, hits.ids))).mappings()}
    return Page([rows[each] for each in hits.ids], hits.goes_on, hits.is_cut_short)


def find(conn: Connection, wanted: Filter) -> list[RowMapping]:
    """Return deliveries: sends newest first, the readers of a send in their own order."""
    return list(look(conn, wanted).rows)


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
        .outerjoin(lists, lists.c.id == deliveries.c.list_id)
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
        messages.c.kind.label("message"),
        lists.c.name.label("list"),
        recipients.c.subscriber_id,
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
