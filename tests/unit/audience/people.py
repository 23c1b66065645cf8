"""People for these tests, made by the product's own functions."""

from __future__ import annotations

from publisher.audience import imports
from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.model.tokens import address_hash
from publisher.store import Store, subscribers
from tests.ledger import HASH_KEY, NOW


def hash_of(email: str) -> str:
    return address_hash(email, HASH_KEY)


def join(store: Store, email: str, *list_names: str, name: str = "") -> Subscriber:
    """Put a person on lists, or on none, and return them."""
    for list_name in list_names or ("daily",):
        imports.add_one(store, email, list_name, name=name, hash_key=HASH_KEY, now=NOW, actor="cli:ada")
    return find(store, email)


def choose(store: Store, email: str, list_name: str, state: SubscriptionState, *, at=NOW, basis: str = "") -> None:
    with store.write() as conn:
        person = subscribers.find(conn, hash_of(email))
        assert person is not None
        list_id = subscribers.ensure_list(conn, list_name)
        said = {"basis": basis or f"{state} by the link", "now": at, "actor": "subscriber"}
        subscribers.set_subscription(conn, person.id, list_id, state, **said)


def find(store: Store, email: str) -> Subscriber:
    with store.read() as conn:
        person = subscribers.find(conn, hash_of(email))
    assert person is not None, f"nobody has the address {email}"
    return person


def states(store: Store, email: str) -> dict[str, str]:
    """Return what a person chose, by list."""
    with store.read() as conn:
        rows = [row for row in subscribers.everyone(conn) if row["email"] == email and row["list"]]
    return {row["list"]: row["state"] for row in rows}
