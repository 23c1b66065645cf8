"""Deliveries: the audience frozen, claimed under a call, settled by it. Every write is conditional."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Subquery,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from publisher.model.states import DeliveryState, SendState
from publisher.model.subscriber import SubscriptionState
from publisher.store import subscribers as people
from publisher.store.sends import lock
from publisher.store.sql import among, among_chosen, count_anew, upsert
from publisher.store.tables import (
    Moment,
    deliveries,
    editions,
    lists,
    recipients,
    sends,
    subscribers,
    subscriptions,
    suppressions,
)

D = DeliveryState
# In the words of the partial index, which a parameter would not match.
IS_PENDING = deliveries.c.state == literal_column("'pending'")
MANY = 1000
LEFT_SINCE = "left the list after the edition was addressed"


@dataclass(frozen=True, slots=True)
class Member:
    """One delivery under a call, with the person or account it is for."""

    delivery_id: int
    address: str  # e-mail address, or the channel's name for its own account
    name: str
    attributes: Mapping[str, str]
    subscriber_id: int | None
    list_id: int
    list_name: str
    since: datetime | None
    basis: str
    blocked: str  # why they must not be written to any more; empty: they may


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


@dataclass(frozen=True, slots=True)
class Due:
    """What a claim would take: deliveries of one message of one send."""

    send_id: int
    message_id: int


def next_due(conn: Connection, channel: str, now: datetime, only: Sequence[int] | None = None) -> Due | None:
    """Return what the channel has to send next, by priority; None when nothing is due.

    :param only: look among these deliveries instead, due or not.
    """
    is_due = deliveries.c.due_at <= now if only is None else among(deliveries.c.id, only)
    # One look into the index for each open send, however many rows wait behind it.
    first = _first_pending(deliveries.c.message_id, is_due)
    found = select(sends.c.id, sends.c.priority, first.label("message_id")).where(*_open_sends(channel)).subquery()
    query = select(found).where(found.c.message_id.is_not(None)).order_by(found.c.priority, found.c.id).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else Due(row.id, row.message_id)


def _open_sends(channel: str) -> list[ColumnElement[bool]]:
    is_open = sends.c.state.in_([SendState.ADDRESSED, SendState.SENDING])
    return [sends.c.channel == channel, is_open, sends.c.pending > 0]


def _first_pending(column: ColumnElement[Any], *wanted: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Return a column of a send's pending delivery that is due first."""
    first = select(column).where(deliveries.c.send_id == sends.c.id, IS_PENDING, *wanted)
    return first.order_by(deliveries.c.due_at, deliveries.c.id).limit(1).correlate(sends).scalar_subquery()


def next_due_at(conn: Connection, channel: str) -> datetime | None:
    """Return when the channel's next delivery is due; None when none is pending."""
    first = select(_first_pending(deliveries.c.due_at).label("due_at")).where(*_open_sends(channel)).subquery()
    return conn.execute(select(func.min(first.c.due_at, type_=Moment))).scalar_one_or_none()


def take(
    conn: Connection, due: Due, *, call_id: int, limit: int, now: datetime, only: Sequence[int] | None = None
) -> list[int]:
    """Claim up to `limit` due deliveries for a call; losing the race gives fewer, or none."""
    lock(conn, due.send_id)
    chosen = (
        select(deliveries.c.id)
        .where(
            deliveries.c.send_id == due.send_id,
            deliveries.c.message_id == due.message_id,
            IS_PENDING,
            deliveries.c.due_at <= now if only is None else among(deliveries.c.id, only),
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(deliveries)
        .where(among_chosen(deliveries.c.id, chosen))
        .values(state=D.TAKEN.value, call_id=call_id, attempts=deliveries.c.attempts + 1)
        .returning(deliveries.c.id)
    )
    return sorted(conn.execute(claimed).scalars())


def first_of_send(conn: Connection, send_id: int) -> int | None:
    """Return the send's first delivery that is or was to go out; None before it was addressed, or for nobody."""
    query = select(func.min(deliveries.c.id)).where(
        deliveries.c.send_id == send_id, deliveries.c.state.not_in([D.EXCLUDED, D.SUPPRESSED])
    )
    return conn.execute(query).scalar_one_or_none()


def attempts_of(conn: Connection, delivery_ids: Sequence[int]) -> int:
    """Return how often the most tried of these deliveries was tried."""
    query = select(func.max(deliveries.c.attempts)).where(among(deliveries.c.id, delivery_ids))
    return int(conn.execute(query).scalar_one() or 0)


def in_doubt(conn: Connection, call_id: int, delivery_ids: Sequence[int]) -> int:
    """Return how many of these deliveries are unknown by this call."""
    mine = (among(deliveries.c.id, delivery_ids), deliveries.c.call_id == call_id, deliveries.c.state == D.UNKNOWN)
    return int(conn.execute(select(func.count()).where(*mine)).scalar_one())


def domains_of(conn: Connection, delivery_ids: Sequence[int], domain_ids: Sequence[int]) -> dict[int, int]:
    """Return the mail domain of those of these deliveries that go to one of the domains."""
    mine = (among(deliveries.c.id, delivery_ids), among(deliveries.c.domain_id, domain_ids))
    return {row.id: row.domain_id for row in conn.execute(select(deliveries.c.id, deliveries.c.domain_id).where(*mine))}


def members(conn: Connection, delivery_ids: Sequence[int]) -> list[Member]:
    """Return whom these deliveries are for, with whether they may still be written to."""
    scope = or_(suppressions.c.scope == "all", suppressions.c.scope == "list:" + lists.c.name)
    why = (
        select(suppressions.c.reason)
        .where(suppressions.c.address_hash == subscribers.c.address_hash, scope)
        .limit(1)
        .scalar_subquery()
    )
    mine = and_(subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.list_id == deliveries.c.list_id)
    joined = (
        deliveries.join(recipients, recipients.c.id == deliveries.c.recipient_id)
        .outerjoin(subscribers, subscribers.c.id == recipients.c.subscriber_id)
        .outerjoin(subscriptions, mine)
        .outerjoin(lists, lists.c.id == deliveries.c.list_id)
    )
    query = (
        select(
            deliveries.c.id,
            recipients.c.channel,
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.email,
            subscribers.c.name,
            subscribers.c.attributes,
            deliveries.c.list_id,
            lists.c.name.label("list"),
            subscriptions.c.state,
            subscriptions.c.since,
            subscriptions.c.basis,
            why.label("why"),
        )
        .select_from(joined)
        .where(among(deliveries.c.id, delivery_ids))
        .order_by(deliveries.c.id)
    )
    return [_member(row) for row in conn.execute(query).mappings()]


def _member(row: Any) -> Member:
    if row["channel"] is not None:
        return Member(row["id"], row["channel"], "", {}, None, 0, "", None, "", "")
    gone = row["state"] != SubscriptionState.CONFIRMED
    blocked = row["why"] or (LEFT_SINCE if gone else "")
    return Member(
        row["id"],
        row["email"],
        row["name"],
        row["attributes"],
        row["subscriber_id"],
        row["list_id"],
        row["list"],
        row["since"],
        row["basis"] or "",
        blocked,
    )


def move(
    conn: Connection,
    delivery_ids: Sequence[int],
    *,
    call_id: int,
    origin: DeliveryState,
    to: DeliveryState,
    due_at: datetime | None = None,
    reason: str | None = None,
    attempts: int = 0,
) -> int:
    """Move the deliveries that are still `origin` under this call; return how many moved.

    The caller has locked the send (`sends.lock`).
    """
    values: dict[str, Any] = {"state": to.value, "reason": reason}
    if due_at is not None:
        values["due_at"] = due_at
    if attempts:
        values["attempts"] = deliveries.c.attempts + attempts
    moved = (
        update(deliveries)
        .where(among(deliveries.c.id, delivery_ids), deliveries.c.call_id == call_id, deliveries.c.state == origin)
        .values(values)
    )
    return conn.execute(moved).rowcount
