"""Calls: opened before a byte leaves, closed once after. The send log."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, RowMapping, select, text, update

from publisher.model.call import Recipient, Verdict
from publisher.model.states import CALL_MOVES, CallState
from publisher.store.sql import upsert
from publisher.store.tables import calls, insert_row, outcomes

# In the words of the partial index, or SQLite would read every call there ever was.
UNSETTLED = text("calls.state IN ('claimed', 'sending', 'unknown')")


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
    return insert_row(
        conn,
        calls,
        send_id=send_id,
        message_id=message_id,
        channel=channel,
        key=key,
        state=CallState.CLAIMED.value,
        process_id=process_id,
        lease_until=lease_until,
        size=0,
        opened_at=now,
    )


def freeze(conn: Connection, call_id: int, recipients: Sequence[Recipient]) -> None:
    """Keep the members and their values as they are now: a retry of this call speaks of exactly these."""
    frozen = [[r.delivery_id, r.reference, r.address, r.name, dict(r.values)] for r in recipients]
    plain = json.dumps(frozen, ensure_ascii=False).encode()
    values = {"members": zlib.compress(plain, 1), "size": len(recipients), "body_hash": sha256(plain).hexdigest()}
    conn.execute(update(calls).where(calls.c.id == call_id).values(values))


def thaw(blob: bytes) -> tuple[Recipient, ...]:
    """Return the members that `freeze` kept."""
    return tuple(Recipient(*row) for row in json.loads(zlib.decompress(blob)))


def move(conn: Connection, call_id: int, to: CallState, **values: Any) -> bool:
    """Move the call if its present state allows it; say whether it moved."""
    allowed = [state.value for state, targets in CALL_MOVES.items() if to in targets]
    query = update(calls).where(calls.c.id == call_id, calls.c.state.in_(allowed)).values(state=to.value, **values)
    return conn.execute(query).rowcount == 1


def get(conn: Connection, call_id: int) -> RowMapping:
    return conn.execute(select(calls).where(calls.c.id == call_id)).mappings().one()


def open_ones(conn: Connection) -> list[RowMapping]:
    """Return the calls that some process has claimed and not closed."""
    mine = calls.c.state.in_([CallState.CLAIMED, CallState.SENDING])
    query = select(calls).where(UNSETTLED, mine).order_by(calls.c.id)
    return list(conn.execute(query).mappings())


def record_outcome(conn: Connection, call_id: int, delivery_id: int, verdict: Verdict) -> None:
    """Keep what a call said of a delivery; a later word on the same call takes the place of the earlier."""
    said = {
        "outcome": verdict.outcome.value,
        "scope": verdict.scope.value,
        "reason": verdict.reason,
        "provider_id": verdict.provider_id or None,
        "until": verdict.until,
    }
    statement = upsert(conn, outcomes).values(call_id=call_id, delivery_id=delivery_id, **said)
    conn.execute(statement.on_conflict_do_update(index_elements=["call_id", "delivery_id"], set_=said))


def journal(conn: Connection, call_id: int) -> dict[str, Any]:
    return dict(conn.execute(select(calls.c.journal).where(calls.c.id == call_id)).scalar_one() or {})


def note(conn: Connection, call_id: int, step: str, data: dict[str, Any]) -> None:
    """Keep what a sender of several steps has done so far."""
    conn.execute(update(calls).where(calls.c.id == call_id).values(journal={**journal(conn, call_id), step: data}))


def of_delivery(conn: Connection, delivery_id: int, call_id: int | None) -> list[RowMapping]:
    """Return the calls that tried this delivery, oldest first: those with an outcome, and the last one."""
    told = select(outcomes.c.call_id).where(outcomes.c.delivery_id == delivery_id)
    query = select(calls).where(calls.c.id.in_(told) | (calls.c.id == call_id)).order_by(calls.c.id)
    return list(conn.execute(query).mappings())


def outcomes_of(conn: Connection, delivery_id: int) -> dict[int, RowMapping]:
    """Return what each call said of this delivery, by call, where it wasn't plain "sent"."""
    query = select(outcomes).where(outcomes.c.delivery_id == delivery_id)
    return {row["call_id"]: row for row in conn.execute(query).mappings()}
