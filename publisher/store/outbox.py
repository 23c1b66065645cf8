"""What is told to others by webhooks: written in the transaction that changes what it tells of, said later.

Where no webhook wants to hear of something, nothing is written, and of deliveries nothing more is asked than what
`sends.post_to_books` brings along.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from publisher.model.event import Event, EventKind
from publisher.model.hook import OF_EVENT, HookKind
from publisher.store.plain import without_addresses as rid_of_addresses
from publisher.store.sql import among
from publisher.store.tables import COUNTED, Moment, Text, deliveries, editions, sends
from publisher.store.words import Statement

AT_MOST = 500  # deliveries that one message tells of
LONGEST = 300  # characters of a reason
_OPEN = "hooks.ended_at IS NULL AND hooks.paused_at IS NULL"
_ALL = "kinds LIKE '% * %'"
# Whether somebody wants to hear of deliveries that are settled; stands in other statements.
WANTS_DELIVERIES = (
    f"EXISTS (SELECT 1 FROM hooks WHERE {_OPEN} "  # noqa: S608 -- our own names
    f"AND ({_ALL} OR kinds LIKE '% {HookKind.DELIVERIES_SETTLED} %'))"
)

_TELL = Statement(
    f"""
    INSERT INTO hook_messages (hook_id, key, kind, data, made_at, state, due_at, tries)
    SELECT id, :key, :kind, :data, :made_at, 'waiting', :due_at, 0 FROM hooks
    WHERE {_OPEN} AND ({_ALL} OR kinds LIKE :wanted)
    """,  # noqa: S608 -- our own names
    made_at=Moment,
    due_at=Moment,
    key=Text,
    kind=Text,
    data=Text,
)
_IS_WANTED = Statement(
    f"SELECT 1 FROM hooks WHERE {_OPEN} AND ({_ALL} OR kinds LIKE :wanted) LIMIT 1"  # noqa: S608 -- our own names
)


def tell(conn: Connection, kind: HookKind, data: Mapping[str, Any], now: datetime) -> int:
    """Write down something for everybody who wants to hear of it; return for how many."""
    said = {"key": new_key(), "kind": kind.value, "data": as_json(data), "wanted": f"% {kind} %"}
    return _TELL.change(conn, made_at=now, due_at=now, **said)


def new_key() -> str:
    """Return a name that no message had before: whoever receives it twice knows it by that."""
    return f"msg_{secrets.token_hex(16)}"


def as_json(data: Mapping[str, Any]) -> str:
    """Write what a message says; times in ISO 8601 with their zone."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)


def tell_edition(conn: Connection, kind: HookKind, edition_id: int | None, now: datetime, **more: Any) -> None:
    """Tell what became of an edition.

    :param edition_id: None: there is none, and nothing to tell.
    :param more: fields beside those that every such message has.
    """
    if edition_id is None or _IS_WANTED(conn, wanted=f"% {kind} %").one_or_none() is None:
        return
    row = conn.execute(select(editions).where(editions.c.id == edition_id)).mappings().one()
    named = {name: row[name] for name in ("schedule", "slot", "language", "due_at", "state", "reason")}
    books = {"sends": _books(conn, edition_id)} if kind is HookKind.EDITION_CLOSED else {}
    tell(conn, kind, {"edition": edition_id, **named, "practice": row["practice"] is not None, **books, **more}, now)


def tell_held(conn: Connection, edition_id: int | None, why: str, now: datetime, *, by: str = "") -> None:
    """Tell that an edition is held.

    :param by: whoever holds it; empty: its checks do.
    """
    tell_edition(conn, HookKind.EDITION_HELD, edition_id, now, why=why, by=by)


def _books(conn: Connection, edition_id: int) -> list[dict[str, Any]]:
    """Return the books of each send: candidates = sent + failed + …"""
    names = ("id", "kind", "entry", "channel", "state", "candidates", *COUNTED)
    query = select(*(sends.c[name] for name in names)).where(sends.c.edition_id == edition_id).order_by(sends.c.id)
    return [dict(row) for row in conn.execute(query).mappings()]


def tell_settled(conn: Connection, send_id: int, settled: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Tell what became of deliveries of a send.

    :param settled: see `settled_as`.
    """
    if not settled:
        return
    common = _of_send(conn, send_id)
    for start in range(0, len(settled), AT_MOST):
        data = {**common, "deliveries": settled[start : start + AT_MOST]}
        tell(conn, HookKind.DELIVERIES_SETTLED, data, now)


def settled_as(delivery_id: int, reference: str, state: str, provider_id: str = "", reason: str = "") -> dict[str, Any]:
    """Return what is told of a delivery. Of a reader it says nothing: whom it is for has an opaque name.

    :param reference: the delivery's name on the wire.
    """
    return {
        "id": delivery_id,
        "recipient": reference,
        "state": state,
        "provider_id": provider_id,
        "reason": without_addresses(reason),
    }


def states_of(conn: Connection, delivery_ids: Iterable[int]) -> dict[int, str]:
    """Return where deliveries are now."""
    query = select(deliveries.c.id, deliveries.c.state).where(among(deliveries.c.id, delivery_ids))
    return {row.id: row.state for row in conn.execute(query)}


def tell_heard(
    conn: Connection, send_id: int, delivery_id: int, channel: str, event: Event, words: str, now: datetime
) -> None:
    """Tell what a provider said later of a delivery."""
    kind = OF_EVENT[event.kind]
    if _IS_WANTED(conn, wanted=f"% {kind} %").one_or_none() is None:
        return
    data = {
        **_of_send(conn, send_id),
        "channel": channel,
        "id": delivery_id,
        "recipient": event.reference,
        "state": states_of(conn, [delivery_id]).get(delivery_id, ""),
        "at": event.happened_at,
        "provider_id": event.provider_id,
        "reason": without_addresses(words),
    }
    if kind is HookKind.DELIVERY_BOUNCED:
        data["permanent"] = event.kind is EventKind.HARD_BOUNCE
    tell(conn, kind, data, now)


def without_addresses(words: str) -> str:
    """Leave addresses of people out of a provider's words, and what is too long."""
    return rid_of_addresses(words)[:LONGEST]


def _of_send(conn: Connection, send_id: int) -> dict[str, Any]:
    query = (
        select(sends.c.edition_id, sends.c.kind, sends.c.channel, editions.c.practice)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .where(sends.c.id == send_id)
    )
    row = conn.execute(query).one()
    common = {"edition": row.edition_id, "send": send_id, "kind": row.kind, "channel": row.channel}
    return {**common, "practice": row.practice is not None}
