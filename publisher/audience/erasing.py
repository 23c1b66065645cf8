"""Erasing a person: nothing is left but a number that no one else gets, and a keyed hash that keeps imports off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.store import Connection, Store, consents, erasures, sends, staff, subscribers, suppressions
from publisher.store.erasures import Names, Receipt, UnderWay
from publisher.store.patience import write_patiently

BATCH = 500  # letters of one transaction


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
    letter went to somebody who was erased. Who has had thousands is taken out of them some at a time; what is cut short
    is finished by `finish_all`.

    :param hash_of: makes the keyed hash of an address: of theirs now and of those before, for old files have the old.
    :param why: how it is known that they want it; it is kept, without their addresses and name.
    :param besides: what was taken away elsewhere, for the receipt.
    """

    def begin(conn: Connection) -> tuple[bool, Receipt | None]:
        sends.lock_open_to(conn, erasures.rows_of(conn, subscriber_id))  # before them, and before any letter
        person = subscribers.lock(conn, subscriber_id)
        if person is None:
            return False, None
        known = _begin(conn, person, hash_of=hash_of, why=why, now=now, actor=actor, besides=besides or {})
        return True, _go_on(conn, known)  # for most it is the whole: all of it, or nothing

    is_begun, receipt = write_patiently(store, begin)
    return receipt or (finish(store, subscriber_id) if is_begun else None)


def _begin(
    conn: Connection,
    person: Subscriber,
    *,
    hash_of: Callable[[str], str],
    why: str,
    now: datetime,
    actor: str,
    besides: Mapping[str, int],
) -> UnderWay:
    """Leave nothing of who they are, and write down what has still to be looked for where letters to them are kept."""
    addresses = addresses_of(conn, person.id, person.email)
    names = Names(addresses, [person.name])
    said, row_ids = names.out_of(why, is_theirs=True), erasures.rows_of(conn, person.id)
    done = Counter(besides)
    for row_id in row_ids:
        done["subscriptions"] += _leave_everything(conn, row_id, now, actor)
        done += erasures.empty(conn, row_id, now)
    for address in addresses:
        done["suppressions"] += erasures.unname_suppressions(conn, hash_of(address), names)
        suppressions.add(conn, hash_of(address), suppressions.ERASED, reason=said, now=now, actor=actor)
    known = UnderWay(person.id, row_ids, addresses, person.name, now, actor, said, dict(done))
    erasures.keep(conn, known)
    return known


def finish(store: Store, subscriber_id: int) -> Receipt | None:
    """Take a person whose erasure has begun out of the letters to them, some at a time; return the receipt.

    Whoever else does it at the same time does the other half.
    """

    def go_on(conn: Connection) -> tuple[bool, Receipt | None]:
        known = erasures.under_way(conn, subscriber_id)
        if known is None:
            return True, erasures.receipt_of(conn, subscriber_id)
        sends.lock_open_to(conn, known.rows)
        receipt = _go_on(conn, known)
        return receipt is not None, receipt

    is_done, receipt = False, None
    while not is_done:
        is_done, receipt = write_patiently(store, go_on)
    return receipt


def _go_on(conn: Connection, known: UnderWay) -> Receipt | None:
    """Take them out of the next letters; return the receipt where these were the last. Their sends are locked."""
    names = Names(known.addresses, [known.name])
    letters = erasures.letters_to(conn, known.rows, after=known.through, limit=BATCH)
    known = known.on(letters, erasures.unname(conn, letters, names))
    if len(letters) < BATCH:
        return _end(conn, known, names)
    erasures.keep(conn, known)
    return None


def finish_all(store: Store) -> list[Receipt]:
    """Finish every erasure that whatever ended a process has cut short; return their receipts."""
    with store.read() as conn:
        begun = erasures.unfinished(conn)
    return [receipt for each in begun if (receipt := finish(store, each)) is not None]


def _end(conn: Connection, known: UnderWay, names: Names) -> Receipt:
    erasures.end(conn, known.subscriber_id)
    counted = Counter(known.counted) + erasures.sweep(conn, names)
    how: dict[str, Any] = {"at": known.at, "actor": known.actor, "why": known.why, "counted": counted}
    receipt = erasures.give_receipt(conn, known.subscriber_id, **how)
    what = f"erased a subscriber (receipt {receipt.number})"
    staff.write_down(conn, known.actor, what, about=f"subscriber:{known.subscriber_id}", now=known.at)
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
