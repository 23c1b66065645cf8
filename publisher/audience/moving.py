"""Another address for the same person: confirmed by its owner, or vouched for by an operator."""

from __future__ import annotations

from datetime import datetime

from publisher.model.subscriber import SubscriptionState
from publisher.store import Connection, RowMapping, Store, consents, mergers, subscribers, suppressions


def move(store: Store, person_id: int, new_id: int, *, now: datetime, actor: str, why: str = "") -> bool:
    """Give a person the address that another row has, as `make_one` does."""
    with store.write() as conn:
        return make_one(conn, person_id, new_id, now=now, actor=actor, why=why)


def make_one(conn: Connection, person_id: int, new_id: int, *, now: datetime, actor: str, why: str = "") -> bool:
    """Give a person the address that another row has, and make the two rows one person; False where one is gone.

    What either had chosen stays: of two words on one list the later one holds, and the other is kept as history. The
    id of the new address leads to the person from now on, so that no link in an old mail is lost.

    :param person_id: who moves.
    :param new_id: the row of the new address, on lists of its own or on none.
    :param why: how it is known that the address is theirs.
    """
    mergers.lock(conn, person_id, new_id)
    person, new = subscribers.get(conn, person_id), subscribers.get(conn, new_id)
    if person is None or new is None:
        return False
    if person.id == new.id:  # said twice
        return True
    said = f"{person.email}; moved: {why}" if why else person.email
    since = consents.since(conn, person.id, consents.ADDRESS)
    consents.remember(conn, person.id, consents.ADDRESS, said, since=since, until=now, actor=actor)
    _carry_suppressions(conn, person.id, new.id)
    _join_choices(conn, person.id, new.id, now)
    mergers.join_mails(conn, person.id, new.id)
    mergers.take_address(conn, person.id, new.id)
    return True


def _carry_suppressions(conn: Connection, person_id: int, new_id: int) -> None:
    """Let what the person said hold at the new address too; that the old mailbox is gone says nothing of the new."""
    old, new = (subscribers.row_of(conn, each)["address_hash"] for each in (person_id, new_id))
    for row in suppressions.of(conn, old):
        if not (suppressions.is_lifted(row) or suppressions.is_of_mailbox(row)):
            said = {name: row[name] for name in ("reason", "actor")}
            suppressions.add(conn, new, row["scope"], now=row["made_at"], **said)


def _join_choices(conn: Connection, person_id: int, new_id: int, now: datetime) -> None:
    mine = {row["list_id"]: row for row in consents.present(conn, person_id)}
    for other in consents.present(conn, new_id):
        own = mine.get(other["list_id"])
        if own is None:
            mergers.hand_over(conn, other, person_id)
        elif _outweighs(other, own):
            consents.remember_subscription(conn, own, now)
            mergers.drop(conn, own)
            mergers.hand_over(conn, other, person_id)
        else:
            consents.remember_subscription(conn, other, now, subscriber_id=person_id)
            mergers.drop(conn, other)


def _outweighs(other: RowMapping, own: RowMapping) -> bool:
    """Say which of two words on one list holds: a question that is open gives way, else the later one."""
    asked = SubscriptionState.UNCONFIRMED
    if (other["state"] == asked) != (own["state"] == asked):
        return bool(own["state"] == asked)
    return bool(other["since"] > own["since"])
