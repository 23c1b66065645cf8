"""Subscribers, lists, subscriptions and suppressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, case, exists, func, or_, select, true

from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.store import consents, farewells
from publisher.store.farewells import Farewell, Kind
from publisher.store.sql import among, upsert
from publisher.store.tables import (
    domains,
    lists,
    recipients,
    subscribers,
    subscriptions,
    suppressions,
    update_row,
    wordings,
)

AT_ONCE = 1000  # rows that are fetched at once
ERASED = "(erased)"  # in place of whom a mail went to


def ensure_list(conn: Connection, name: str) -> int:
    conn.execute(upsert(conn, lists).values(name=name).on_conflict_do_nothing())
    return int(conn.execute(select(lists.c.id).where(lists.c.name == name)).scalar_one())


def ensure_domain(conn: Connection, name: str) -> int:
    conn.execute(upsert(conn, domains).values(name=name).on_conflict_do_nothing())
    return int(conn.execute(select(domains.c.id).where(domains.c.name == name)).scalar_one())


def find(conn: Connection, address_hash: str) -> Subscriber | None:
    row = conn.execute(select(subscribers).where(subscribers.c.address_hash == address_hash)).one_or_none()
    return None if row is None else _person(row)


def get(conn: Connection, subscriber_id: int) -> Subscriber | None:
    """Return a person; None for one who was erased, or never was.

    Who had two addresses and has become one is found by either id, and goes by the one that is returned.
    """
    row = conn.execute(select(subscribers).where(subscribers.c.id == subscriber_id)).one_or_none()
    if row is not None and row.merged_into is not None:
        return get(conn, row.merged_into)
    return None if row is None or row.erased_at is not None else _person(row)


def row_of(conn: Connection, subscriber_id: int) -> RowMapping:
    """Return all that a person's row says, with the words by which they allowed to be measured."""
    query = (
        select(subscribers, wordings.c.text.label("measured_wording"))
        .outerjoin(wordings, wordings.c.id == subscribers.c.measured_wording_id)
        .where(subscribers.c.id == subscriber_id)
    )
    return conn.execute(query).mappings().one()


def _person(row: Any) -> Subscriber:
    return Subscriber(row.id, row.email, row.name, row.attributes, row.made_at, row.language or "", row.paused_until)


def by_hash(conn: Connection, address_hashes: Sequence[str]) -> dict[str, Subscriber]:
    """Return the people whom we know among these addresses."""
    query = select(subscribers).where(among(subscribers.c.address_hash, address_hashes))
    return {row.address_hash: _person(row) for row in conn.execute(query)}


def add_many(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        conn.execute(upsert(conn, subscribers).on_conflict_do_nothing(), rows)


def ensure_person(conn: Connection, email: str, address_hash: str, now: datetime) -> int:
    """Return the id of whoever has an address; where nobody has, of a new person on no list."""
    row = {"email": email, "address_hash": address_hash, "name": "", "attributes": {}, "made_at": now}
    add_many(conn, [{**row, "domain_id": ensure_domain(conn, email.rpartition("@")[2])}])
    query = select(subscribers.c.id).where(subscribers.c.address_hash == address_hash)
    return int(conn.execute(query).scalar_one())


def learn(conn: Connection, known: Subscriber, name: str, attributes: Mapping[str, str]) -> None:
    """Add to what is known of a person; what is not mentioned stays."""
    values = {"name": name or known.name, "attributes": {**known.attributes, **attributes}}
    update_row(conn, subscribers, known.id, values)


def states_on(conn: Connection, list_id: int, subscriber_ids: Sequence[int]) -> dict[int, str]:
    """Return the state of those of these people who are, or were, on the list."""
    query = select(subscriptions.c.subscriber_id, subscriptions.c.state).where(
        subscriptions.c.list_id == list_id, among(subscriptions.c.subscriber_id, subscriber_ids)
    )
    return {row.subscriber_id: row.state for row in conn.execute(query)}


def subscribe_many(
    conn: Connection, list_id: int, subscriber_ids: Sequence[int], *, basis: str, now: datetime, actor: str
) -> None:
    common = {"list_id": list_id, "state": SubscriptionState.CONFIRMED.value}
    common |= {"basis": basis, "since": now, "actor": actor}
    if subscriber_ids:
        conn.execute(
            upsert(conn, subscriptions).on_conflict_do_nothing(),
            [{**common, "subscriber_id": each} for each in subscriber_ids],
        )


def list_name(conn: Connection, list_id: int) -> str | None:
    return conn.execute(select(lists.c.name).where(lists.c.id == list_id)).scalar_one_or_none()


def subscription(conn: Connection, subscriber_id: int, list_id: int, *, lock: bool = False) -> RowMapping | None:
    """Return a person's choice of a list; None where they never made one.

    :param lock: it stays as it is until the transaction ends.
    """
    mine = (subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.list_id == list_id)
    query = select(subscriptions).where(*mine)
    return conn.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def set_subscription(
    conn: Connection,
    subscriber_id: int,
    list_id: int,
    state: SubscriptionState,
    *,
    basis: str,
    now: datetime,
    actor: str,
    wording_id: int | None = None,
) -> None:
    """Write down what a person chose now; what held before is kept in their history.

    :param basis: how we know, in words.
    :param wording_id: what they said yes to, where they were shown words.
    """
    before = subscription(conn, subscriber_id, list_id, lock=True)
    if before is not None:
        consents.remember_subscription(conn, before, now)
    values = {"state": state.value, "basis": basis, "since": now, "actor": actor, "wording_id": wording_id}
    statement = upsert(conn, subscriptions).values(subscriber_id=subscriber_id, list_id=list_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["list_id", "subscriber_id"], set_=values))
    if state is SubscriptionState.LEFT:
        whom, about = row_of(conn, subscriber_id)["address_hash"], list_name(conn, list_id) or ""
        farewells.note(conn, Farewell(Kind.LEFT, whom, about, basis, actor, now))


def is_person(subscriber_id: int) -> ColumnElement[bool]:
    """Say that a row of subscribers is a person's own, or the second one that they had before they became one."""
    return or_(subscribers.c.id == subscriber_id, subscribers.c.merged_into == subscriber_id)


def to_whom() -> ColumnElement[str]:
    """Return whom a delivery is for, as people read it: an address, an account's channel, or that they were erased."""
    address = case((subscribers.c.erased_at.is_not(None), ERASED), else_=subscribers.c.email)
    return func.coalesce(address, recipients.c.channel)


def is_stopped(conn: Connection, subscriber_id: int) -> bool:
    """Say whether nobody writes to a person's address, whatever they choose."""
    blocked = (suppressions.c.address_hash == subscribers.c.address_hash, suppressions.c.scope == "all")
    query = select(subscribers.c.id).where(subscribers.c.id == subscriber_id, exists().where(*blocked))
    return conn.execute(query).one_or_none() is not None


def lock(conn: Connection, subscriber_id: int) -> Subscriber | None:
    """Return a person who stays as they are until the transaction ends; None for one who was erased."""
    conn.execute(select(subscribers.c.id).where(is_person(subscriber_id)).with_for_update())
    return get(conn, subscriber_id)


def set_language(conn: Connection, person: Subscriber, language: str, *, now: datetime, actor: str) -> None:
    """Let a person be spoken to in a language.

    :param language: empty: each list's own.
    """
    since = person.created_at
    consents.remember_field(conn, person.id, "language", person.language, since=since, until=now, actor=actor)
    update_row(conn, subscribers, person.id, {"language": language or None})


def pause(conn: Connection, person: Subscriber, until: datetime | None, *, now: datetime, actor: str) -> None:
    """Let a person have quiet until a moment; None: no more."""
    before = person.paused_until.isoformat() if person.paused_until else ""
    consents.remember_field(conn, person.id, "paused", before, since=person.created_at, until=now, actor=actor)
    update_row(conn, subscribers, person.id, {"paused_until": until})


def of_recipient(conn: Connection, recipient_id: int) -> int | None:
    """Return the person whom a delivery's recipient is; None for an account."""
    return conn.execute(select(recipients.c.subscriber_id).where(recipients.c.id == recipient_id)).scalar_one_or_none()


def hash_of_recipient(conn: Connection, recipient_id: int) -> str | None:
    """Return by what a recipient's address is suppressed; None for an account."""
    query = select(subscribers.c.address_hash).join(recipients).where(recipients.c.id == recipient_id)
    return conn.execute(query).scalar_one_or_none()


def of_list(list_id: int, whom: ColumnElement[bool] | None = None) -> Select[Any]:
    """Return the query of a list's confirmed readers, with whether and why each is suppressed, and until when quiet.

    :param whom: which of its subscriptions are meant; None: all.
    """
    name = select(lists.c.name).where(lists.c.id == list_id).scalar_subquery()
    scope = or_(suppressions.c.scope == "all", suppressions.c.scope == "list:" + name)
    why = (
        select(suppressions.c.reason)
        .where(suppressions.c.address_hash == subscribers.c.address_hash, scope)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(subscribers.c.id, subscribers.c.domain_id, subscribers.c.paused_until, why.label("suppressed"))
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscriptions.c.list_id == list_id, subscriptions.c.state == SubscriptionState.CONFIRMED)
        .where(true() if whom is None else whom)
    )


_STANDING = (subscriptions.c.state, subscriptions.c.since, subscriptions.c.basis)


def standing_on(conn: Connection, subscriber_id: int, list_names: Sequence[str]) -> dict[str, RowMapping]:
    """Return a person's state on those of these lists that they are, or were, on, and why they are suppressed."""
    scope = or_(suppressions.c.scope == "all", suppressions.c.scope == "list:" + lists.c.name)
    why = select(suppressions.c.reason).where(suppressions.c.address_hash == subscribers.c.address_hash, scope)
    query = (
        select(lists.c.name, *_STANDING, why.limit(1).scalar_subquery().label("suppressed"))
        .select_from(subscriptions.join(lists).join(subscribers))
        .where(subscribers.c.id == subscriber_id, among(lists.c.name, list_names))
    )
    return {row["name"]: row for row in conn.execute(query).mappings()}


def count(
    conn: Connection, list_names: Sequence[str], domain: str = "", *, whom: ColumnElement[bool] | None = None
) -> int:
    """Return how many people these lists would reach now, each once, the suppressed left out.

    :param domain: only those whose address is there.
    :param whom: which of the lists' subscriptions are meant; None: all.
    """
    scope = or_(suppressions.c.scope == "all", suppressions.c.scope == "list:" + lists.c.name)
    blocked = exists().where(and_(suppressions.c.address_hash == subscribers.c.address_hash, scope))
    query = (
        select(func.count(func.distinct(subscriptions.c.subscriber_id)))
        .select_from(subscriptions.join(lists).join(subscribers))
        .where(among(lists.c.name, list_names), subscriptions.c.state == SubscriptionState.CONFIRMED, ~blocked)
        .where(true() if whom is None else whom)
    )
    if domain:
        query = query.where(subscribers.c.domain_id.in_(select(domains.c.id).where(domains.c.name == domain)))
    return int(conn.execute(query).scalar_one())


def everyone(conn: Connection, list_name: str = "") -> Iterator[RowMapping]:
    """Yield each subscription with its person, in order of address; a person on no list once, who was erased never.

    :return: rows that are fetched as they are wanted; ``suppressed`` is why nobody writes to them by that list.
    """
    scope = or_(suppressions.c.scope == "all", suppressions.c.scope == "list:" + lists.c.name)
    why = select(suppressions.c.reason).where(suppressions.c.address_hash == subscribers.c.address_hash, scope)
    query = (
        select(
            subscribers.c.id,
            subscribers.c.email,
            subscribers.c.name,
            subscribers.c.attributes,
            lists.c.name.label("list"),
            subscriptions.c.state,
            subscriptions.c.basis,
            subscriptions.c.since,
            why.limit(1).scalar_subquery().label("suppressed"),
        )
        .select_from(subscribers.outerjoin(subscriptions).outerjoin(lists))
        .where(subscribers.c.erased_at.is_(None), subscribers.c.merged_into.is_(None))
        .order_by(subscribers.c.email, lists.c.name)
    )
    if list_name:
        query = query.where(lists.c.name == list_name)
    yield from conn.execute(query, execution_options={"yield_per": AT_ONCE}).mappings()


def attribute_names(conn: Connection) -> list[str]:
    """Return the names of all attributes that anybody has."""
    found: set[str] = set()
    for attributes in conn.execute(
        select(subscribers.c.attributes), execution_options={"yield_per": AT_ONCE}
    ).scalars():
        found.update(attributes)
    return sorted(found)
