"""Cancel: the send's row first, in one short transaction, so that nothing more is claimed; its deliveries after."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import RowMapping

from publisher.model.staff import May
from publisher.model.states import ENDED, SENTENCES, DeliveryState, EditionState, SendState
from publisher.store import Connection, Store, by_hand, desk, editions, facts, sends, staff
from publisher.store.patience import write_patiently
from publisher.store.permission import allowed
from publisher.store.staff import Line

D = DeliveryState


@allowed(May.OPERATE)
def cancel_edition(store: Store, edition_id: int, *, reason: str, now: datetime, line: Line | None = None) -> int:
    """Stop what has not left of an edition; return how many deliveries were stopped.

    Calls under way end as they do: what the provider took stays sent, what certainly did not leave is cancelled. Where
    nobody has got any of it, its note waits for the next edition.

    :param line: of the audit, in the transaction that lets nothing more be claimed.
    """

    def work(conn: Connection) -> list[RowMapping]:
        desk.take_turn_with(conn, edition_id)
        found = [send for send in sends.lock_all(conn, edition_id) if send["state"] not in ENDED]
        facts.release_edition(conn, edition_id)
        for send in found:
            _cancel(conn, send, now)
        is_cancelled = editions.move(conn, edition_id, EditionState.CANCELLED, now, reason=reason)
        if is_cancelled and not any(map(_reached_somebody, sends.of_edition(conn, edition_id))):
            desk.give_back_note(conn, edition_id, now)
        staff.note(conn, line, is_cancelled or bool(found))
        return found

    found = write_patiently(store, work)
    return sum(cancel_rows(store, send["id"], reason) for send in found)


def _reached_somebody(send: RowMapping) -> bool:
    """Say whether somebody has it, or may have."""
    return bool(send["sent"] or send["unknown"] or send["taken"])


def give_up(conn: Connection, send: RowMapping, now: datetime) -> bool:
    """Cancel a send, also one that is done where what failed, or nobody knows of, could go out again; say whether."""
    if send["state"] == SendState.CANCELLED:
        return False
    if send["state"] == SendState.DONE:
        if not (send["failed"] or send["unknown"]):
            return False
        sends.move(conn, send["id"], SendState.SENDING)
    _cancel(conn, send, now)
    return True


def _cancel(conn: Connection, send: RowMapping, now: datetime) -> None:
    sends.move(conn, send["id"], SendState.CANCELLED, done_at=now)
    sends.set_reasons(conn, send["id"], [known for known in send["reasons"] if not known["blocks"]])


def finish_cancelling(store: Store) -> int:
    """Stop the deliveries of cancelled sends whose canceller did not come to its end; return how many."""
    with store.read() as conn:
        left = sends.cancelled_with_pending(conn)
    return sum(cancel_rows(store, send["id"], _why(store, send)) for send in left)


def _why(store: Store, send: RowMapping) -> str:
    with store.read() as conn:
        edition = editions.get(conn, send["edition_id"]) if send["edition_id"] else None
    return (edition["reason"] if edition else "") or SENTENCES["cancelled"]


def cancel_rows(store: Store, send_id: int, reason: str) -> int:
    """Stop the deliveries of a cancelled send, batch by batch; return how many."""
    stopped, after = 0, 0
    while True:
        moved, last = write_patiently(store, partial(cancel_batch, send_id=send_id, after=after, reason=reason))
        stopped += moved
        if last is None:
            return stopped
        after = last


def cancel_batch(conn: Connection, send_id: int, after: int, reason: str) -> tuple[int, int | None]:
    """Stop the next deliveries of a cancelled send; return how many, and where to go on."""
    sends.lock(conn, send_id)
    moved, last = by_hand.move_batch(conn, send_id, origin=D.PENDING, to=D.CANCELLED, after=after, reason=reason)
    sends.post_to_books(conn, send_id, {D.PENDING.value: -moved, D.CANCELLED.value: moved})
    return moved, last
