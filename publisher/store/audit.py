"""The books counted in full: counters against rows, rows against calls. The database counts; nothing is read whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from publisher.model.states import CallState, DeliveryState
from publisher.store import seals
from publisher.store import sends as books
from publisher.store.seals import Sealer
from publisher.store.sql import among
from publisher.store.tables import calls, deliveries, outcomes, sends

D, C = DeliveryState, CallState
NAMED = 5  # rows that are named of each kind


def send_ids(conn: Connection, edition_id: int | None = None) -> list[int]:
    """Return the sends to be counted, of one edition or all."""
    query = select(sends.c.id).order_by(sends.c.id)
    if edition_id is not None:
        query = query.where(sends.c.edition_id == edition_id)
    return list(conn.execute(query).scalars())


def faults(conn: Connection, send_id: int, sealer: Sealer | None = None) -> list[str]:
    """Count one send in full; return each thing that is wrong in one line.

    :param sealer: knows whether totals are as they were sealed; None: nobody does.
    """
    totals = seals.of_send(conn, send_id)
    broken = [row["message_id"] for row in totals if sealer and not sealer.holds(row)]
    changed = [f"the sealed total of message {message_id} is not as it was written" for message_id in broken]
    without_calls = [row["message_id"] for row in totals if row["calls"] and row["message_id"] not in broken]
    return [*changed, *_counters(conn, send_id), *_rows(conn, send_id, without_calls), *_calls(conn, send_id)]


def _counters(conn: Connection, send_id: int) -> Iterator[str]:
    row, wrong = books.get(conn, send_id), books.imbalance(conn, send_id)
    if wrong:
        yield wrong
    if row["state"] in ("done", "cancelled") and row["taken"]:
        yield f"{row['taken']} are taken although the send has ended"
    if row["state"] == "done" and row["pending"]:
        yield f"{row['pending']} are pending although the send is done"


def _rows(conn: Connection, send_id: int, without_calls: Sequence[int]) -> Iterator[str]:
    """Look for rows that their call doesn't bear out.

    :param without_calls: messages whose calls, or some of them, are not kept any more.
    """
    is_open = calls.c.state.in_([C.CLAIMED, C.SENDING, C.UNKNOWN])
    says_sent = and_(outcomes.c.delivery_id.is_not(None), outcomes.c.outcome == "sent")
    took_it = or_(calls.c.state == C.ANSWERED, and_(calls.c.state == C.UNKNOWN, calls.c.outcome == "sent"), says_sent)
    removals = select(sends.c.id).where(sends.c.kind == books.WITHDRAWAL)
    by_hand = and_(deliveries.c.reason.is_not(None), deliveries.c.send_id.in_(removals))  # a person took the post down
    was_kept = and_(calls.c.id.is_(None), among(deliveries.c.message_id, without_calls))
    wrong: dict[str, tuple[DeliveryState, ColumnElement[bool]]] = {
        "taken without an open call": (D.TAKEN, or_(calls.c.id.is_(None), ~is_open)),
        "sent without a call that was answered": (
            D.SENT,
            and_(or_(calls.c.id.is_(None), ~took_it), ~by_hand, ~was_kept),
        ),
        "unknown without a word why": (D.UNKNOWN, outcomes.c.delivery_id.is_(None)),
    }
    for what, (state, condition) in wrong.items():
        query = _with_call(func.count()).where(deliveries.c.send_id == send_id, deliveries.c.state == state, condition)
        count = conn.execute(query).scalar_one()
        if count:
            named = _with_call(deliveries.c.id).where(
                deliveries.c.send_id == send_id, deliveries.c.state == state, condition
            )
            ids = conn.execute(named.order_by(deliveries.c.id).limit(NAMED)).scalars()
            yield f"{count} {what}: {', '.join(map(str, ids))}{' …' if count > NAMED else ''}"


def _with_call(column: ColumnElement[int]) -> Select[Any]:
    told = and_(outcomes.c.call_id == deliveries.c.call_id, outcomes.c.delivery_id == deliveries.c.id)
    joined = deliveries.outerjoin(calls, calls.c.id == deliveries.c.call_id).outerjoin(outcomes, told)
    return select(column).select_from(joined)


def _calls(conn: Connection, send_id: int) -> Iterator[str]:
    """Look for calls under way that hold nobody."""
    held = (
        select(deliveries.c.call_id)
        .where(deliveries.c.send_id == send_id, deliveries.c.state.in_([D.TAKEN, D.UNKNOWN]))
        .distinct()
    )
    query = select(calls.c.id).where(
        calls.c.send_id == send_id, calls.c.state.in_([C.CLAIMED, C.SENDING]), calls.c.id.not_in(held)
    )
    for call_id in conn.execute(query.order_by(calls.c.id)).scalars():
        yield f"call {call_id} is open and holds nobody"
