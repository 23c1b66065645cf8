"""Two rows that are one person from now on: choices, history and mails go over, and the old id leads to the new."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, select, update

from publisher.store.sql import upsert
from publisher.store.tables import (
    changes,
    deliveries,
    recipients,
    subscribers,
    subscriptions,
    update_row,
)


def lock(conn: Connection, *subscriber_ids: int) -> None:
    """Let nobody else change these rows until the transaction ends; always in the same order."""
    for each in sorted(subscriber_ids):
        conn.execute(select(subscribers.c.id).where(subscribers.c.id == each).with_for_update())


def hand_over(conn: Connection, subscription: RowMapping, person_id: int) -> None:
    """Make another row's subscription a person's own, who has none of that list."""
    conn.execute(_same(update(subscriptions), subscription).values(subscriber_id=person_id))


def drop(conn: Connection, subscription: RowMapping) -> None:
    """Take away a subscription that is kept as history."""
    conn.execute(_same(delete(subscriptions), subscription))


def _same(statement: Any, subscription: RowMapping) -> Any:
    return statement.where(
        subscriptions.c.list_id == subscription["list_id"],
        subscriptions.c.subscriber_id == subscription["subscriber_id"],
    )


def join_mails(conn: Connection, person_id: int, other_id: int) -> None:
    """Give a person what went, or is to go, to another row; where a send has both, each keeps its own."""
    conn.execute(upsert(conn, recipients).values(subscriber_id=person_id).on_conflict_do_nothing())
    mine, theirs = (_recipient(conn, each) for each in (person_id, other_id))
    own = deliveries.alias("own")
    both = exists(select(1).where(own.c.send_id == deliveries.c.send_id, own.c.recipient_id == mine))
    moved = update(deliveries).where(deliveries.c.recipient_id == theirs, ~both)
    conn.execute(moved.values(recipient_id=mine))


def _recipient(conn: Connection, subscriber_id: int) -> int | None:
    return conn.execute(select(recipients.c.id).where(recipients.c.subscriber_id == subscriber_id)).scalar_one_or_none()


def take_address(conn: Connection, person_id: int, other_id: int) -> None:
    """Give a person the address of another row, and what is known there and not of them; that row leads to them."""
    query = select(subscribers).where(subscribers.c.id.in_([person_id, other_id]))
    rows = {row["id"]: row for row in conn.execute(query).mappings()}
    mine, other = rows[person_id], rows[other_id]
    gone = {"address_hash": f"merged:{other_id}", "name": "", "attributes": {}, "merged_into": person_id}
    update_row(conn, subscribers, other_id, gone)
    values = {name: other[name] for name in ("email", "address_hash", "domain_id")}
    values |= {name: mine[name] or other[name] for name in ("name", "language")}
    update_row(conn, subscribers, person_id, {**values, "attributes": {**other["attributes"], **mine["attributes"]}})
    of_theirs = update(subscribers).where(subscribers.c.merged_into == other_id)
    conn.execute(of_theirs.values(merged_into=person_id))  # one step, however often two became one
    conn.execute(update(changes).where(changes.c.subscriber_id == other_id).values(subscriber_id=person_id))
