"""People brought in by the thousand: whom we know of them, the new ones, and what they chose, a statement for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, exists, select

from publisher.model.subscriber import LetterKind, Subscriber, SubscriptionState
from publisher.store import consents
from publisher.store.plain import dumps, plain
from publisher.store.sql import among
from publisher.store.subscribers import learn
from publisher.store.suppressions import ERASED
from publisher.store.tables import (
    Moment,
    Text,
    deliveries,
    domains,
    recipients,
    sends,
    subscribers,
    subscriptions,
    suppressions,
)
from publisher.store.words import Statement


class Known(NamedTuple):
    """Somebody of a file whom we know already, and how they stand on its list."""

    id: int
    name: str
    attributes: Mapping[str, str]
    state: str | None  # on the list; None: never was on it
    since: datetime | None
    actor: str | None


# One parameter for all rows: an object, whose values keep their order in both engines.
_ROWS = "json_each([CAST(]:rows[ AS json)])"


def _as_rows(rows: Sequence[Sequence[Any]]) -> str:
    return dumps(dict(enumerate(rows)))


def known(conn: Connection, list_id: int, address_hashes: Sequence[str]) -> dict[str, Known]:
    """Return those of these people whom we know, by their hash."""
    mine = subscriptions.c.list_id == list_id
    query = (
        select(subscribers, subscriptions.c.state, subscriptions.c.since, subscriptions.c.actor)
        .outerjoin(subscriptions, (subscriptions.c.subscriber_id == subscribers.c.id) & mine)
        .where(among(subscribers.c.address_hash, address_hashes))
    )
    return {
        row.address_hash: Known(row.id, row.name, row.attributes, row.state, row.since, row.actor)
        for row in conn.execute(query)
    }


def erased(conn: Connection) -> set[str]:
    """Return the hashes of those who were erased and are on no list again: anybody can type their address, and wait."""
    said_yes = (subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.state == SubscriptionState.CONFIRMED)
    theirs = subscribers.c.address_hash == suppressions.c.address_hash
    came_back = exists(select(1).select_from(subscribers.join(subscriptions, and_(*said_yes))).where(theirs))
    query = select(suppressions.c.address_hash).where(suppressions.c.scope == ERASED, ~came_back)
    return set(conn.execute(query).scalars())


_ADD_DOMAINS = Statement(
    f"INSERT INTO domains (name) SELECT value ->> 0 FROM {_ROWS} WHERE true ON CONFLICT DO NOTHING"  # noqa: S608 -- our own
)


def domain_ids(conn: Connection, names: Sequence[str]) -> dict[str, int]:
    """Return the ids of mail domains, new ones too; their names come sorted, as everybody locks them."""
    if not names:
        return {}
    _ADD_DOMAINS.change(conn, rows=_as_rows([(name,) for name in names]))
    query = select(domains.c.name, domains.c.id).where(among(domains.c.name, names))
    return {row.name: row.id for row in conn.execute(query)}


_ADD = Statement(
    f"""
    INSERT INTO subscribers (email, address_hash, name, attributes, domain_id, made_at)
    SELECT value ->> 0, value ->> 1, value ->> 2, [CAST(]value ->> 3[ AS json)], CAST(value ->> 4 AS BIGINT), :now
    FROM {_ROWS} WHERE true ON CONFLICT DO NOTHING
    """,  # noqa: S608 -- our own
    now=Moment,
)


def add(conn: Connection, people: Sequence[tuple[str, str, str, str, int]], now: datetime) -> None:
    """Make rows of new people.

    :param people: of each the address, its hash, the name, the attributes as JSON, and the id of its domain.
    """
    if people:
        _ADD.change(conn, rows=_as_rows(people), now=now)


def _plain(attributes: Mapping[str, str]) -> dict[str, str]:
    return {plain(name): plain(value) for name, value in attributes.items()}


_SUBSCRIBE = Statement(
    f"""
    INSERT INTO subscriptions (list_id, subscriber_id, state, basis, since, actor)
    SELECT :list_id, subscribers.id, value ->> 1, value ->> 2, :now, :actor
    FROM {_ROWS} JOIN subscribers ON subscribers.address_hash = value ->> 0
    WHERE true ON CONFLICT DO NOTHING
    """,  # noqa: S608 -- our own
    now=Moment,
    actor=Text,
)


def subscribe(
    conn: Connection, list_id: int, chosen: Sequence[tuple[str, str, str]], *, now: datetime, actor: str
) -> None:
    """Put people on a list who never were on it.

    :param chosen: of each the hash, the state, and on what basis.
    """
    if chosen:
        _SUBSCRIBE.change(conn, rows=_as_rows(chosen), list_id=list_id, now=now, actor=actor)


def learn_of(
    conn: Connection, known: Known, name: str, attributes: Mapping[str, str], *, now: datetime, actor: str
) -> bool:
    """Add to what is known of a person, and keep what stood there before; say whether anything is new."""
    before = {"name": known.name, **{f"attribute {key}": value for key, value in known.attributes.items()}}
    after = {"name": name or known.name, **{f"attribute {key}": value for key, value in _plain(attributes).items()}}
    changed = {what for what, said in after.items() if before.get(what, "") != said}
    if not changed:
        return False
    for what in sorted(changed & {what for what, said in before.items() if said}):
        since = consents.since(conn, known.id, what)
        consents.remember(conn, known.id, what, before[what], since=since, until=now, actor=actor)
    learn(conn, Subscriber(known.id, "", known.name, known.attributes), plain(name), _plain(attributes))
    return True


def to_be_asked(conn: Connection, list_id: int, actor: str, after_id: int, limit: int) -> list[int]:
    """Return people whom somebody put on a list to be asked, and who have no letter that asks them yet, by id."""
    asked = exists(
        select(1)
        .select_from(deliveries.join(recipients).join(sends, sends.c.id == deliveries.c.send_id))
        .where(
            recipients.c.subscriber_id == subscriptions.c.subscriber_id,
            deliveries.c.list_id == list_id,
            sends.c.entry.startswith(f"{LetterKind.CONFIRM}:"),
        )
    )
    query = (
        select(subscriptions.c.subscriber_id)
        .where(subscriptions.c.list_id == list_id, subscriptions.c.state == SubscriptionState.UNCONFIRMED)
        .where(subscriptions.c.actor == actor, subscriptions.c.subscriber_id > after_id, ~asked)
        .order_by(subscriptions.c.subscriber_id)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())
