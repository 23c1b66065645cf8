"""Deliveries moved because a person said so: batch by batch, each row conditional on the state it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, or_, select, update

from publisher.model.states import DeliveryState
from publisher.store.subscribers import to_whom
from publisher.store.tables import calls, deliveries, editions, outcomes, recipients, sends, subscribers

BATCH = 2_000  # rows of one transaction: others write in between


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Which deliveries of unknown fate; an empty field leaves it open."""

    edition_id: int | None = None
    delivery_ids: tuple[int, ...] = ()
    address_hash: str = ""
    after_id: int = 0  # keyset: only deliveries with a greater id
    limit: int = field(default=500)


def recipient_of(conn: Connection, address_hash: str) -> int | None:
    """Return the row that stands for an address in deliveries; None where it was never written to."""
    query = select(recipients.c.id).join(subscribers).where(subscribers.c.address_hash == address_hash)
    return conn.execute(query).scalar_one_or_none()


def move_batch(
    conn: Connection,
    send_id: int,
    *,
    origin: DeliveryState,
    to: DeliveryState,
    after: int,
    recipient_id: int | None = None,
    limit: int = BATCH,
    **values: Any,
) -> tuple[int, int | None]:
    """Move the send's next deliveries in the order of their recipients; return how many, and where to go on.

    :param after: the recipient at which the batch before ended; 0 begins.
    :param recipient_id: only the delivery to this one.
    """
    mine = [deliveries.c.send_id == send_id, deliveries.c.recipient_id > after, deliveries.c.state == origin]
    if recipient_id is not None:
        mine.append(deliveries.c.recipient_id == recipient_id)
    batch = select(deliveries.c.recipient_id).where(*mine).order_by(deliveries.c.recipient_id).limit(limit).subquery()
    last = conn.execute(select(func.max(batch.c.recipient_id))).scalar_one()
    if last is None:
        return 0, None
    moved = update(deliveries).where(*mine, deliveries.c.recipient_id <= last).values(state=to.value, **values)
    return conn.execute(moved).rowcount, int(last)


def doubtful(conn: Connection, wanted: Doubtful) -> list[RowMapping]:
    """Return deliveries that may or may not have arrived, with the call that left it open, oldest first."""
    joined = (
        deliveries.join(sends, sends.c.id == deliveries.c.send_id)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .join(recipients, recipients.c.id == deliveries.c.recipient_id)
        .outerjoin(subscribers, subscribers.c.id == recipients.c.subscriber_id)
        .outerjoin(calls, calls.c.id == deliveries.c.call_id)
        .outerjoin(outcomes, and_(outcomes.c.call_id == calls.c.id, outcomes.c.delivery_id == deliveries.c.id))
    )
    query = select(
        deliveries.c.id,
        deliveries.c.send_id,
        deliveries.c.call_id,
        sends.c.state.label("send_state"),
        sends.c.edition_id,
        editions.c.schedule,
        editions.c.slot,
        editions.c.practice,
        func.coalesce(calls.c.channel, sends.c.channel).label("channel"),
        to_whom().label("to"),
        calls.c.spoke_at,
        calls.c.key,
        calls.c.retry_at,
        func.coalesce(outcomes.c.provider_id, calls.c.provider_id).label("provider_id"),
        func.coalesce(outcomes.c.reason, calls.c.reason, "").label("reason"),
    ).select_from(joined)
    # By the counter first: the rows of a send without doubts are not looked through.
    query = query.where(sends.c.unknown > 0, deliveries.c.state == DeliveryState.UNKNOWN)
    query = _narrow(query, wanted).order_by(deliveries.c.id).limit(wanted.limit)
    return list(conn.execute(query).mappings())


def _narrow(query: Select[Any], wanted: Doubtful) -> Select[Any]:
    if wanted.edition_id is not None:
        query = query.where(sends.c.edition_id == wanted.edition_id)
    if wanted.delivery_ids:
        query = query.where(deliveries.c.id.in_(wanted.delivery_ids))
    if wanted.address_hash:
        query = query.where(subscribers.c.address_hash == wanted.address_hash)
    return query.where(deliveries.c.id > wanted.after_id)


def settle_one(conn: Connection, row: RowMapping, to: DeliveryState, due_at: datetime | None = None) -> bool:
    """Move one doubtful delivery, if it is still in doubt under the same call; say whether it moved."""
    values: dict[str, Any] = {"state": to.value} if due_at is None else {"state": to.value, "due_at": due_at}
    query = update(deliveries).where(
        deliveries.c.id == row["id"],
        deliveries.c.state == DeliveryState.UNKNOWN,
        or_(deliveries.c.call_id == row["call_id"], deliveries.c.call_id.is_(None)),
    )
    return conn.execute(query.values(values)).rowcount == 1


def calls_under_way(conn: Connection, send_ids: list[int] | None) -> list[RowMapping]:
    """Return the calls between claim and answer, of these sends or (None) of all."""
    query = select(calls.c.id, calls.c.send_id, calls.c.channel, calls.c.size, calls.c.state, calls.c.opened_at)
    query = query.where(calls.c.state.in_(["claimed", "sending"])).order_by(calls.c.id)
    if send_ids is not None:
        query = query.where(calls.c.send_id.in_(send_ids))
    return list(conn.execute(query).mappings())


def count_doubtful(conn: Connection, edition_id: int | None = None) -> int:
    """Return how many deliveries may or may not have arrived, from the books."""
    query = select(func.coalesce(func.sum(sends.c.unknown), 0))
    if edition_id is not None:
        query = query.where(sends.c.edition_id == edition_id)
    return int(conn.execute(query).scalar_one())
