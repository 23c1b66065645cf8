"""Resend: what failed is pending again. Whoever has left or is suppressed since then is left out when it is claimed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import RowMapping

from publisher.model.staff import May
from publisher.model.states import DeliveryState, SendState
from publisher.store import Connection, Store, by_hand, editions, seals, sends, staff
from publisher.store.patience import write_patiently
from publisher.store.permission import allowed
from publisher.store.staff import Line

D = DeliveryState


@dataclass(frozen=True, slots=True)
class Again:
    """What goes out again: how many deliveries of which sends."""

    count: int
    send_ids: tuple[int, ...]


@allowed(May.OPERATE)
def resend_failed(
    store: Store,
    edition_id: int,
    *,
    now: datetime,
    recipient_id: int | None = None,
    kind: str = "",
    line: Line | None = None,
) -> Again:
    """Make what failed of an edition pending again; nothing else of it is touched. What practice made never is.

    :param recipient_id: only what failed for this one.
    :param kind: only what failed of sends of this kind.
    :param line: of the audit, which counts along with each batch.
    """
    if is_of_practice(store, edition_id):
        return Again(0, ())
    with store.read() as conn:
        failed = [send for send in sends.of_edition(conn, edition_id) if send["failed"] and _may_go_on(send)]
    failed = [send for send in failed if send["kind"] == (kind or send["kind"])]
    counts = {}
    for send in failed:
        counts[send["id"]], line = _resend(store, send["id"], now, recipient_id, line)
    return Again(sum(counts.values()), tuple(send_id for send_id, count in counts.items() if count))


def is_of_practice(store: Store, edition_id: int) -> bool:
    """Say whether an edition was made in practice, which is over."""
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
    return edition is not None and edition["practice"] in editions.AFTER_PRACTICE


def still_kept(store: Store, edition_id: int) -> dict[int, int]:
    """Return how many deliveries of each send failed, and are kept: others can't be sent again."""
    with store.read() as conn:
        failed = {row["id"]: row["failed"] for row in sends.of_edition(conn, edition_id) if row["failed"]}
        left = {send_id: count - seals.counted(conn, send_id)[D.FAILED] for send_id, count in failed.items()}
    return {send_id: count for send_id, count in left.items() if count}


def _may_go_on(send: RowMapping) -> bool:
    return send["state"] in (SendState.ADDRESSED, SendState.SENDING, SendState.PAUSED, SendState.DONE)


def _resend(
    store: Store, send_id: int, now: datetime, recipient_id: int | None, line: Line | None
) -> tuple[int, Line | None]:
    count, after = 0, 0
    while True:
        batch = partial(_resend_batch, send_id=send_id, after=after, now=now, recipient_id=recipient_id, line=line)
        moved, last, line = write_patiently(store, batch)
        count += moved
        if last is None:
            return count, line
        after = last


def _resend_batch(
    conn: Connection, send_id: int, after: int, now: datetime, recipient_id: int | None, line: Line | None
) -> tuple[int, int | None, Line | None]:
    sends.lock_with_edition(conn, send_id)
    moved, last = by_hand.move_batch(
        conn,
        send_id,
        origin=D.FAILED,
        to=D.PENDING,
        after=after,
        recipient_id=recipient_id,
        due_at=now,
        reason=None,
    )
    sends.post_to_books(conn, send_id, {D.FAILED.value: -moved, D.PENDING.value: moved})
    if moved:
        editions.reopen(conn, send_id, now)
    return moved, last, staff.note(conn, line, moved)
