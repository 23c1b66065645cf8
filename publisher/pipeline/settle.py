"""Call to closed books: a send is done when nothing is pending or taken, an edition when its sends are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from publisher.model.states import ENDED, DeliveryState, EditionState, SendState
from publisher.store import Connection, RowMapping, Store, audience, editions, limits, messages, send_reasons, sends

log = structlog.get_logger()
D = DeliveryState

OPEN = (SendState.ADDRESSED, SendState.SENDING, SendState.PAUSED)


def settle_finished(store: Store, *, now: datetime) -> int:
    """Close every send with nothing left to do, counting its rows in full; return how many were closed."""
    with store.read() as conn:
        ended = [send for send in sends.in_state(conn, *OPEN) if not sends.has_pending(send)]
        # Found wrong once, it isn't counted again and again: `publisher verify` counts, and takes the reason away.
        finished = [send["id"] for send in ended if not (sends.is_out_of_balance(send) or _gets_more(send, now))]
    return sum(_settle(store, send_id, now) for send_id in finished)


def _gets_more(send: RowMapping, now: datetime) -> bool:
    """Say whether letters may still be added: somebody may ask for one."""
    return bool(send["kind"] == sends.STANDING and now < send["made_at"] + sends.SHARED_FOR)


def _settle(store: Store, send_id: int, now: datetime) -> bool:
    with store.write() as conn:
        return _close_send(conn, send_id, now)


def _close_send(conn: Connection, send_id: int, now: datetime) -> bool:
    """Close a send whose rows agree with its books. One that doesn't balance stays open, with that as its reason."""
    edition_id = sends.get(conn, send_id)["edition_id"]
    if edition_id is not None:  # two sends that end at once: the later one closes it, and may let readers into others
        sends.lock_all(conn, edition_id)
    send = sends.lock(conn, send_id)
    if sends.has_pending(send):
        return False
    wrong = sends.imbalance(conn, send_id)
    if wrong:
        log.error("books_do_not_balance", send=send_id, wrong=wrong)
        sends.add_reasons(conn, send_id, [send_reasons.out_of_balance(wrong)])
        return False
    if send["state"] == SendState.PAUSED:  # held when there was nothing left to hold
        sends.set_reasons(conn, send_id, [reason for reason in send["reasons"] if not reason["blocks"]])
        sends.move(conn, send_id, SendState.SENDING)
    sends.move(conn, send_id, SendState.DONE, done_at=now)
    limits.forget(conn, f"queue:{send_id}:")  # where its readers of single mail domains stood
    log.info("send_done", send=send_id, sent=send["sent"], failed=send["failed"], unknown=send["unknown"])
    if send["edition_id"] is not None and send["suppressed"]:
        _let_in_by_other_lists(conn, send, now)
    close_edition(conn, send["edition_id"], now)
    return True


def _let_in_by_other_lists(conn: Connection, send: RowMapping, now: datetime) -> None:
    """Whoever left this send's list, after another send left them out for it, has the edition by that other list.

    All sends of the edition are locked.
    """
    for other_id, ids in audience.left_out_for(conn, send["id"], send["edition_id"], now).items():
        if sends.lock(conn, other_id)["state"] == SendState.CANCELLED:
            continue
        shown = messages.of_send(conn, other_id)
        moved = audience.let_in(conn, ids, shown[0], now) if shown else 0
        editions.reopen(conn, other_id, now)
        sends.post_to_books(conn, other_id, {D.EXCLUDED.value: -moved, D.PENDING.value: moved})
        log.info("let_in_by_another_list", send=other_id, deliveries=moved)


def close_edition(conn: Connection, edition_id: int | None, now: datetime) -> None:
    """Close the edition when every send of it has ended."""
    if edition_id is None:
        return
    if all(send["state"] in ENDED for send in sends.of_edition(conn, edition_id)):
        editions.move(conn, edition_id, EditionState.CLOSED, now)


def pause_without_channel(store: Store, channels: Sequence[str]) -> None:
    """Pause what waits for a channel that schedules.yaml no longer has: nothing would ever carry it on."""
    with store.read() as conn:
        lost = [send for send in sends.in_state(conn, *OPEN[:2]) if send["channel"] not in channels]
    for send in lost:
        with store.write() as conn:
            sends.lock(conn, send["id"])
            if sends.move(conn, send["id"], SendState.PAUSED):
                sends.add_reasons(conn, send["id"], [send_reasons.lost_channel(send)])
