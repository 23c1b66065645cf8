"""The audience of a send, frozen: one delivery for each reader or account."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, Subquery, case, exists, func, insert, literal, select

from publisher.model.states import DeliveryState
from publisher.store import subscribers as people
from publisher.store.sends import lock
from publisher.store.sql import count_anew, upsert
from publisher.store.tables import Moment, deliveries, editions, recipients, sends, subscribers, subscriptions

D = DeliveryState
MANY = 1000


def freeze_readers(
    conn: Connection, *, send_id: int, edition_id: int, list_id: int, message_id: int, due_at: datetime
) -> Counter[str]:
    """Add a list's readers to a send, each once per edition; return how many per state.

    The edition is locked first: two sends of one edition, addressed at once, must not both count a reader as theirs.
    """
    conn.execute(select(editions.c.id).where(editions.c.id == edition_id).with_for_update(key_share=True))
    lock(conn, send_id)
    readers = people.of_list(list_id).subquery()
    _make_recipients(conn, people.of_list(list_id).subquery())
    other = deliveries.alias("other")
    gets_it_already = exists(
        select(1)
        .select_from(other.join(sends, sends.c.id == other.c.send_id))
        .where(
            other.c.recipient_id == recipients.c.id,
            sends.c.edition_id == edition_id,
            sends.c.id != send_id,
            other.c.state.not_in([D.EXCLUDED, D.SUPPRESSED, D.CANCELLED]),
        )
    )
    in_this_send = exists(select(1).where(other.c.send_id == send_id, other.c.recipient_id == recipients.c.id))
    state = case(
        (readers.c.suppressed.is_not(None), D.SUPPRESSED.value),
        (gets_it_already, D.EXCLUDED.value),
        else_=D.PENDING.value,
    )
    already = case((gets_it_already, "gets this edition by another list"))
    chosen = (
        select(
            literal(send_id),
            recipients.c.id,
            literal(message_id),
            literal(list_id),
            readers.c.domain_id,
            state,
            literal(due_at, Moment),
            literal(0),
            func.coalesce(readers.c.suppressed, already),
        )
        .select_from(readers.join(recipients, recipients.c.subscriber_id == readers.c.id))
        .where(~in_this_send)
    )
    before = _per_state(conn, send_id)
    conn.execute(insert(deliveries).from_select(_COLUMNS, chosen))
    added = _per_state(conn, send_id) - before
    if added.total() > MANY:
        count_anew(conn, deliveries, recipients, subscribers, subscriptions)
    return added


def _make_recipients(conn: Connection, readers: Subquery) -> None:
    """Give each reader who never got anything a row as a recipient."""
    met = exists(select(1).where(recipients.c.subscriber_id == readers.c.id))
    # In order, so that two transactions that add the same people can't wait for each other.
    new = select(readers.c.id).where(~met).order_by(readers.c.id)
    conn.execute(upsert(conn, recipients).from_select(["subscriber_id"], new).on_conflict_do_nothing())


_COLUMNS = ["send_id", "recipient_id", "message_id", "list_id", "domain_id", "state", "due_at", "attempts", "reason"]


def _per_state(conn: Connection, send_id: int) -> Counter[str]:
    query = select(deliveries.c.state, func.count()).where(deliveries.c.send_id == send_id)
    return Counter({str(state): n for state, n in conn.execute(query.group_by(deliveries.c.state))})


def freeze_account(conn: Connection, *, send_id: int, channel: str, message_id: int, due_at: datetime) -> None:
    """Make the one delivery of a post: to the channel's own account."""
    conn.execute(upsert(conn, recipients).values(channel=channel).on_conflict_do_nothing())
    recipient = conn.execute(select(recipients.c.id).where(recipients.c.channel == channel)).scalar_one()
    conn.execute(
        insert(deliveries).values(
            send_id=send_id,
            recipient_id=recipient,
            message_id=message_id,
            state=D.PENDING.value,
            due_at=due_at,
            attempts=0,
        )
    )
