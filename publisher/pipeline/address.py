"""Message to delivery: the audience of a send is frozen, one row for each person or account."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from publisher.model.states import DeliveryState, EditionState, SendState
from publisher.store import Connection, Store, deliveries, editions, messages, sends, subscribers


def record(store: Store, send_id: int, *, now: datetime) -> bool:
    """Freeze the audience of a ready send in one transaction; say whether it was addressed.

    An audience of nobody is held: it is nearly always a list that was never filled.
    """
    with store.write() as conn:
        send = sends.lock_with_edition(conn, send_id)
        found = messages.of_send(conn, send_id)
        if send["state"] != SendState.READY or found is None:
            return False
        edition = editions.get(conn, send["edition_id"]) if send["edition_id"] else None
        if edition is not None and edition["state"] != EditionState.LOCKED:
            return False
        due_at = max(now, edition["due_at"]) if edition else now
        if send["audience"]:
            counted = _freeze_lists(conn, send_id, send["edition_id"], send["audience"], found[0], due_at)
        else:
            deliveries.freeze_account(
                conn, send_id=send_id, channel=send["channel"], message_id=found[0], due_at=due_at
            )
            counted = Counter({DeliveryState.PENDING.value: 1})
        if not counted:
            _hold_for_nobody(conn, send_id, send["audience"])
            return False
        sends.move(conn, send_id, SendState.ADDRESSED)
        sends.post_to_books(conn, send_id, counted, candidates=counted.total())
    return True


def _freeze_lists(
    conn: Connection, send_id: int, edition_id: int, names: list[str], message_id: int, due_at: datetime
) -> Counter[str]:
    counted: Counter[str] = Counter()
    for name in names:
        counted += deliveries.freeze_readers(
            conn,
            send_id=send_id,
            edition_id=edition_id,
            list_id=subscribers.ensure_list(conn, name),
            message_id=message_id,
            due_at=due_at,
        )
    return counted


def _hold_for_nobody(conn: Connection, send_id: int, names: list[str]) -> None:
    sends.move(conn, send_id, SendState.HELD)
    lists = " and ".join(names)
    remedy = f"Add readers with `publisher subscribers import FILE.csv --list {names[0]}`, then send the edition"
    reason = {"check": "audience", "blocks": True, "what": f"nobody is subscribed to {lists}", "remedy": remedy}
    sends.add_reasons(conn, send_id, [reason])
