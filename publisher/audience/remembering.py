"""After a restore: who left, was suppressed or erased since the backup is so again, by what the journal says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from publisher.audience.erasing import erase
from publisher.model.subscriber import SubscriptionState
from publisher.store import Connection, Store, consents, subscribers, suppressions
from publisher.store.farewells import Farewell, Kind

Known = Callable[[str], str]  # makes the keyed hash of an address


def remember(store: Store, said: Iterable[Farewell], *, hash_of: Known, now: datetime) -> Counter[Kind]:
    """Let everybody be left alone again who said so; return how many of each kind the ledger did not know of."""
    done: Counter[Kind] = Counter()
    for farewell in said:
        if _carry_out(store, farewell, hash_of, now):
            done[farewell.kind] += 1
    return done


def _carry_out(store: Store, farewell: Farewell, hash_of: Known, now: datetime) -> bool:
    if farewell.kind is Kind.ERASED:
        return _erase(store, farewell, hash_of, now)
    with store.write() as conn:
        return _leave(conn, farewell) if farewell.kind is Kind.LEFT else _suppress(conn, farewell)


def _erase(store: Store, farewell: Farewell, hash_of: Known, now: datetime) -> bool:
    with store.read() as conn:
        person = subscribers.find(conn, farewell.whom)
        is_known = _is_known(conn, farewell)
    if person is not None:
        why, actor = farewell.why, farewell.actor
        return erase(store, person.id, hash_of=hash_of, why=why, now=now, actor=actor) is not None
    if not is_known:
        with store.write() as conn:
            _suppress(conn, farewell)
    return not is_known


def _leave(conn: Connection, farewell: Farewell) -> bool:
    """End a subscription, unless it is newer than the word that ended it."""
    person = subscribers.find(conn, farewell.whom)
    rows = consents.present(conn, person.id) if person else []
    mine = next((row for row in rows if subscribers.list_name(conn, row["list_id"]) == farewell.about), None)
    if person is None or mine is None or mine["state"] == SubscriptionState.LEFT or mine["since"] > farewell.at:
        return False
    subscribers.set_subscription(
        conn,
        person.id,
        mine["list_id"],
        SubscriptionState.LEFT,
        basis=farewell.why,
        now=farewell.at,
        actor=farewell.actor,
    )
    return True


def _suppress(conn: Connection, farewell: Farewell) -> bool:
    if _is_known(conn, farewell):
        return False
    suppressions.add(conn, farewell.whom, farewell.about, reason=farewell.why, now=farewell.at, actor=farewell.actor)
    return True


def _is_known(conn: Connection, farewell: Farewell) -> bool:
    """Say whether the ledger has this suppression, or had it and somebody lifted it."""
    return any(
        row["made_at"] == farewell.at or row["scope"] == farewell.about for row in suppressions.of(conn, farewell.whom)
    )
