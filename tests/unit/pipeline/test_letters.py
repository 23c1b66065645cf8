"""Letters that people asked for: the same books and the same dispatcher, a few a day at most."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.model.states import SendState
from publisher.model.subscriber import Errand, LetterKind, Subscriber, SubscriptionState
from publisher.model.tokens import address_hash
from publisher.pipeline import letters, settle
from publisher.store import sends, subscribers, suppressions
from tests.ledger import HASH_KEY, MAIL, NOW, books
from tests.unit.pipeline.dispatch.conftest import Bench, Told

CONFIRM = Errand(LetterKind.CONFIRM, "daily", "en")
ACCESS = Errand(LetterKind.ACCESS, "", "en")


def join(store, email: str = "ada@example.org", state: SubscriptionState = SubscriptionState.UNCONFIRMED) -> Subscriber:
    with store.write() as conn:
        hashed = address_hash(email, HASH_KEY)
        row = {"email": email, "address_hash": hashed, "name": "", "attributes": {}, "made_at": NOW}
        subscribers.add_many(conn, [{**row, "domain_id": subscribers.ensure_domain(conn, "example.org")}])
        person = subscribers.find(conn, hashed)
        assert person is not None
        list_id = subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, person.id, list_id, state, basis="the form", now=NOW, actor="subscriber")
    return person


def write(store, person: Subscriber, errand: Errand = CONFIRM, now=NOW, render=lambda: MAIL) -> bool:
    return letters.record(
        store,
        render,
        person,
        errand,
        list_name="daily" if errand is CONFIRM else "",
        channel="letters",
        now=now,
        actor="test",
    )


def made(store, *states: SendState):
    with store.read() as conn:
        return sends.in_state(conn, *(states or tuple(SendState)))


def test_letters_of_a_day_share_a_send_and_its_words(store):
    assert write(store, join(store))
    assert write(store, join(store, "bo@example.org"), render=lambda: pytest.fail("its words are there"))
    (send,) = made(store)
    assert (send["entry"], send["kind"], send["priority"]) == ("confirm:daily:en", "standing", 1)
    sender = Told()
    Bench(store).all(sender)
    assert sorted(each.address for call in sender.calls for each in call.recipients) == [
        "ada@example.org",
        "bo@example.org",
    ]
    assert books(store, send["id"]) == {"sent": 2}


def test_whoever_is_asked_for_again_and_again_gets_three_letters_a_day(store):
    person = join(store)
    assert [write(store, person) for _ in range(6)] == [True, True, True, False, False, False]
    assert [books(store, send["id"]) for send in made(store)] == [{"pending": 1}] * 3
    assert write(store, person, now=NOW + timedelta(days=1))


def test_a_send_takes_letters_for_a_day_and_is_done_then(store):
    write(store, join(store))
    bench = Bench(store)
    bench.all(Told())
    settle.settle_finished(store, now=NOW + timedelta(hours=23))
    assert [send["state"] for send in made(store)] == [SendState.SENDING]
    settle.settle_finished(store, now=NOW + timedelta(hours=24))
    assert [send["state"] for send in made(store)] == [SendState.DONE]
    assert write(store, join(store, "bo@example.org"), now=NOW + timedelta(hours=25))
    assert len(made(store)) == 2


@pytest.mark.parametrize("state", [SubscriptionState.CONFIRMED, SubscriptionState.LEFT])
def test_nobody_is_asked_who_has_answered_in_the_meantime(store, state):
    person = join(store)
    write(store, person)
    with store.write() as conn:
        list_id = subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, person.id, list_id, state, basis="a link", now=NOW, actor="subscriber")
    sender = Told()
    Bench(store).all(sender)
    assert sender.calls == []
    assert [books(store, send["id"]) for send in made(store)] == [{"suppressed": 1}]


def test_a_link_to_what_is_theirs_goes_to_people_on_no_list_and_to_nobody_who_is_suppressed(store):
    gone = join(store, state=SubscriptionState.LEFT)
    bounced = join(store, "bo@example.org")
    with store.write() as conn:
        hashed = address_hash("bo@example.org", HASH_KEY)
        suppressions.add(conn, hashed, "all", reason="hard bounce", now=NOW, actor="channel:letters")
    assert write(store, gone, ACCESS)
    assert write(store, bounced, ACCESS)
    sender = Told()
    Bench(store).all(sender)
    assert [each.address for call in sender.calls for each in call.recipients] == ["ada@example.org"]
    assert [books(store, send["id"]) for send in made(store)] == [{"sent": 1, "suppressed": 1}]
