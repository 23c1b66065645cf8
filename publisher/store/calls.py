"""Calls: opened before a byte leaves, closed once after. The send log."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, LargeBinary, RowMapping, Text, func, select, text, update

from publisher.model.call import Recipient, Verdict
from publisher.model.states import CALL_MOVES, CallState, DeliveryState
from publisher.store.sql import among, upsert
from publisher.store.tables import Moment, calls, deliveries, outcomes, update_row
from publisher.store.words import Statement

# In the words of the partial index, or SQLite would read every call there ever was.
UNSETTLED = text("calls.state IN ('claimed', 'sending', 'unknown')")


_OPEN = Statement(
    """
    INSERT INTO calls (send_id, message_id, channel, key, state, process_id, lease_until, size, opened_at)
    VALUES (:send_id, :message_id, :channel, :key, 'claimed', :process_id, :lease_until, 0, :now) RETURNING id
    """,
    lease_until=Moment,
    now=Moment,
)


def open_call(
    conn: Connection,
    *,
    send_id: int,
    message_id: int,
    channel: str,
    key: str,
    process_id: int,
    lease_until: datetime,
    now: datetime,
) -> int:
    """Open a call, claimed by a process; its members follow in the same transaction."""
    said = {"send_id": send_id, "message_id": message_id, "channel": channel, "key": key, "process_id": process_id}
    return int(_OPEN(conn, lease_until=lease_until, now=now, **said).scalar_one())


def freeze(conn: Connection, call_id: int, recipients: Sequence[Recipient]) -> None:
    """Keep the members and their values as they are now: a retry of this call speaks of exactly these."""
    frozen = [[r.delivery_id, r.reference, r.address, r.name, r.values] for r in recipients]
    plain = json.dumps(frozen, ensure_ascii=False, default=dict).encode()
    values = {"members": zlib.compress(plain, 1), "size": len(recipients), "body_hash": sha256(plain).hexdigest()}
    _FREEZE(conn, call_id=call_id, **values)


_FREEZE = Statement(
    "UPDATE calls SET members = :members, size = :size, body_hash = :body_hash WHERE id = :call_id", members=LargeBinary
)


def thaw(blob: bytes) -> tuple[Recipient, ...]:
    """Return the members that `freeze` kept."""
    return tuple(Recipient(*row) for row in json.loads(zlib.decompress(blob)))


def move(conn: Connection, call_id: int, to: CallState, **values: Any) -> bool:
    """Move the call if its present state allows it; say whether it moved."""
    allowed = [state.value for state, targets in CALL_MOVES.items() if to in targets]
    query = update(calls).where(calls.c.id == call_id, calls.c.state.in_(allowed)).values(state=to.value, **values)
    return conn.execute(query).rowcount == 1


def begin(conn: Connection, call_id: int, *, now: datetime, lease_left: timedelta) -> bool:
    """Write down that the first byte is about to leave.

    False when the call is lost, its lease too near its end, or its send, its edition or all sending held meanwhile.
    """
    return _BEGIN(conn, call_id=call_id, now=now, latest=now + lease_left).rowcount == 1


_BEGIN = Statement(
    """
    UPDATE calls SET state = 'sending', spoke_at = :now
    WHERE id = :call_id AND state = 'claimed' AND lease_until > :latest
        AND (SELECT state FROM sends WHERE sends.id = calls.send_id) IN ('addressed', 'sending')
        AND NOT EXISTS (SELECT 1 FROM facts WHERE name = 'held')
        AND NOT EXISTS (
            SELECT 1 FROM facts
            WHERE name = 'held:' || (SELECT edition_id FROM sends WHERE sends.id = calls.send_id)
        )
    """,
    now=Moment,
    latest=Moment,
)


def close(conn: Connection, call_id: int, *, tries: int, in_doubt: bool, **values: Any) -> bool:
    """Close the call if it is still this try's; say whether it was.

    :param in_doubt: what became of it is still not known: it is looked at again at ``retry_at``. If it is known, the
        frozen values are needed no more.
    """
    state = CallState.UNKNOWN if in_doubt else CallState.ANSWERED
    said = dict.fromkeys(CLOSING) | values
    return _CLOSE(conn, call_id=call_id, tries=tries, state=state.value, keep=in_doubt, **said).rowcount == 1


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


def park(conn: Connection, call_id: int) -> None:
    """Leave an unknown call to a person."""
    update_row(conn, calls, call_id, {"retry_at": None})


def close_if_settled(conn: Connection, call_id: int) -> None:
    """Close an unknown call that leaves nobody in doubt any more; its frozen values are needed no longer."""
    blob = get(conn, call_id)["members"]
    ids = [member.delivery_id for member in thaw(blob)] if blob else []
    mine = (among(deliveries.c.id, ids), deliveries.c.call_id == call_id, deliveries.c.state == DeliveryState.UNKNOWN)
    if conn.execute(select(deliveries.c.id).where(*mine).limit(1)).scalar_one_or_none() is None:
        move(conn, call_id, CallState.ANSWERED, members=None, retry_at=None)


def get(conn: Connection, call_id: int) -> RowMapping:
    return conn.execute(select(calls).where(calls.c.id == call_id)).mappings().one()


def open_ones(conn: Connection) -> list[RowMapping]:
    """Return the calls that some process has claimed and not closed."""
    mine = calls.c.state.in_([CallState.CLAIMED, CallState.SENDING])
    query = select(calls).where(UNSETTLED, mine).order_by(calls.c.id)
    return list(conn.execute(query).mappings())


def record_outcomes(conn: Connection, call_id: int, told: Sequence[tuple[int, Verdict]]) -> None:
    """Keep what a call said of deliveries; a later word on the same call takes the place of the earlier."""
    if not told:
        return
    statement = upsert(conn, outcomes)
    latest = {name: statement.excluded[name] for name in ("outcome", "scope", "reason", "provider_id", "until")}
    rows = [{"call_id": call_id, "delivery_id": delivery_id, **_said(verdict)} for delivery_id, verdict in told]
    conn.execute(statement.on_conflict_do_update(index_elements=["call_id", "delivery_id"], set_=latest), rows)


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


def journal(conn: Connection, call_id: int) -> dict[str, Any]:
    return dict(conn.execute(select(calls.c.journal).where(calls.c.id == call_id)).scalar_one() or {})


def note(conn: Connection, call_id: int, step: str, data: dict[str, Any]) -> None:
    """Keep what a sender of several steps has done so far."""
    update_row(conn, calls, call_id, {"journal": {**journal(conn, call_id), step: data}})


def of_delivery(conn: Connection, delivery_id: int, call_id: int | None) -> list[RowMapping]:
    """Return the calls that tried this delivery, oldest first: those with an outcome, and the last one."""
    told = select(outcomes.c.call_id).where(outcomes.c.delivery_id == delivery_id)
    query = select(calls).where(calls.c.id.in_(told) | (calls.c.id == call_id)).order_by(calls.c.id)
    return list(conn.execute(query).mappings())


def outcomes_of(conn: Connection, delivery_id: int) -> dict[int, RowMapping]:
    """Return what each call said of this delivery, by call, where it wasn't plain "sent"."""
    query = select(outcomes).where(outcomes.c.delivery_id == delivery_id)
    return {row["call_id"]: row for row in conn.execute(query).mappings()}
