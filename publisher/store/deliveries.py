"""Deliveries: claimed under a call, settled by it. Every write is conditional."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from publisher.model.event import EventKind
from publisher.model.states import DeliveryState
from publisher.model.subscriber import Errand, LetterKind, SubscriptionState
from publisher.store.sql import among
from publisher.store.tables import EPOCH, Moment, Text, deliveries
from publisher.store.words import Listing, Statement

D = DeliveryState
QUIET_UNTIL = "asked for quiet until "  # and the day, in UTC
LEFT_SINCE = "left the list after the edition was addressed"
GONE = "was erased after the letter was made"
_NEVER = 2**63  # later than any moment
_ON_THE_LIST: frozenset[str | None] = frozenset({SubscriptionState.CONFIRMED})
# Whom a letter may reach, by the state of the subscription that it is about; None: it is about none.
STATES: Mapping[LetterKind, frozenset[str | None]] = {
    LetterKind.CONFIRM: frozenset({SubscriptionState.UNCONFIRMED}),
    LetterKind.WELCOME: _ON_THE_LIST,
    LetterKind.ACCESS: frozenset({None}),
    LetterKind.MOVE: frozenset({None}),
}


class Member(NamedTuple):
    """One delivery under a call, with the person or account it is for. Made for every letter, so a plain tuple."""

    delivery_id: int
    address: str  # e-mail address, or the channel's name for its own account
    name: str
    attributes: Mapping[str, str]
    subscriber_id: int | None
    list_id: int
    blocked: str  # why they must not be written to any more; empty: they may
    since: int = 0  # since when they are on the list, in microseconds UTC; 0: they aren't
    basis: str = ""  # how we know


@dataclass(frozen=True, slots=True)
class Due:
    """What a claim would take: deliveries of one message of one send."""

    send_id: int
    message_id: int


# One look into the partial index for each open send, however many rows wait behind it. Its words must stand here as in
# the index: a parameter would not match.
_FIRST_PENDING = """
    SELECT deliveries.{column} FROM deliveries
    WHERE deliveries.send_id = sends.id AND deliveries.state = 'pending' AND {condition}
    ORDER BY deliveries.due_at, deliveries.id LIMIT 1
"""
_OPEN_SENDS = "sends.channel = :channel AND sends.state IN ('addressed', 'sending') AND sends.pending > 0"
_NEXT = """
    SELECT id, message_id
    FROM (SELECT sends.id, sends.priority, ({first}) AS message_id FROM sends WHERE {open}) AS found
    WHERE message_id IS NOT NULL ORDER BY priority, id LIMIT 1
"""
_IS_DUE, _IS_MINE = "deliveries.due_at <= :now", "deliveries.id {only}"


def _next(condition: str) -> str:
    first = _FIRST_PENDING.format(column="message_id", condition=condition)
    return _NEXT.format(first=first, open=_OPEN_SENDS)


_NEXT_DUE = Statement(_next(_IS_DUE), now=Moment)
_NEXT_OF_MINE = Statement(_next(_IS_MINE))


def next_due(conn: Connection, channel: str, now: datetime, only: Sequence[int] | None = None) -> Due | None:
    """Return what the channel has to send next, by priority; None when nothing is due.

    :param only: look among these deliveries instead, due or not.
    """
    if only is None:
        row = _NEXT_DUE(conn, channel=channel, now=now).one_or_none()
    else:
        row = _NEXT_OF_MINE(conn, channel=channel, only=only).one_or_none()
    return None if row is None else Due(row.id, row.message_id)


_FIRST_DUE_AT = Statement(
    """
    SELECT due_at FROM deliveries WHERE send_id = :send_id AND state = 'pending' ORDER BY due_at, id LIMIT 1
    """,
    columns={"due_at": Moment},
)


def first_due_at(conn: Connection, send_id: int) -> datetime | None:
    """Return when the send's next delivery is due; None when none is pending."""
    return _FIRST_DUE_AT(conn, send_id=send_id).scalar_one_or_none()


_CHOOSE = """
    SELECT id FROM deliveries
    WHERE send_id = :send_id AND message_id = :message_id AND state = 'pending' AND {condition}
    ORDER BY due_at, id LIMIT :most [FOR UPDATE SKIP LOCKED]
"""
_CHOOSE_DUE = Listing(_CHOOSE.format(condition=_IS_DUE), "id", now=Moment)
_CHOOSE_OF_MINE = Listing(_CHOOSE.format(condition=_IS_MINE), "id")
_TAKE = Statement(
    """
    UPDATE deliveries SET state = 'taken', call_id = :call_id, message_id = :message_id, attempts = attempts + 1
    WHERE id {ids}
    """
)
_TAKE_EACH = Statement(
    """
    UPDATE deliveries
    SET state = 'taken', call_id = pairs.call_id, message_id = :message_id, attempts = attempts + 1
    FROM (
        SELECT CAST(value ->> 0 AS BIGINT) AS id, CAST(value ->> 1 AS BIGINT) AS call_id
        FROM json_each([CAST(]:pairs[ AS json)])
    ) AS pairs
    WHERE deliveries.id = pairs.id
    """
)


def choose(conn: Connection, due: Due, *, limit: int, now: datetime, only: Sequence[int] | None = None) -> list[int]:
    """Return up to `limit` due deliveries, pending and locked until the transaction ends.

    The caller has reserved the send. Losing the race gives fewer, or none.
    """
    said = {"send_id": due.send_id, "message_id": due.message_id, "most": limit}
    chosen = _CHOOSE_DUE(conn, now=now, **said) if only is None else _CHOOSE_OF_MINE(conn, only=only, **said)
    return sorted(row[0] for row in chosen)


def take(conn: Connection, by_call: Mapping[int, Sequence[int]], message_id: int) -> None:
    """Claim chosen deliveries for calls, which say this message."""
    if len(by_call) == 1:
        for call_id, ids in by_call.items():
            _TAKE.change(conn, call_id=call_id, message_id=message_id, ids=ids)
        return
    pairs = [(delivery_id, call_id) for call_id, ids in by_call.items() for delivery_id in ids]
    _TAKE_EACH.change(conn, pairs=json.dumps(dict(enumerate(pairs))), message_id=message_id)


_PUT_OFF = Statement("UPDATE deliveries SET due_at = :due_at WHERE id {ids} AND state = 'pending'", due_at=Moment)


def put_off(conn: Connection, delivery_ids: Sequence[int], due_at: datetime) -> None:
    """Let chosen deliveries wait until later."""
    _PUT_OFF.change(conn, ids=delivery_ids, due_at=due_at)


def first_of_send(conn: Connection, send_id: int) -> int | None:
    """Return the send's first delivery that is or was to go out; None before it was addressed, or for nobody."""
    query = select(func.min(deliveries.c.id)).where(
        deliveries.c.send_id == send_id, deliveries.c.state.not_in([D.EXCLUDED, D.SUPPRESSED])
    )
    return conn.execute(query).scalar_one_or_none()


_ATTEMPTS = Statement("SELECT max(attempts) FROM deliveries WHERE id {ids}")


def attempts_of(conn: Connection, delivery_ids: Sequence[int]) -> int:
    """Return how often the most tried of these deliveries was tried."""
    return int(_ATTEMPTS(conn, ids=delivery_ids).scalar_one() or 0)


def in_doubt(conn: Connection, call_id: int, delivery_ids: Sequence[int]) -> int:
    """Return how many of these deliveries are unknown by this call."""
    mine = (among(deliveries.c.id, delivery_ids), deliveries.c.call_id == call_id, deliveries.c.state == D.UNKNOWN)
    return int(conn.execute(select(func.count()).where(*mine)).scalar_one())


def domains_of(conn: Connection, delivery_ids: Sequence[int], domain_ids: Sequence[int]) -> dict[int, int]:
    """Return the mail domain of those of these deliveries that go to one of the domains."""
    mine = (among(deliveries.c.id, delivery_ids), among(deliveries.c.domain_id, domain_ids))
    return {row.id: row.domain_id for row in conn.execute(select(deliveries.c.id, deliveries.c.domain_id).where(*mine))}


# Who is kept off by what is put in the place of {suppressed}.
_WITH_REASON = """
    SELECT deliveries.id AS id, coalesce(subscribers.email, recipients.channel) AS address,
        coalesce(subscribers.name, '') AS name, [CAST(]subscribers.attributes[ AS TEXT)] AS attributes,
        subscribers.id AS person,
        coalesce(deliveries.list_id, 0) AS list_id, subscriptions.state AS state, subscriptions.since AS since,
        subscriptions.basis AS basis,
        subscribers.paused_until AS paused_until,
        (SELECT reason FROM suppressions
         WHERE suppressions.address_hash = subscribers.address_hash AND ({suppressed})
         LIMIT 1) AS why
    FROM deliveries JOIN recipients ON recipients.id = deliveries.recipient_id
        LEFT JOIN subscribers ON subscribers.id = recipients.subscriber_id
        LEFT JOIN subscriptions
            ON subscriptions.subscriber_id = subscribers.id AND subscriptions.list_id = deliveries.list_id
        LEFT JOIN lists ON lists.id = deliveries.list_id
    WHERE deliveries.id {ids} ORDER BY deliveries.id
    """
_NAMES = ("id", "address", "name", "attributes", "person", "list_id", "state", "since", "basis", "paused_until", "why")
_OF_ALL, _OF_THE_LIST = "suppressions.scope = 'all'", "suppressions.scope = 'list:' || lists.name"
_IS_COMPLAINT = f"substr(suppressions.reason, 1, {len(EventKind.COMPLAINED)}) = '{EventKind.COMPLAINED}'"
_MEMBERS = Listing(_WITH_REASON.replace("{suppressed}", f"{_OF_ALL} OR {_OF_THE_LIST}"), *_NAMES)
# Of a letter that asks whether they want the list again: that they wanted it no more is no reason, a complaint is.
_ASKED = Listing(_WITH_REASON.replace("{suppressed}", f"{_OF_ALL} OR {_OF_THE_LIST} AND {_IS_COMPLAINT}"), *_NAMES)


def members(conn: Connection, delivery_ids: Sequence[int], now: datetime, errand: Errand | None = None) -> list[Member]:
    """Return whom these deliveries are for, with whether they may still be written to.

    :param errand: of a letter that they asked for, which comes although they asked for quiet.
    """
    may_be = STATES[errand.kind] if errand else _ON_THE_LIST
    quiet_after = _NEVER if errand else (now - EPOCH) // timedelta(microseconds=1)
    found = _ASKED if errand and errand.kind is LetterKind.CONFIRM else _MEMBERS
    return [_member(row, may_be, quiet_after) for row in found(conn, ids=delivery_ids)]


def _member(row: Any, may_be: frozenset[str | None], now: int) -> Member:
    delivery_id, address, name, attributes, person, list_id, state, since, basis, paused_until, why = row
    if person is None:
        return Member(delivery_id, address, "", {}, None, 0, "")
    blocked = why or (GONE if not address else "") or ("" if state in may_be else LEFT_SINCE)
    if paused_until is not None and paused_until > now:
        blocked = blocked or f"{QUIET_UNTIL}{EPOCH + timedelta(microseconds=paused_until):%Y-%m-%d}"
    return Member(
        delivery_id, address, name, _attributes(attributes), person, list_id, blocked, since or 0, basis or ""
    )


def _attributes(text: str | None) -> Mapping[str, str]:
    """Read what is known of a reader: mostly nothing."""
    return json.loads(text) if text and text != "{}" else {}


_SENT = Statement(
    """
    UPDATE deliveries SET state = 'sent', reason = NULL
    WHERE id {ids} AND call_id {calls} AND state = 'taken'
    """
)


def sent(conn: Connection, call_ids: Sequence[int], delivery_ids: Sequence[int]) -> int:
    """Move what calls of ours have taken to sent; return how many moved. The caller has reserved their sends."""
    return _SENT.change(conn, ids=delivery_ids, calls=call_ids)


_MOVE = Statement(
    """
    UPDATE deliveries
    SET state = :state, reason = :reason, due_at = coalesce(:due_at, due_at), attempts = attempts + :attempts
    WHERE id {ids} AND call_id = :call_id AND state = :origin
    """,
    due_at=Moment,
    reason=Text,
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

    The caller has locked the send (`sends.lock`), or shares it (`sends.share`).
    """
    said = {"state": to.value, "origin": origin.value, "reason": reason, "due_at": due_at, "attempts": attempts}
    return _MOVE.change(conn, ids=delivery_ids, call_id=call_id, **said)
