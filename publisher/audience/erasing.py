"""Erasing a person: nothing is left but a number that no one else gets, and a keyed hash that keeps imports off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from publisher.model.subscriber import SubscriptionState
from publisher.store import Connection, Store, consents, erasures, staff, subscribers, suppressions
from publisher.store.erasures import Names, Receipt


def erase(
    store: Store,
    subscriber_id: int,
    *,
    hash_of: Callable[[str], str],
    why: str,
    now: datetime,
    actor: str,
    besides: Mapping[str, int] | None = None,
) -> Receipt | None:
    """Forget a person for good; return the receipt, which names nobody. None where there is nobody with this id.

    Letters to them that haven't begun stop: a row without an address is written to by nobody. What stays says that a
    letter went to somebody who was erased.

    :param hash_of: makes the keyed hash of an address: of theirs now and of those before, for old files have the old.
    :param why: how it is known that they want it; it is kept, without their addresses and name.
    :param besides: what was taken away elsewhere, for the receipt.
    """
    with store.write() as conn:
        person = subscribers.get(conn, subscriber_id)
        if person is None:
            return None
        addresses = addresses_of(conn, person.id, person.email)
        names = Names(addresses, [person.name])
        said = names.out_of(why, is_theirs=True)
        done = Counter(besides or {})
        for row_id in erasures.rows_of(conn, person.id):
            done["subscriptions"] += _leave_everything(conn, row_id, now, actor)
            done += erasures.unname(conn, row_id, names)
            done += erasures.empty(conn, row_id, now)
        for address in addresses:
            done["suppressions"] += erasures.unname_suppressions(conn, hash_of(address), names)
            suppressions.add(conn, hash_of(address), suppressions.ERASED, reason=said, now=now, actor=actor)
        done += erasures.sweep(conn, names)
        receipt = erasures.give_receipt(conn, person.id, at=now, actor=actor, why=said, counted=done)
        what = f"erased a subscriber (receipt {receipt.number})"
        staff.write_down(conn, actor, what, about=f"subscriber:{person.id}", now=now)
    return receipt


def addresses_of(conn: Connection, person_id: int, email: str) -> list[str]:
    """Return the addresses that a person has and had, and those of rows that became one with theirs."""
    return sorted({email, *consents.former_addresses(conn, person_id)})


def _leave_everything(conn: Connection, row_id: int, now: datetime, actor: str) -> int:
    present = consents.present(conn, row_id)
    for row in present:
        left = SubscriptionState.LEFT
        subscribers.set_subscription(conn, row_id, row["list_id"], left, basis="erased", now=now, actor=actor)
    return len(present)
