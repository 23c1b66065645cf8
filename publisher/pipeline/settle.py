"""Call to closed books: a send is done when nothing is pending or taken, an edition when its sends are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from publisher.errors import StoreError
from publisher.model.states import DeliveryState, EditionState, SendState
from publisher.store import Connection, Store, channels, deliveries, editions, sends

log = structlog.get_logger()

OPEN = (SendState.ADDRESSED, SendState.SENDING, SendState.PAUSED)
ENDED = (SendState.DONE, SendState.CANCELLED)


def settle_finished(store: Store, *, now: datetime) -> int:
    """Close every send with nothing left to do, counting its rows in full; return how many were closed."""
    with store.read() as conn:
        finished = [send["id"] for send in sends.in_state(conn, *OPEN) if not sends.has_pending(send)]
    for send_id in finished:
        with store.write() as conn:
            _close_send(conn, send_id, now)
    return len(finished)


def _close_send(conn: Connection, send_id: int, now: datetime) -> None:
    send = sends.lock_with_edition(conn, send_id)  # two sends that end at once: the later one closes the edition
    if sends.has_pending(send):
        return
    wrong = sends.imbalance(conn, send_id)
    if wrong:
        raise StoreError(f"the books of send {send_id} don't balance: {wrong}", remedy="Report this with the log")
    if send["state"] == SendState.PAUSED:
        sends.move(conn, send_id, SendState.SENDING)
    sends.move(conn, send_id, SendState.DONE, done_at=now)
    log.info("send_done", send=send_id, sent=send["sent"], failed=send["failed"], unknown=send["unknown"])
    close_edition(conn, send["edition_id"], now)


def close_edition(conn: Connection, edition_id: int | None, now: datetime) -> None:
    """Close the edition when every send of it has ended."""
    if edition_id is None:
        return
    if all(send["state"] in ENDED for send in sends.of_edition(conn, edition_id)):
        editions.move(conn, edition_id, EditionState.CLOSED, now)


def cancel_edition(store: Store, edition_id: int, *, reason: str, now: datetime) -> int:
    """Stop what has not left of an edition; return how many deliveries were stopped. Calls under way end as they do."""
    stopped = 0
    with store.write() as conn:
        for send in sends.lock_all(conn, edition_id):
            if send["state"] in ENDED:
                continue
            cancelled = deliveries.cancel_pending(conn, send["id"], reason)
            moved = {DeliveryState.PENDING.value: -cancelled, DeliveryState.CANCELLED.value: cancelled}
            sends.post_to_books(conn, send["id"], moved)
            sends.move(conn, send["id"], SendState.CANCELLED, done_at=now)
            stopped += cancelled
        editions.move(conn, edition_id, EditionState.CANCELLED, now)
    return stopped


def pause_without_channel(store: Store, channels: Sequence[str]) -> None:
    """Pause what waits for a channel that schedules.yaml no longer has: nothing would ever carry it on."""
    with store.read() as conn:
        lost = [send for send in sends.in_state(conn, *OPEN[:2]) if send["channel"] not in channels]
    for send in lost:
        what = f"there is no channel {send['channel']} any more"
        remedy = "Put it back into schedules.yaml and `publisher send SCHEDULE --finish`, or `--skip` what is left"
        with store.write() as conn:
            sends.move(conn, send["id"], SendState.PAUSED)
            sends.add_reasons(conn, send["id"], [{"check": "channel", "blocks": True, "what": what, "remedy": remedy}])


def resume_edition(store: Store, edition_id: int) -> int:
    """Let the paused sends of an edition go on, because a person said so; return how many."""
    with store.write() as conn:
        for send in sends.lock_all(conn, edition_id):
            channels.let_go_on(conn, send["channel"])
        return sum(
            sends.move(conn, send["id"], SendState.SENDING, reasons=[])
            for send in sends.lock_all(conn, edition_id)
            if send["state"] == SendState.PAUSED
        )
