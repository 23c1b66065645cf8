"""Calls: opened before a byte leaves, closed once after. The send log."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy
from pydantic_core import to_json
from sqlalchemy import Boolean, Connection, Integer, LargeBinary, RowMapping, func, select, text, update

from publisher.errors import LostCallError
from publisher.model.call import Outcome, Recipient, Verdict
from publisher.model.states import CALL_MOVES, CallState, DeliveryState
from publisher.store.sql import Many, among
from publisher.store.tables import Moment, Text, calls, deliveries, outcomes, update_row
from publisher.store.words import Listing, Statement

# In the words of the partial index, or SQLite would read every call there ever was.
UNSETTLED = text("calls.state IN ('claimed', 'sending', 'unknown')")
SPEAKING = (CallState.SENDING, CallState.UNKNOWN)  # begun and not closed; an unknown one may be being said again


@dataclass(frozen=True, slots=True)
class Fresh:
    """A call that is to be opened: its key, and its members with their values as they are now."""

    key: str
    recipients: tuple[Recipient, ...]


_OPEN = Statement(
    """
    INSERT INTO calls (send_id, message_id, channel, key, state, process_id, lease_until, opened_at,
        members, size, body_hash)
    VALUES (:send_id, :message_id, :channel, :key, 'claimed', :process_id, :lease_until, :now,
        :members, :size, :body_hash)
    """,
    lease_until=Moment,
    now=Moment,
    members=LargeBinary,
)
_BY_KEY = Listing("SELECT id, key FROM calls WHERE key {keys}", "id", "key", keys=Many(sqlalchemy.Text()))


def open_calls(
    conn: Connection,
    fresh: Sequence[Fresh],
    *,
    send_id: int,
    message_id: int,
    channel: str,
    process_id: int,
    lease_until: datetime,
    now: datetime,
) -> list[int]:
    """Open calls, claimed by a process, and return their ids in order.

    A retry of a call speaks of exactly the members that are frozen here.
    """
    said = {"send_id": send_id, "message_id": message_id, "channel": channel, "process_id": process_id}
    common = {**said, "lease_until": lease_until, "now": now}
    _OPEN.change_each(conn, [{**common, "key": each.key, **_frozen(each.recipients)} for each in fresh])
    ids = {key: call_id for call_id, key in _BY_KEY(conn, keys=[each.key for each in fresh])}
    return [ids[each.key] for each in fresh]


def _frozen(recipients: Sequence[Recipient]) -> dict[str, Any]:
    rows = [[r.delivery_id, r.reference, r.address, r.name, r.values] for r in recipients]
    plain = to_json(rows, fallback=dict)  # a quarter of the time that `json` takes, for each letter of a million
    return {"members": zlib.compress(plain, 1), "size": len(rows), "body_hash": sha256(plain).hexdigest()}


def thaw(blob: bytes) -> tuple[Recipient, ...]:
    """Return the members that `freeze` kept."""
    return tuple(Recipient(*row) for row in json.loads(zlib.decompress(blob)))


def move(conn: Connection, call_id: int, to: CallState, **values: Any) -> bool:
    """Move the call if its present state allows it; say whether it moved."""
    allowed = [state.value for state, targets in CALL_MOVES.items() if to in targets]
    query = update(calls).where(calls.c.id == call_id, calls.c.state.in_(allowed)).values(state=to.value, **values)
    return conn.execute(query).rowcount == 1


def begin(conn: Connection, call_ids: Sequence[int], *, now: datetime, lease_left: timedelta) -> set[int]:
    """Write down that the first bytes of these calls are about to leave, and return for which that holds.

    Not for a call that is lost, whose lease is too near its end, or whose send, edition or all sending is held.
    """
    return {row[0] for row in _BEGIN(conn, calls=call_ids, now=now, latest=now + lease_left)}


_BEGIN = Statement(
    """
    UPDATE calls SET state = 'sending', spoke_at = :now
    WHERE id {calls} AND state = 'claimed' AND lease_until > :latest
        AND (SELECT state FROM sends WHERE sends.id = calls.send_id) IN ('addressed', 'sending')
        AND NOT EXISTS (SELECT 1 FROM facts WHERE name = 'held')
        AND NOT EXISTS (
            SELECT 1 FROM facts
            WHERE name = 'held:' || (SELECT edition_id FROM sends WHERE sends.id = calls.send_id)
        )
    RETURNING id
    """,
    now=Moment,
    latest=Moment,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """The end of a call whose readers all got their letter, at the first try."""

    call_id: int
    status: int | None
    provider_id: str
    url: str
    words: str


def close_plain(conn: Connection, ended: Sequence[Plain], now: datetime) -> bool:
    """Close calls that said nothing but sent; False where one of them is not its first try's any more."""
    rows = [
        {
            "call_id": each.call_id,
            "status": each.status,
            "provider_id": each.provider_id or None,
            "url": each.url or None,
            "words": each.words or None,
            "now": now,
        }
        for each in ended
    ]
    return _CLOSE_PLAIN.change_each(conn, rows) == len(rows)


_CLOSE_PLAIN = Statement(
    """
    UPDATE calls SET state = 'answered', outcome = 'sent', closed_at = :now, members = NULL,
        status = :status, provider_id = :provider_id, url = :url, words = :words
    WHERE id = :call_id AND tries IS NULL AND state = 'sending'
    """,
    now=Moment,
    provider_id=Text,
    url=Text,
    words=Text,
    status=Integer,
)


def close(conn: Connection, call_id: int, *, tries: int, in_doubt: bool, **values: Any) -> bool:
    """Close the call if it is still this try's; say whether it was.

    :param in_doubt: what became of it is still not known: it is looked at again at ``retry_at``. If it is known, the
        frozen values are needed no more.
    """
    state = CallState.UNKNOWN if in_doubt else CallState.ANSWERED
    said = dict.fromkeys(CLOSING) | values
    return _CLOSE.change(conn, call_id=call_id, tries=tries, state=state.value, keep=in_doubt, **said) == 1


CLOSING = ("closed_at", "retry_at", "outcome", "reason", "status", "provider_id", "url", "words")
_CLOSE = Statement(
    f"""
    UPDATE calls SET state = :state, {", ".join(f"{name} = :{name}" for name in CLOSING)},
        members = CASE WHEN :keep THEN members END
    WHERE id = :call_id AND coalesce(tries, 1) = :tries AND state IN ('sending', 'unknown')
    """,  # noqa: S608 -- our own names
    closed_at=Moment,
    retry_at=Moment,
    outcome=Text,
    reason=Text,
    status=Integer,
    provider_id=Text,
    url=Text,
    words=Text,
    keep=Boolean,
)


def take_again(
    conn: Connection, call_id: int, *, tries: int, process_id: int, lease_until: datetime, retry_at: datetime
) -> bool:
    """Make an unknown call this process's for one more try; every earlier try's token is void from here on."""
    theirs = (calls.c.id == call_id, calls.c.state == CallState.UNKNOWN, func.coalesce(calls.c.tries, 1) == tries - 1)
    ours = {"tries": tries, "process_id": process_id, "lease_until": lease_until, "retry_at": retry_at}
    return conn.execute(update(calls).where(*theirs).values(ours)).rowcount == 1


def taken_again(conn: Connection, now: datetime) -> list[RowMapping]:
    """Return the unknown calls that come up again after the lease of their try, which still holds."""
    theirs = (calls.c.state == CallState.UNKNOWN, calls.c.lease_until > now, calls.c.retry_at > calls.c.lease_until)
    return list(conn.execute(select(calls).where(UNSETTLED, *theirs).order_by(calls.c.id)).mappings())


def hasten(conn: Connection, call: RowMapping, retry_at: datetime) -> None:
    """Let an unknown call come up sooner, unless it was taken again or answered since."""
    same = (calls.c.state == CallState.UNKNOWN, calls.c.tries == call["tries"], calls.c.retry_at == call["retry_at"])
    conn.execute(update(calls).where(calls.c.id == call["id"], *same).values(retry_at=retry_at))


def postpone(conn: Connection, call_id: int, retry_at: datetime) -> None:
    """Let an unknown call come up later."""
    update_row(conn, calls, call_id, {"retry_at": retry_at})


def hasten_put_off(conn: Connection, channels: Collection[str], send_ids: Sequence[int], now: datetime) -> None:
    """Let come up at once what a network put off of these sends, and what is in doubt of these channels."""
    put_off = select(calls.c.id).where(among(calls.c.send_id, send_ids), calls.c.outcome == Outcome.DEFERRED)
    waits = (deliveries.c.state == DeliveryState.PENDING, deliveries.c.due_at > now, deliveries.c.call_id.in_(put_off))
    conn.execute(update(deliveries).where(among(deliveries.c.send_id, send_ids), *waits).values(due_at=now))
    # A try that is under way keeps its moment: it comes up again when its lease is over.
    in_doubt = (calls.c.state == CallState.UNKNOWN, calls.c.lease_until <= now, calls.c.retry_at > now)
    conn.execute(update(calls).where(calls.c.channel.in_(channels), *in_doubt).values(retry_at=now))


def park(conn: Connection, call_id: int) -> None:
    """Leave an unknown call to a person."""
    update_row(conn, calls, call_id, {"retry_at": None})


def park_all(conn: Connection) -> None:
    """Leave every unknown call to a person."""
    conn.execute(update(calls).where(calls.c.state == CallState.UNKNOWN).values(retry_at=None))


def close_if_settled(conn: Connection, call_id: int) -> None:
    """Close an unknown call that leaves nobody in doubt any more; its frozen values are needed no longer."""
    blob = get(conn, call_id)["members"]
    ids = [member.delivery_id for member in thaw(blob)] if blob else []
    mine = (among(deliveries.c.id, ids), deliveries.c.call_id == call_id, deliveries.c.state == DeliveryState.UNKNOWN)
    if conn.execute(select(deliveries.c.id).where(*mine).limit(1)).scalar_one_or_none() is None:
        move(conn, call_id, CallState.ANSWERED, members=None, retry_at=None)


def get(conn: Connection, call_id: int) -> RowMapping:
    return conn.execute(select(calls).where(calls.c.id == call_id)).mappings().one()


def is_kept(conn: Connection, call_id: int) -> bool:
    """Say whether a call is there still: those that ended long ago are let go before their deliveries."""
    return conn.execute(select(calls.c.id).where(calls.c.id == call_id)).one_or_none() is not None


def open_ones(conn: Connection) -> list[RowMapping]:
    """Return the calls that some process has claimed and not closed."""
    mine = calls.c.state.in_([CallState.CLAIMED, CallState.SENDING])
    query = select(calls).where(UNSETTLED, mine).order_by(calls.c.id)
    return list(conn.execute(query).mappings())


_TELL = Statement(
    """
    INSERT INTO outcomes (call_id, delivery_id, outcome, scope, reason, provider_id, until)
    VALUES (:call_id, :delivery_id, :outcome, :scope, :reason, :provider_id, :until)
    ON CONFLICT (call_id, delivery_id) DO UPDATE SET outcome = excluded.outcome, scope = excluded.scope,
        reason = excluded.reason, provider_id = excluded.provider_id, until = excluded.until
    """,
    reason=Text,
    provider_id=Text,
    until=Moment,
)


def record_outcomes(conn: Connection, call_id: int, told: Sequence[tuple[int, Verdict]]) -> None:
    """Keep what a call said of deliveries; a later word on the same call takes the place of the earlier."""
    rows = [{"call_id": call_id, "delivery_id": delivery_id, **_said(verdict)} for delivery_id, verdict in told]
    _TELL.change_each(conn, rows)


def _said(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome.value,
        "scope": verdict.scope.value,
        "reason": verdict.reason,
        "provider_id": verdict.provider_id or None,
        "until": verdict.until,
    }


def first_tried(conn: Connection, delivery_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when each of these deliveries was tried first, for those that an earlier call told something of."""
    query = (
        select(outcomes.c.delivery_id, func.min(calls.c.opened_at, type_=Moment))
        .join(calls, calls.c.id == outcomes.c.call_id)
        .where(among(outcomes.c.delivery_id, delivery_ids))
        .group_by(outcomes.c.delivery_id)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def journal(conn: Connection, call_id: int, *, tries: int, lock: bool = False) -> dict[str, Any]:
    """Return what a call noted so far, if it is still this try's.

    :raises LostCallError: it isn't: what this try would say next may have been said by another.
    """
    mine = (calls.c.id == call_id, func.coalesce(calls.c.tries, 1) == tries, calls.c.state.in_(SPEAKING))
    query = select(calls.c.journal).where(*mine)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise LostCallError(f"call {call_id} is no longer this process's")
    return dict(row.journal or {})


def note(conn: Connection, call_id: int, step: str, data: dict[str, Any], *, tries: int) -> None:
    """Keep what a sender of several steps has done so far, if the call is still this try's.

    :raises LostCallError: it isn't, and nothing was kept.
    """
    kept = journal(conn, call_id, tries=tries, lock=True)
    update_row(conn, calls, call_id, {"journal": {**kept, step: data}})


def go_on(conn: Connection, call_id: int, delivery_id: int) -> None:
    """Hand a new call what the last one noted that tried this delivery with the same words on the same channel."""
    _GO_ON.change(conn, call_id=call_id, delivery_id=delivery_id)


_GO_ON = Statement(
    """
    UPDATE calls SET journal = (
        SELECT earlier.journal FROM outcomes JOIN calls AS earlier ON earlier.id = outcomes.call_id
        WHERE outcomes.delivery_id = :delivery_id AND earlier.message_id = calls.message_id
            AND earlier.channel = calls.channel AND earlier.journal IS NOT NULL
        ORDER BY earlier.id DESC LIMIT 1
    )
    WHERE id = :call_id
    """
)


def of_delivery(conn: Connection, delivery_id: int, call_id: int | None) -> list[RowMapping]:
    """Return the calls that tried this delivery, oldest first: those with an outcome, and the last one."""
    told = select(outcomes.c.call_id).where(outcomes.c.delivery_id == delivery_id)
    query = select(calls).where(calls.c.id.in_(told) | (calls.c.id == call_id)).order_by(calls.c.id)
    return list(conn.execute(query).mappings())


def outcomes_of(conn: Connection, delivery_id: int) -> dict[int, RowMapping]:
    """Return what each call said of this delivery, by call, where it wasn't plain "sent"."""
    query = select(outcomes).where(outcomes.c.delivery_id == delivery_id)
    return {row["call_id"]: row for row in conn.execute(query).mappings()}
