"""The audience of a send, frozen: one delivery for each reader or account."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from publisher.model.segment import Selection
from publisher.model.states import DeliveryState
from publisher.model.trial import HUNDRED
from publisher.store import subscribers as people
from publisher.store.deliveries import QUIET_UNTIL, members
from publisher.store.earlier import had_before
from publisher.store.segments import meant
from publisher.store.sends import lock, of_edition
from publisher.store.sql import among, count_anew, day_of, upsert
from publisher.store.tables import Moment, Text, deliveries, editions, recipients, sends, subscribers, subscriptions
from publisher.store.trials import UNDECIDED, WAITS

D = DeliveryState
MANY = 1000
BY_ANOTHER = "gets this edition by another list"


@dataclass(frozen=True, slots=True)
class Halves:
    """On whom two messages of a send are tried: a share of its readers, whoever they are."""

    send_id: int  # where it begins: not always on the same readers
    second_id: int  # the message of the second half
    share: int  # percent, both halves together


def freeze_readers(
    conn: Connection,
    *,
    send_id: int,
    edition_id: int,
    list_id: int,
    message_id: int,
    due_at: datetime,
    selection: Selection,
    now: datetime,
    halves: Halves | None = None,
) -> Counter[str]:
    """Add a list's readers to a send, each once per edition; return how many per state.

    Whoever the selection doesn't mean is no candidate. Who asked for quiet, or has the article, is left out.

    :param halves: on whom two messages are tried; None: everybody gets the one.

    The edition is locked first: two sends of one edition, addressed at once, must not both count a reader as theirs.
    """
    conn.execute(select(editions.c.id).where(editions.c.id == edition_id).with_for_update(key_share=True))
    lock(conn, send_id)
    whom = meant(selection, now)
    _make_recipients(conn, people.of_list(list_id, whom).subquery())
    readers = people.of_list(list_id, whom).subquery()
    left_out = case(
        (readers.c.paused_until > now, literal(QUIET_UNTIL, Text).concat(day_of(readers.c.paused_until))),
        (_gets_it_already(conn, send_id, edition_id), BY_ANOTHER),
        else_=had_before(conn, edition_id, selection),
    )
    state = case(
        (readers.c.suppressed.is_not(None), D.SUPPRESSED.value),
        (left_out.is_not(None), D.EXCLUDED.value),
        else_=D.PENDING.value,
    )
    chosen = select(
        literal(send_id),
        recipients.c.id,
        literal(message_id),
        literal(list_id),
        readers.c.domain_id,
        state,
        literal(due_at, Moment),
        literal(0),
        func.coalesce(readers.c.suppressed, left_out),
    ).select_from(readers.join(recipients, recipients.c.subscriber_id == readers.c.id))
    before = _per_state(conn, send_id)
    if before.total():
        # Only then: while PostgreSQL takes the table for empty, it would read for each reader all that this writes.
        mine = (deliveries.c.send_id == send_id, deliveries.c.recipient_id == recipients.c.id)
        chosen = chosen.where(~exists(select(1).where(*mine)))
    if halves is not None:
        chosen = _in_halves(chosen, halves, before.total(), message_id, due_at)
    conn.execute(insert(deliveries).from_select(_COLUMNS, chosen))
    added = _per_state(conn, send_id) - before
    if added.total() > MANY:
        count_anew(conn, deliveries, recipients, subscribers, subscriptions)
    return added


def _in_halves(chosen: Select[Any], halves: Halves, there: int, message_id: int, due_at: datetime) -> Select[Any]:
    """Return the chosen rows with the readers on whom two messages are tried: by place alone, evenly over all of them.

    Of a hundred places in a row so many as the share says are tried, one after the other on the first and the second.

    :param there: how many the send has already, by an earlier list: the places go on.
    """
    inner = chosen.add_columns((func.row_number().over() + (there + halves.send_id - 1)).label("place")).subquery()
    known: dict[str, ColumnElement[Any]] = dict(zip((*_COLUMNS, "place"), inner.c, strict=True))
    so_far = known["place"] * halves.share
    is_tried = so_far % HUNDRED >= HUNDRED - halves.share
    is_second = so_far // HUNDRED % 2 == 1
    waits = and_(known["state"] == D.PENDING.value, ~is_tried)
    known["message_id"] = case((and_(is_tried, is_second), halves.second_id), else_=message_id)
    known["due_at"] = case((waits, literal(UNDECIDED, Moment)), else_=literal(due_at, Moment))
    known["reason"] = func.coalesce(known["reason"], case((waits, WAITS)))
    return select(*(known[name] for name in _COLUMNS))


def _gets_it_already(conn: Connection, send_id: int, edition_id: int) -> ColumnElement[bool]:
    """Say of a recipient that another send of the edition brings it to them."""
    others = [each["id"] for each in of_edition(conn, edition_id) if each["id"] != send_id]
    if not others:
        return false()
    mine = (deliveries.c.send_id.in_(others), deliveries.c.recipient_id == recipients.c.id)
    return exists(select(1).where(*mine, deliveries.c.state.not_in([D.EXCLUDED, D.SUPPRESSED, D.CANCELLED])))


def _make_recipients(conn: Connection, readers: Subquery) -> None:
    """Give each reader who never got anything a row as a recipient."""
    met = exists(select(1).where(recipients.c.subscriber_id == readers.c.id))
    # In order, so that two transactions that add the same people can't wait for each other.
    new = select(readers.c.id).where(~met).order_by(readers.c.id)
    conn.execute(upsert(conn, recipients).from_select(["subscriber_id"], new).on_conflict_do_nothing())


def move_to_other_lists(conn: Connection, delivery_ids: Sequence[int], list_ids: Sequence[int]) -> None:
    """Give those of these deliveries whose reader is still on one of the lists to the first such list."""
    for list_id in reversed(list_ids):  # the last word stays
        readers = people.of_list(list_id).subquery()
        may_be_written_to = exists(
            select(1)
            .select_from(recipients.join(readers, readers.c.id == recipients.c.subscriber_id))
            .where(recipients.c.id == deliveries.c.recipient_id, readers.c.suppressed.is_(None))
        )
        mine = among(deliveries.c.id, delivery_ids)
        conn.execute(update(deliveries).where(mine, may_be_written_to).values(list_id=list_id))


def left_out_for(conn: Connection, send_id: int, edition_id: int, now: datetime) -> Mapping[int, list[int]]:
    """Return the deliveries, by their send, that were excluded for the sake of this send, whose readers then left it.

    Each reader once, and only those who may still be written to by the other list.
    """
    gone, other = deliveries.alias("gone"), deliveries.alias("other")
    in_this_edition = sends.c.edition_id == edition_id
    gets_it_all_the_same = exists(
        select(1)
        .select_from(other.join(sends, sends.c.id == other.c.send_id))
        .where(other.c.recipient_id == gone.c.recipient_id, in_this_edition)
        .where(other.c.state.not_in([D.EXCLUDED, D.SUPPRESSED, D.CANCELLED]))
    )
    query = (
        select(deliveries.c.recipient_id, deliveries.c.id, deliveries.c.send_id)
        .select_from(gone.join(deliveries, deliveries.c.recipient_id == gone.c.recipient_id).join(sends))
        .where(gone.c.send_id == send_id, gone.c.state == D.SUPPRESSED, in_this_edition)
        .where(deliveries.c.state == D.EXCLUDED, deliveries.c.reason == BY_ANOTHER, ~gets_it_all_the_same)
        .order_by(deliveries.c.send_id)
    )
    found = conn.execute(query).all()
    may_get_it = {member.delivery_id for member in members(conn, [row.id for row in found], now) if not member.blocked}
    first = {row.recipient_id: row for row in reversed(found) if row.id in may_get_it}
    by_send: defaultdict[int, list[int]] = defaultdict(list)
    for row in first.values():
        by_send[row.send_id].append(row.id)
    return by_send


def let_in(conn: Connection, delivery_ids: Sequence[int], message_id: int, due_at: datetime) -> int:
    """Let excluded deliveries go out after all; return how many. Their send is locked."""
    mine = (among(deliveries.c.id, delivery_ids), deliveries.c.state == D.EXCLUDED)
    values = {"state": D.PENDING.value, "reason": None, "message_id": message_id, "due_at": due_at}
    return conn.execute(update(deliveries).where(*mine).values(values)).rowcount


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


def freeze_one(
    conn: Connection, *, send_id: int, subscriber_id: int, list_id: int | None, message_id: int, due_at: datetime
) -> bool:
    """Make the one delivery of a letter to one person; say whether they had none of this send yet.

    :param list_id: the list that it is about.
    """
    conn.execute(upsert(conn, recipients).values(subscriber_id=subscriber_id).on_conflict_do_nothing())
    chosen = select(
        literal(send_id),
        recipients.c.id,
        literal(message_id),
        literal(list_id, BigInteger),
        subscribers.c.domain_id,
        literal(D.PENDING.value),
        literal(due_at, Moment),
        literal(0),
        null(),
    ).join(subscribers, subscribers.c.id == recipients.c.subscriber_id)
    mine = recipients.c.subscriber_id == subscriber_id
    in_this_send = exists(
        select(1).where(deliveries.c.send_id == send_id, deliveries.c.recipient_id == recipients.c.id)
    )
    made = insert(deliveries).from_select(_COLUMNS, chosen.where(mine, ~in_this_send)).returning(deliveries.c.id)
    return conn.execute(made).one_or_none() is not None
