"""What readers choose by a link in a mail: leaving, coming back, other lists, quiet for a while, a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.audience.signup import CONFIRMED, LEFT, READER, Wanted, come_back_again, wording_of
from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.model.tokens import KeyOf, read_leaving_token
from publisher.store import Connection, RowMapping, Store, consents, subscribers


@dataclass(frozen=True, slots=True)
class Choice:
    """What a leaving link is about: shown on the page, the address masked."""

    subscriber_id: int
    list_id: int
    list_name: str
    masked: str
    is_on: bool
    language: str = ""  # that they chose


@dataclass(frozen=True, slots=True)
class Reader:
    """A person and all that they chose."""

    person: Subscriber
    lists: Mapping[str, RowMapping]  # by name: each that they are, or were, on
    is_stopped: bool  # nobody writes to this address, whatever they choose

    @property
    def on(self) -> frozenset[str]:
        """The lists that they are on."""
        return frozenset(name for name, row in self.lists.items() if row["state"] == CONFIRMED)


@dataclass(frozen=True, slots=True)
class Change:
    """What a reader wants otherwise; what isn't mentioned stays as it is."""

    join: Sequence[Wanted] = ()
    leave: Sequence[str] = ()
    language: str | None = None  # empty: each list's own
    quiet_until: datetime | None = None
    go_on: bool = False  # no more quiet


def look_up(store: Store, token: str, key_of: KeyOf) -> Choice | None:
    """Return what this token is about; None for a token that isn't ours or whose person is gone."""
    claim = read_leaving_token(token, key_of)
    if claim is None:
        return None
    with store.read() as conn:
        found = _look_up(conn, *claim)
    return found and found[0]


def _look_up(conn: Connection, subscriber_id: int, list_id: int) -> tuple[Choice, SubscriptionState] | None:
    person = subscribers.get(conn, subscriber_id)
    subscription = subscribers.subscription(conn, person.id, list_id) if person else None
    list_name = subscribers.list_name(conn, list_id)
    if person is None or subscription is None or list_name is None:
        return None
    state = SubscriptionState(subscription["state"])
    choice = Choice(person.id, list_id, list_name, mask(person.email), state is CONFIRMED, person.language)
    return choice, state


def leave(store: Store, token: str, key_of: KeyOf, *, how: str, now: datetime) -> Choice | None:
    """End the subscription that the token names; saying it twice is no error. None for a token that isn't ours."""
    return _set(store, token, key_of, LEFT, basis=f"left: {how}", now=now)


def come_back(store: Store, token: str, key_of: KeyOf, *, now: datetime) -> Choice | None:
    """Take back a leave, on the word of whoever holds the link."""
    return _set(store, token, key_of, CONFIRMED, basis="came back by the link in a mail", now=now)


def _set(
    store: Store, token: str, key_of: KeyOf, state: SubscriptionState, *, basis: str, now: datetime
) -> Choice | None:
    claim = read_leaving_token(token, key_of)
    if claim is None:
        return None
    with store.write() as conn:
        if subscribers.lock(conn, claim[0]) is None:
            return None
        found = _look_up(conn, *claim)
        if found is None:
            return None
        choice, before = found
        if before is not state:
            _write(conn, choice, state, basis=basis, now=now)
    return choice


def _write(conn: Connection, choice: Choice, state: SubscriptionState, *, basis: str, now: datetime) -> None:
    """Write down a leave, or that it is taken back: then the words hold again that they had said yes to."""
    person_id, list_id = choice.subscriber_id, choice.list_id
    said = consents.last(conn, person_id, list_id, CONFIRMED) if state is CONFIRMED else None
    wording_id = said["wording_id"] if said else None
    subscribers.set_subscription(
        conn, person_id, list_id, state, basis=basis, now=now, actor=READER, wording_id=wording_id
    )
    if state is CONFIRMED:
        come_back_again(conn, person_id, choice.list_name, now)


def reader(store: Store, subscriber_id: int) -> Reader | None:
    """Return a person with all that they chose; None where there is nobody any more."""
    with store.read() as conn:
        person = subscribers.get(conn, subscriber_id)
        return None if person is None else _reader(conn, person)


def _reader(conn: Connection, person: Subscriber) -> Reader:
    chosen = {row["list"]: row for row in consents.present(conn, person.id)}
    return Reader(person, chosen, subscribers.is_stopped(conn, person.id))


def change(store: Store, subscriber_id: int, wish: Change, *, how: str, now: datetime) -> Reader | None:
    """Do what a reader wants, at once or not at all; what holds already stays as it was written down.

    :param how: by which link, in words.
    """
    with store.write() as conn:
        person = subscribers.lock(conn, subscriber_id)
        if person is None:
            return None
        before = _reader(conn, person)
        for wanted in wish.join:
            if wanted.list_name not in before.on:
                _join(conn, person, wanted, how, now)
        for name in before.on.intersection(wish.leave):
            _leave(conn, before.lists[name], f"left: {how}", now)
        _change_person(conn, person, wish, now)
        again = subscribers.get(conn, person.id)
        return None if again is None else _reader(conn, again)


def _join(conn: Connection, person: Subscriber, wanted: Wanted, how: str, now: datetime) -> None:
    """Put a reader on a list: a link that came by mail proves the address, so no other mail asks."""
    list_id = subscribers.ensure_list(conn, wanted.list_name)
    subscribers.set_subscription(
        conn,
        person.id,
        list_id,
        CONFIRMED,
        basis=f"chosen: {how}",
        now=now,
        actor=READER,
        wording_id=wording_of(conn, wanted, now),
    )
    come_back_again(conn, person.id, wanted.list_name, now)


def _leave(conn: Connection, row: RowMapping, basis: str, now: datetime) -> None:
    person_id, list_id = row["subscriber_id"], row["list_id"]
    subscribers.set_subscription(conn, person_id, list_id, LEFT, basis=basis, now=now, actor=READER)


def _change_person(conn: Connection, person: Subscriber, wish: Change, now: datetime) -> None:
    if wish.language is not None and wish.language != person.language:
        subscribers.set_language(conn, person, wish.language, now=now, actor=READER)
    if wish.quiet_until is not None or (wish.go_on and person.paused_until is not None):
        subscribers.pause(conn, person, None if wish.go_on else wish.quiet_until, now=now, actor=READER)


def has_moved_since(store: Store, subscriber_id: int, moment: datetime) -> bool:
    """Say whether a person has had another address since then."""
    with store.read() as conn:
        person = subscribers.get(conn, subscriber_id)
        moved_at = consents.last_changed(conn, person.id, consents.ADDRESS) if person else None
    return moved_at is not None and moved_at > moment


def mask(email: str) -> str:
    """Return an address that its owner recognises and a stranger can't use: ``a…@example.org``."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
