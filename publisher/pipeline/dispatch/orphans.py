"""What a dead or frozen process left: given back where it had not spoken, unknown where it may have been heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from publisher.errors import BooksError, StoreError
from publisher.model.call import Outcome, Verdict
from publisher.model.states import CallState, DeliveryState, SendState
from publisher.pipeline.dispatch import telling
from publisher.pipeline.dispatch.landing import Landing, in_its_send
from publisher.store import Connection, RowMapping, Store, calls, deliveries, sends

log = structlog.get_logger()
D = DeliveryState


def take_over(
    store: Store, is_held: Callable[[RowMapping], bool], *, now: datetime, retry: timedelta = timedelta()
) -> tuple[int, int]:
    """Close the calls that nobody carries on; return how many deliveries were given back and how many are unknown.

    :param is_held: says of a call whether its process is still at it.
    :param retry: how long to wait before an unknown call is looked at again.
    :raises StoreError: those of a send could not be closed; the others were.

    A call that had not begun to speak is given back. One that had may have been heard: its deliveries are unknown,
    by name, until it is said again under its key, the provider is asked, or a person decides.
    """
    with store.read() as conn:
        orphans = [call for call in calls.open_ones(conn) if not is_held(call)]
    by_send = defaultdict(list)
    for orphan in orphans:
        by_send[orphan["send_id"]].append(orphan["id"])
    given_back = unknown = 0
    trouble: StoreError | None = None
    for send_id, call_ids in by_send.items():
        try:
            back, lost = _take(store, send_id, call_ids, now, now + retry)
        except BooksError as error:  # it is set aside, and waits for a person
            log.error("take_over_failed", send=send_id, calls=len(call_ids), error=str(error))
            continue
        except StoreError as error:  # the others are taken over all the same
            trouble = trouble or error
            continue
        given_back, unknown = given_back + back, unknown + lost
    if trouble is not None:
        raise trouble
    return given_back, unknown


def hasten(store: Store, is_alive: Callable[[int], bool], *, now: datetime, retry: timedelta) -> int:
    """Let doubts that a process died over come up soon, not at the end of its lease; return how many.

    :param retry: as in `take_over`. By it a try that is under way is known from a network's own wait.
    """
    with store.read() as conn:
        taken = calls.taken_again(conn, now)
    under_way = [call for call in taken if call["retry_at"] == call["lease_until"] + retry]
    left = [call for call in under_way if not is_alive(call["process_id"])]
    if left:
        with store.write() as conn:
            for call in left:
                calls.hasten(conn, call, now + retry)
    return len(left)


def _take(store: Store, send_id: int, call_ids: Sequence[int], now: datetime, retry_at: datetime) -> tuple[int, int]:
    """Close a send's orphans together: its lock is waited for once, behind all who are sending."""
    back = lost = 0
    try:
        with store.write() as conn:
            if sends.is_out_of_balance(sends.lock(conn, send_id)):
                return 0, 0  # a person has to look at its books first
            for call_id in call_ids:
                call = calls.get(conn, call_id)
                if call["state"] == CallState.CLAIMED:
                    back += give_back(conn, call, now)
                elif call["state"] == CallState.SENDING:
                    lost += _call_unknown(conn, call, now, retry_at)
        return back, lost
    except BooksError as error:
        with store.write() as conn:
            sends.set_aside(conn, error.send_id, error.what)
        raise


def give_back(conn: Connection, call: RowMapping, now: datetime) -> int:
    """Put back what a call took and did not speak of; its send is locked or shared."""
    ids = [recipient.delivery_id for recipient in calls.thaw(call["members"])]
    if not calls.move(conn, call["id"], CallState.GIVEN_BACK, closed_at=now, members=None):
        return 0  # who begins a call waits for no send: it began since we looked, and speaks
    is_cancelled = sends.get(conn, call["send_id"])["state"] == SendState.CANCELLED
    to = in_its_send(Landing(D.PENDING, now), is_cancelled)
    moved = deliveries.move(
        conn, ids, call_id=call["id"], origin=D.TAKEN, to=to.state, due_at=to.due_at, reason=to.reason, attempts=-1
    )
    sends.post_to_books(conn, call["send_id"], {D.TAKEN.value: -moved, to.state.value: moved})
    return moved


def _call_unknown(conn: Connection, call: RowMapping, now: datetime, retry_at: datetime) -> int:
    reason = "its process ended, or stood still, while the request was under way"
    readers = calls.thaw(call["members"])
    ids = [reader.delivery_id for reader in readers]
    calls.move(
        conn,
        call["id"],
        CallState.UNKNOWN,
        closed_at=now,
        retry_at=retry_at,
        outcome=Outcome.UNKNOWN.value,
        reason=reason,
    )
    moved = deliveries.move(conn, ids, call_id=call["id"], origin=D.TAKEN, to=D.UNKNOWN)
    verdict = Verdict(Outcome.UNKNOWN, reason=reason)
    calls.record_outcomes(conn, call["id"], [(delivery_id, verdict) for delivery_id in ids])
    if sends.post_to_books(conn, call["send_id"], {D.TAKEN.value: -moved, D.UNKNOWN.value: moved}):
        telling.tell_unknown(conn, call["send_id"], readers, reason, now)
    return moved
