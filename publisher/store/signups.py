"""Sign-ups: people who asked for a list, until they said yes by mail or are forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, select, update

from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.store import consents
from publisher.store.sql import upsert
from publisher.store.subscribers import ensure_domain, find
from publisher.store.tables import changes, deliveries, recipients, subscribers, subscriptions


def enter(
    conn: Connection, email: str, address_hash: str, *, now: datetime, name: str = "", language: str = ""
) -> Subscriber:
    """Return the person with this address; where there is none, as somebody on no list.

    :param name: of somebody new; whoever is known keeps theirs, for anybody can type an address.
    """
    values = {"email": email, "address_hash": address_hash, "name": name, "attributes": {}, "made_at": now}
    values |= {"domain_id": ensure_domain(conn, email.rpartition("@")[2]), "language": language or None}
    conn.execute(upsert(conn, subscribers).values(values).on_conflict_do_nothing())
    found = find(conn, address_hash)
    assert found is not None  # noqa: S101 -- it was there, or it was made
    return found


def unanswered(conn: Connection, before: datetime, limit: int) -> list[RowMapping]:
    """Return subscriptions that nobody confirmed and that were asked for before a moment, locked."""
    open_ones = (subscriptions.c.state == SubscriptionState.UNCONFIRMED, subscriptions.c.since < before)
    query = select(subscriptions).where(*open_ones).order_by(subscriptions.c.subscriber_id, subscriptions.c.list_id)
    return list(conn.execute(query.limit(limit).with_for_update()).mappings())


def take_back(conn: Connection, subscription: RowMapping) -> None:
    """Forget that a list was asked for: what held before holds again, or nothing does."""
    mine = (
        subscriptions.c.subscriber_id == subscription["subscriber_id"],
        subscriptions.c.list_id == subscription["list_id"],
    )
    before = consents.last(conn, subscription["subscriber_id"], subscription["list_id"])
    if before is None:
        conn.execute(delete(subscriptions).where(*mine))
        return
    values = {"state": before["what"], "basis": before["words"], "wording_id": before["wording_id"]}
    values |= {"since": before["since"], "actor": before["actor"]}
    conn.execute(update(subscriptions).where(*mine).values(values))
    conn.execute(delete(changes).where(changes.c.id == before["id"]))


def on_no_list(conn: Connection, before: datetime, limit: int) -> list[int]:
    """Return people who are on no list and never were, and are known and not written to since before a moment."""
    known = (subscribers.c.erased_at.is_(None), subscribers.c.merged_into.is_(None), subscribers.c.made_at < before)
    query = select(subscribers.c.id).where(*known, ~_has_a_list(), ~_is_asked(before)).order_by(subscribers.c.id)
    return list(conn.execute(query.limit(limit)).scalars())


def is_on_no_list(conn: Connection, subscriber_id: int, before: datetime) -> bool:
    """Say whether a person is on no list and never was, and not written to since before a moment."""
    query = select(subscribers.c.id).where(subscribers.c.id == subscriber_id, ~_has_a_list(), ~_is_asked(before))
    return conn.execute(query).one_or_none() is not None


def _has_a_list() -> ColumnElement[bool]:
    return exists(select(1).where(subscriptions.c.subscriber_id == subscribers.c.id))


def _is_asked(before: datetime) -> ColumnElement[bool]:
    """Say of a person that a letter since then may wait for their answer: whether an address is theirs to move to."""
    theirs = (recipients.c.subscriber_id == subscribers.c.id, deliveries.c.due_at >= before)
    return exists(select(1).select_from(deliveries.join(recipients)).where(*theirs))
