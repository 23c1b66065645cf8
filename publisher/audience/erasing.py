"""Erasing a person: nothing is left but a number that no one else gets, and a keyed hash that keeps imports off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from publisher.model.subscriber import SubscriptionState
from publisher.store import Connection, Store, consents, erasures, staff, subscribers, suppressions
from publisher.store.staff import Line


def erase(
    store: Store,
    subscriber_id: int,
    *,
    hash_of: Callable[[str], str],
    why: str,
    now: datetime,
    actor: str,
    line: Line | None = None,
) -> bool:
    """Forget a person for good; False where there is nobody with this id any more.

    Letters to them that haven't begun stop: a row without an address is written to by nobody. What stays says that a
    letter went to somebody who was erased.

    :param hash_of: makes the keyed hash of an address: of theirs now and of those before, for old files have the old.
    :param why: how it is known that they want it; it is kept, so it names nobody.
    :param line: of the audit.
    """
    with store.write() as conn:
        person = subscribers.get(conn, subscriber_id)
        if person is None:
            return False
        addresses = sorted({person.email, *consents.former_addresses(conn, person.id)})
        for row_id in erasures.rows_of(conn, person.id):
            _leave_everything(conn, row_id, now, actor)
            erasures.unname(conn, row_id, addresses)
            erasures.empty(conn, row_id, now)
        for address in addresses:
            erasures.unname_suppressions(conn, hash_of(address), address)
            suppressions.add(conn, hash_of(address), suppressions.ERASED, reason=why, now=now, actor=actor)
        staff.note(conn, line)
    return True


def _leave_everything(conn: Connection, row_id: int, now: datetime, actor: str) -> None:
    for row in consents.present(conn, row_id):
        left = SubscriptionState.LEFT
        subscribers.set_subscription(conn, row_id, row["list_id"], left, basis="erased", now=now, actor=actor)
