"""A new address for the same person; two people who were one all along become one, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.audience import moving, preferences, record
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import leaving_token
from publisher.store import consents, subscribers, suppressions
from tests.ledger import NOW, add_edition, add_send, books
from tests.unit.audience.people import choose, find, hash_of, join, states
from tests.unit.pipeline.dispatch.conftest import Bench, Told

OLD, NEW = "ada@example.org", "ada@elsewhere.example"
LATER = NOW + timedelta(days=3)
CONFIRMED, LEFT, ASKED = SubscriptionState.CONFIRMED, SubscriptionState.LEFT, SubscriptionState.UNCONFIRMED


def move(store, why: str = "") -> bool:
    with store.read() as conn:
        ids = [person.id for each in (OLD, NEW) if (person := subscribers.find(conn, hash_of(each)))]
    return moving.move(store, *ids, now=LATER, actor="subscriber", why=why)


def test_who_moves_is_the_same_person_at_another_address(store):
    person = join(store, OLD, "daily", name="Ada")
    join(store, NEW, "weekly", name="A. L.")
    assert move(store, "she rang")
    moved = find(store, NEW)
    assert (moved.id, moved.name) == (person.id, "Ada")
    assert states(store, NEW) == {"daily": "confirmed", "weekly": "confirmed"}
    with store.read() as conn:
        assert subscribers.find(conn, hash_of(OLD)) is None
        (change,) = consents.history(conn, person.id)
    assert (change["what"], change["words"]) == ("address", f"{OLD}; moved: she rang")
    assert (change["since"], change["until"], change["actor"]) == (NOW, LATER, "subscriber")


@pytest.mark.parametrize(
    ("old", "new", "holds"),
    [
        ((CONFIRMED, 1), (LEFT, 2), "left"),
        ((CONFIRMED, 2), (LEFT, 1), "confirmed"),
        ((LEFT, 1), (CONFIRMED, 2), "confirmed"),
        ((ASKED, 2), (CONFIRMED, 1), "confirmed"),
        ((CONFIRMED, 1), (ASKED, 2), "confirmed"),
        ((LEFT, 1), (ASKED, 2), "left"),
    ],
)
def test_of_two_words_on_one_list_the_later_answer_holds_and_the_other_is_history(store, old, new, holds):
    for email, (state, day) in ((OLD, old), (NEW, new)):
        join(store, email)
        choose(store, email, "daily", state, at=NOW + timedelta(days=day), basis=f"by {email}")
    assert move(store)
    assert states(store, NEW) == {"daily": holds}
    kept = record.record_of(store, find(store, NEW).id)
    words = [each["words"] for each in kept["history"]] + [kept["lists"][0]["basis"]]
    assert {f"by {OLD}", f"by {NEW}"} <= set(words)


def test_every_link_in_a_mail_to_either_address_still_leaves(store):
    join(store, OLD)
    second = join(store, NEW, "weekly")
    with store.write() as conn:
        weekly = subscribers.ensure_list(conn, "weekly")
    assert move(store)
    token = leaving_token(second.id, weekly, "k", b"key")
    done = preferences.leave(store, token, {"k": b"key"}.get, how="by the link", now=LATER)
    assert done is not None
    assert states(store, NEW) == {"daily": "confirmed", "weekly": "left"}


def test_mails_of_both_are_the_persons_and_an_edition_under_way_comes_once(store):
    person = join(store, OLD, "daily")
    join(store, NEW, "weekly")
    before = add_send(store, add_edition(store, "2026-11-23T07:00"), lists=("weekly",))
    both = add_edition(store)
    sends = [add_send(store, both, lists=(name,)) for name in ("daily", "weekly")]
    assert move(store)
    sender = Told()
    Bench(store).all(sender)
    assert [each.address for call in sender.calls for each in call.recipients] == [NEW] * 3
    assert [books(store, each) for each in (before, *sends)] == [{"sent": 1}] * 3
    assert len(record.record_of(store, person.id)["mails"]) == 3


def test_a_letter_of_which_each_had_a_copy_comes_once_and_both_copies_are_on_record(store):
    person = join(store, OLD)
    join(store, NEW)
    send_id = add_send(store, add_edition(store))
    assert move(store)
    sender = Told()
    Bench(store).all(sender)
    assert [each.address for call in sender.calls for each in call.recipients] == [NEW]
    assert books(store, send_id) == {"sent": 1, "suppressed": 1}
    assert len(record.record_of(store, person.id)["mails"]) == 2


def test_what_a_person_said_goes_with_them_and_that_a_mailbox_was_gone_does_not(store):
    join(store, OLD)
    join(store, NEW)
    with store.write() as conn:
        for scope, reason in (("list:daily", "complained: abuse"), ("all", "hard bounce: no such user")):
            suppressions.add(conn, hash_of(OLD), scope, reason=reason, now=NOW, actor="channel:letters")
    assert move(store)
    with store.read() as conn:
        assert [row["reason"] for row in suppressions.of(conn, hash_of(NEW))] == ["complained: abuse"]


def test_nobody_moves_twice_or_to_what_is_gone(store):
    person, new = join(store, OLD), join(store, NEW)
    assert move(store)
    assert moving.move(store, person.id, new.id, now=LATER, actor="subscriber")  # a link that was followed twice
    assert not moving.move(store, person.id, 10_000, now=LATER, actor="subscriber")
    assert len(record.record_of(store, person.id)["history"]) == 2  # the address, and the other's daily


def test_who_moves_again_and_again_is_found_by_every_id(store):
    ids = [join(store, f"ada@{name}.example").id for name in ("one", "two", "three", "four")]
    for other in (ids[1], ids[3]):
        moving.move(store, ids[0] if other == ids[1] else ids[2], other, now=LATER, actor="subscriber")
    moving.move(store, ids[2], ids[0], now=LATER, actor="subscriber")
    with store.read() as conn:
        assert {subscribers.get(conn, each).id for each in ids} == {ids[2]}
