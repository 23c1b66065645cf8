"""Joining: what somebody asked for by typing an address, and the yes of whoever reads mail there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from publisher.audience.lifting import is_complaint
from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.store import Connection, RowMapping, Store, consents, erasures, signups, subscribers, suppressions
from publisher.store.erasures import Names

READER = "subscriber"  # who changed something, where it was they themselves
BATCH = 500  # rows of a transaction that forgets
FRESH = timedelta(days=1)  # an unanswered sign-up that is older begins anew, and its letter is sure to come

CONFIRMED, UNCONFIRMED, LEFT = SubscriptionState.CONFIRMED, SubscriptionState.UNCONFIRMED, SubscriptionState.LEFT


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list that somebody wants, and how they were asked."""

    list_name: str
    double_opt_in: bool
    words: str = ""  # that they were shown; empty: it isn't known which
    language: str = ""  # of the words
    wording_id: int | None = None  # of words that were kept before


_set = partial(subscribers.set_subscription, actor=READER)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for."""

    email: str  # checked, as `addresses.normalise` writes it
    address_hash: str
    source: str  # "sign-up page", "form on harbor.example", "API"
    lists: Sequence[Wanted]
    name: str = ""
    language: str = ""  # that they chose


@dataclass(frozen=True, slots=True)
class Answer:
    """What follows of a wish for one list."""

    person: Subscriber
    list_name: str
    to_ask: bool = False  # the address is to be asked
    is_new: bool = False  # they are on the list from now on


@dataclass(frozen=True, slots=True)
class Question:
    """What a link to confirm is about."""

    person: Subscriber
    list_id: int
    list_name: str
    state: SubscriptionState
    is_open: bool  # a yes to it counts
    is_new: bool = False  # this was the yes


def sign_up(store: Store, wish: Wish, now: datetime) -> list[Answer]:
    """Write down what was asked for, for anybody alike; whoever is on a list stays as they are."""
    with store.write() as conn:
        person = _person(conn, wish, now)
        # Who once said no is asked by mail, whatever the list's rule: anybody can type their address.
        blocks = [row for row in suppressions.of(conn, wish.address_hash) if not suppressions.is_lifted(row)]
        return [_sign_up(conn, person, wish, each, now, blocks) for each in wish.lists]


def _person(conn: Connection, wish: Wish, now: datetime) -> Subscriber:
    """Return who it is, locked: an hour's forgetting must not come between."""
    while True:
        known = signups.enter(conn, wish.email, wish.address_hash, now=now, name=wish.name, language=wish.language)
        if (person := subscribers.lock(conn, known.id)) is not None:
            return person


def _sign_up(
    conn: Connection, person: Subscriber, wish: Wish, wanted: Wanted, now: datetime, blocks: Sequence[RowMapping]
) -> Answer:
    list_id = subscribers.ensure_list(conn, wanted.list_name)
    before = subscribers.subscription(conn, person.id, list_id, lock=True)
    state = before["state"] if before is not None else None
    # Somebody on the list whom a suppression keeps off it gets nothing: while they are asked nothing is lost.
    is_kept_off = any(row["scope"] == f"list:{wanted.list_name}" and not is_complaint(row) for row in blocks)
    if state == CONFIRMED and not is_kept_off:
        return Answer(person, wanted.list_name)
    if before is not None and state == UNCONFIRMED and now - before["since"] < FRESH:
        return Answer(person, wanted.list_name, to_ask=True)  # the links that are on their way stay good
    must_ask = bool(blocks) or wanted.double_opt_in or state == LEFT
    how = f"signed up: {wish.source}" + ("" if must_ask else "; this list asks for no confirmation by mail")
    wording_id = wording_of(conn, wanted, now)
    _set(conn, person.id, list_id, UNCONFIRMED if must_ask else CONFIRMED, basis=how, now=now, wording_id=wording_id)
    return Answer(person, wanted.list_name, to_ask=must_ask, is_new=not must_ask)


def wording_of(conn: Connection, wanted: Wanted, now: datetime) -> int | None:
    """Return the version of the words that somebody was shown; None where it isn't known which they were."""
    if wanted.wording_id is not None:
        return wanted.wording_id
    return consents.wording(conn, wanted.words, wanted.language, now) if wanted.words else None


def question(store: Store, subscriber_id: int, list_id: int, made_at: datetime) -> Question | None:
    """Return what a link to confirm asks; None where nobody is there to be asked any more.

    :param made_at: when the link was made, in whole seconds.
    """
    with store.read() as conn:
        found = _question(conn, subscriber_id, list_id, made_at)
    return found and found[0]


def confirm(store: Store, subscriber_id: int, list_id: int, made_at: datetime, now: datetime) -> Question | None:
    """Take a yes; a second one changes nothing. Otherwise as `question`."""
    with store.write() as conn:
        subscribers.lock(conn, subscriber_id)
        found = _question(conn, subscriber_id, list_id, made_at, lock=True)
        if found is None:
            return None
        asked, row = found
        if not asked.is_open:
            return asked
        basis = f"confirmed by the link in a mail; {row['basis']}"
        _set(conn, asked.person.id, list_id, CONFIRMED, basis=basis, now=now, wording_id=row["wording_id"])
        come_back_again(conn, asked.person.id, asked.list_name, now)
        return Question(asked.person, list_id, asked.list_name, CONFIRMED, is_open=False, is_new=True)


def come_back_again(conn: Connection, subscriber_id: int, list_name: str, now: datetime) -> None:
    """Let a person be written to again who had everything erased or left the list, and now says yes by a link.

    A complaint stands, and so does what a provider said of the mailbox: a yes changes neither.
    """
    address_hash = subscribers.row_of(conn, subscriber_id)["address_hash"]
    why = "they said yes by a link in a mail"
    for scope in (suppressions.ERASED, f"list:{list_name}"):
        if not any(row["scope"] == scope and is_complaint(row) for row in suppressions.of(conn, address_hash)):
            suppressions.lift(conn, address_hash, why=why, now=now, actor=READER, scope=scope)


def _question(
    conn: Connection, subscriber_id: int, list_id: int, made_at: datetime, *, lock: bool = False
) -> tuple[Question, RowMapping] | None:
    person = subscribers.get(conn, subscriber_id)
    row = subscribers.subscription(conn, person.id, list_id, lock=lock) if person else None
    list_name = subscribers.list_name(conn, list_id)
    if person is None or row is None or list_name is None:
        return None
    # What was asked for after the link was made, another letter asks.
    is_open = row["state"] == UNCONFIRMED and row["since"].replace(microsecond=0) <= made_at
    return Question(person, list_id, list_name, SubscriptionState(row["state"]), is_open), row


def forget_unconfirmed(store: Store, before: datetime, now: datetime) -> int:
    """Forget what was asked for before a moment and never confirmed; return how many people are gone with it.

    A person who has nothing else loses all; only the number of their row stays theirs.
    """
    while _take_back_some(store, before):
        pass
    gone = 0
    while ids := _on_no_list(store, before):
        gone += _forget(store, ids, before, now)
    return gone


def _take_back_some(store: Store, before: datetime) -> int:
    with store.write() as conn:
        found = signups.unanswered(conn, before, BATCH)
        for row in found:
            signups.take_back(conn, row)
    return len(found)


def _on_no_list(store: Store, before: datetime) -> list[int]:
    with store.read() as conn:
        return signups.on_no_list(conn, before, BATCH)


def _forget(store: Store, ids: Sequence[int], before: datetime, now: datetime) -> int:
    gone = 0
    with store.write() as conn:
        for subscriber_id in ids:
            # Locked first, looked at then: somebody may sign up in this moment.
            person = subscribers.lock(conn, subscriber_id)
            if person is not None and signups.is_on_no_list(conn, person.id, before):
                erasures.unname(conn, erasures.letters_to(conn, [person.id]), Names([person.email]))
                erasures.empty(conn, person.id, now)
                gone += 1
    return gone
