"""What providers said later: each word once, and what it is counted by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, RowMapping, func, select

from publisher.model.event import Event, EventKind
from publisher.store.subscribers import is_person, to_whom
from publisher.store.tables import Moment, Text, deliveries, events, recipients, sends, subscribers
from publisher.store.words import Statement


@dataclass(frozen=True, slots=True)
class About:
    """The delivery that a word is about, as it is now."""

    delivery_id: int
    send_id: int
    recipient_id: int
    list_id: int | None
    state: str
    call_id: int | None  # None: it was never tried


_ABOUT = Statement(
    """
    SELECT deliveries.id AS delivery_id, deliveries.send_id, deliveries.recipient_id, deliveries.list_id,
        deliveries.state, deliveries.call_id
    FROM deliveries
    WHERE deliveries.id {delivery_ids}
    """
)


def about(conn: Connection, delivery_ids: Iterable[int]) -> dict[int, About]:
    """Return the deliveries with these ids, by id; those that are gone are left out."""
    rows = _ABOUT(conn, delivery_ids=sorted(delivery_ids)).mappings()
    return {row["delivery_id"]: About(**row) for row in rows}


# Not by the count of rows: PostgreSQL's driver doesn't tell it of every INSERT.
_ADD = Statement(
    """
    INSERT INTO events (channel, event_key, type, delivery_id, happened_at, received_at, words, counts)
    VALUES (:channel, :event_key, :type, :delivery_id, :happened_at, :received_at, :words, :counts)
    ON CONFLICT DO NOTHING RETURNING id
    """,
    channel=Text,
    event_key=Text,
    words=Text,
    happened_at=Moment,
    received_at=Moment,
    counts=Boolean,
)


def add(conn: Connection, channel: str, event: Event, delivery_id: int | None, *, words: str, now: datetime) -> bool:
    """Keep a word; say whether it is new.

    :param delivery_id: None: of one that is not kept any more.
    """
    added = _ADD(
        conn,
        channel=channel,
        event_key=event.key,
        type=event.kind.value,
        delivery_id=delivery_id,
        happened_at=event.happened_at,
        received_at=now,
        words=words,
        counts=True,
    )
    return added.one_or_none() is not None


def known(conn: Connection, channel: str, key: str) -> RowMapping | None:
    """Return the word that is kept under a key."""
    query = select(events.c.type, events.c.delivery_id).where(events.c.channel == channel, events.c.event_key == key)
    return conn.execute(query).mappings().one_or_none()


_LATEST = Statement(
    """
    SELECT type FROM events
    WHERE delivery_id = :delivery_id AND counts AND type IN ('delivered', 'soft bounce', 'hard bounce', 'dropped')
    ORDER BY happened_at DESC, id DESC LIMIT 1
    """
)


def latest_fate(conn: Connection, delivery_id: int) -> EventKind | None:
    """Return the last word on whether a delivery arrived, by when it happened; words may come in any order."""
    found = _LATEST(conn, delivery_id=delivery_id).scalar_one_or_none()
    return None if found is None else EventKind(found)


_IN_A_ROW = Statement(
    """
    SELECT count(DISTINCT events.delivery_id) AS found
    FROM deliveries JOIN events ON events.delivery_id = deliveries.id
    WHERE deliveries.recipient_id = :recipient_id AND events.counts AND events.type IN ('soft bounce', 'dropped')
        AND events.happened_at > coalesce((
            SELECT max(arrived.happened_at) FROM deliveries AS other
            JOIN events AS arrived ON arrived.delivery_id = other.id
            WHERE other.recipient_id = :recipient_id AND arrived.type = 'delivered' AND arrived.counts
        ), 0)
    """,
    columns={"found": Integer},
)


def failed_in_a_row(conn: Connection, recipient_id: int) -> int:
    """Return how many letters to a reader did not arrive since the last one that did."""
    return int(_IN_A_ROW(conn, recipient_id=recipient_id).scalar_one())


def of_delivery(conn: Connection, delivery_id: int) -> list[RowMapping]:
    """Return what was said of a delivery, in the order in which it happened."""
    query = select(events).where(events.c.delivery_id == delivery_id)
    return list(conn.execute(query.order_by(events.c.happened_at, events.c.id)).mappings())


def of_person(conn: Connection, subscriber_id: int) -> list[RowMapping]:
    """Return what was said of all of a person's deliveries, in the order in which it happened."""
    query = (
        select(events)
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .join(recipients, recipients.c.id == deliveries.c.recipient_id)
        .join(subscribers, subscribers.c.id == recipients.c.subscriber_id)
        .where(is_person(subscriber_id))
    )
    return list(conn.execute(query.order_by(events.c.happened_at, events.c.id)).mappings())


def latest(
    conn: Connection, *, channel: str = "", kind: str = "", address_hash: str = "", limit: int = 100
) -> list[RowMapping]:
    """Return words, newest first; an empty value leaves it open."""
    query: Any = (
        select(events, sends.c.edition_id, to_whom().label("to"))
        .select_from(
            events.outerjoin(deliveries, deliveries.c.id == events.c.delivery_id)
            .outerjoin(sends, sends.c.id == deliveries.c.send_id)
            .outerjoin(recipients, recipients.c.id == deliveries.c.recipient_id)
            .outerjoin(subscribers, subscribers.c.id == recipients.c.subscriber_id)
        )
        .order_by(events.c.id.desc())
        .limit(limit)
    )
    for column, value in (
        (events.c.channel, channel),
        (events.c.type, kind),
        (subscribers.c.address_hash, address_hash),
    ):
        query = query.where(column == value) if value else query
    return list(conn.execute(query).mappings())


def last_heard(conn: Connection) -> dict[str, datetime]:
    """Return when each channel's provider was heard last."""
    query = select(events.c.channel, func.max(events.c.received_at, type_=Moment)).group_by(events.c.channel)
    return {row[0]: row[1] for row in conn.execute(query)}
