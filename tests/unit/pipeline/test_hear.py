"""What providers say later: each word once, in any order, and whom nobody writes to any more because of it."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import count, permutations

import pytest
import structlog
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from publisher.model.call import Answer, Outcome, Verdict
from publisher.model.event import Event, EventKind
from publisher.model.states import DELIVERY_MOVES, SendState
from publisher.model.tokens import read_wire_id, wire_id
from publisher.pipeline import dispatch, hear
from publisher.pipeline.dispatch.answer import record_answer
from publisher.store import calls, deliveries, events, log, sends, subscribers
from tests.ledger import HASH_KEY, NOW, Clock, add_edition, add_send, books, desk, open_store, subscribe

K = EventKind
KEYS = count()


def event(kind: EventKind, at: int = 0, *, key: str = "", words: str = "", address: str = "") -> Event:
    happened_at = NOW + timedelta(seconds=at)
    return Event(kind, key or f"e{next(KEYS)}", happened_at, words=words, address=address)


def tell(store, delivery_id: int | None, *said: Event):
    return Counter(hear.record(store, "letters", [(delivery_id, each) for each in said], now=NOW))


def deliver(store, readers: int, verdict: Verdict | None, slot: str = "2026-11-24T07:00", channel: str = "letters"):
    """Send to that many readers with this answer (None: the call is still open); return send and delivery ids."""
    subscribe(store, readers)
    send = add_send(store, add_edition(store, slot), channel=channel)
    mine = desk(store, Clock())
    claimed = dispatch.claim(store, mine, channel, readers)
    assert dispatch.begin(store, mine, claimed)
    if verdict is not None:
        record_answer(store, mine, claimed, Answer(verdict))
    return send, [reader.delivery_id for reader in claimed.call.recipients], (mine, claimed)


def row(store, delivery_id: int):
    with store.read() as conn:
        return log.get(conn, delivery_id)


def suppressed(store, delivery_id: int) -> str | None:
    with store.read() as conn:
        return deliveries.members(conn, [delivery_id], NOW)[0].blocked or None


SENT, UNKNOWN = Verdict(Outcome.SENT), Verdict(Outcome.UNKNOWN, reason="no answer")
DEFERRED = Verdict(Outcome.DEFERRED, reason="busy")
REFUSED = Verdict(Outcome.REFUSED, reason="no")


@pytest.mark.parametrize("verdict", [SENT, UNKNOWN, DEFERRED, REFUSED, None])
def test_delivered_settles_every_doubt(store, verdict):
    send, (first, second), _ = deliver(store, 2, verdict)
    before = books(store, send)
    assert tell(store, first, event(K.DELIVERED)) == {"new": 1}
    assert row(store, first)["state"] == "sent"
    assert row(store, second)["state"] in before


def test_an_unknown_call_is_closed_when_the_provider_has_told_of_all_its_readers(store):
    _, ids, (_, claimed) = deliver(store, 2, UNKNOWN)
    for delivery_id, state in zip(ids, ("unknown", "answered"), strict=True):
        tell(store, delivery_id, event(K.DELIVERED))
        with store.read() as conn:
            assert calls.get(conn, claimed.call.id)["state"] == state
            assert (calls.get(conn, claimed.call.id)["members"] is None) == (state == "answered")


@pytest.mark.parametrize("answer", [SENT, UNKNOWN, DEFERRED, REFUSED])
@pytest.mark.parametrize(("kind", "state"), [(K.DELIVERED, "sent"), (K.HARD_BOUNCE, "failed"), (K.DELAYED, "sent")])
def test_a_word_that_comes_before_the_answer_holds_against_it(store, kind, state, answer):
    send, (only,), (mine, claimed) = deliver(store, 1, None)
    tell(store, only, event(kind, words="said so"))
    record_answer(store, mine, claimed, Answer(answer))
    assert row(store, only)["state"] == state
    assert books(store, send) == {state: 1}


@pytest.mark.parametrize("kind", [K.HARD_BOUNCE, K.SOFT_BOUNCE, K.DROPPED])
def test_what_did_not_arrive_has_failed_with_the_providers_words(store, kind):
    send, (only,), _ = deliver(store, 1, SENT)
    tell(store, only, event(kind, words="550 no such user"))
    assert books(store, send) == {"failed": 1}
    assert row(store, only)["reason"] == f"{kind}: 550 no such user"


def test_a_word_is_taken_once_and_a_known_key_with_another_meaning_is_a_forgery(store):
    _, (first, second), _ = deliver(store, 2, SENT)
    assert tell(store, first, event(K.DELIVERED, key="k1"), event(K.DELIVERED, key="k1")) == {"new": 1, "repeated": 1}
    assert tell(store, first, event(K.HARD_BOUNCE, key="k1")) == {"forged": 1}
    assert tell(store, second, event(K.DELIVERED, key="k1")) == {"forged": 1}
    assert (row(store, first)["state"], suppressed(store, first)) == ("sent", None)
    assert hear.record(store, "others", [(second, event(K.DELIVERED, key="k1"))], now=NOW) == ["new"]


def test_words_about_nothing_of_ours_are_counted_and_change_nothing(store):
    send, (only,), _ = deliver(store, 1, SENT)
    assert tell(store, None, event(K.HARD_BOUNCE)) == {"foreign": 1}
    assert tell(store, only + 4711, event(K.COMPLAINED)) == {"foreign": 1}
    assert books(store, send) == {"sent": 1}
    with store.read() as conn:
        assert events.latest(conn) == []


@pytest.mark.parametrize("kind", [K.HARD_BOUNCE, K.COMPLAINED])
def test_a_hard_bounce_or_a_complaint_suppresses_at_once(store, kind):
    _, (first, second), _ = deliver(store, 2, SENT)
    tell(store, first, event(kind, words="it says why"))
    assert suppressed(store, first) == f"{kind}: it says why"
    assert suppressed(store, second) is None


def test_soft_bounces_suppress_after_five_in_a_row_and_a_letter_that_arrives_begins_anew(store):
    at = count()
    for number in range(11):
        _, (only,), _ = deliver(store, 1, SENT, slot=f"2026-11-24T07:{number:02}")
        arrives = number == 4
        tell(store, only, event(K.DELIVERED if arrives else K.SOFT_BOUNCE, next(at), words="mailbox full"))
        if not arrives:  # said twice of one letter is one letter
            tell(store, only, event(K.DROPPED, next(at), words="mailbox full"))
        if number < 9:
            assert suppressed(store, only) is None
        else:
            break
    assert suppressed(store, only) == "5 letters in a row did not arrive; the last: mailbox full"


def test_leaving_by_the_providers_link_ends_that_subscription_alone(store):
    _, (only,), _ = deliver(store, 1, SENT)
    subscribe(store, 1, "weekly")
    tell(store, only, event(K.UNSUBSCRIBED))
    with store.read() as conn:
        standing = {each["list"]: each for each in subscribers.everyone(conn)}
    assert {name: each["state"] for name, each in standing.items()} == {"daily": "left", "weekly": "confirmed"}
    assert standing["daily"]["basis"] == "left: by the provider's link or header"


def test_a_word_about_a_test_to_an_editor_suppresses_nobody(store):
    _, (only,), _ = deliver(store, 1, SENT)
    test = read_wire_id("d", wire_id("test", only, HASH_KEY), [HASH_KEY])  # as its mail names itself: it is no delivery
    address = "reader1@example.org"
    assert tell(store, test, event(K.COMPLAINED, address=address), event(K.UNSUBSCRIBED)) == {"foreign": 2}
    assert suppressed(store, only) is None


def test_the_readers_address_is_left_out_of_the_providers_words(store):
    _, (only,), _ = deliver(store, 1, SENT)
    words = "550 <Reader1@Example.org> unknown"
    tell(store, only, event(K.HARD_BOUNCE, words=words, address="reader1@example.org"))
    assert suppressed(store, only) == "hard bounce: 550 <…> unknown"
    with store.read() as conn:
        assert events.of_delivery(conn, only)[0]["words"] == "550 <…> unknown"


@pytest.fixture
def logged():
    """What is said at any level: otherwise tests hear warnings alone."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with structlog.testing.capture_logs() as found:
        yield found
    structlog.configure(**before)


@pytest.mark.parametrize("kind", [K.HARD_BOUNCE, K.COMPLAINED])
def test_the_log_says_why_somebody_is_suppressed_and_names_no_address(store, logged, kind):
    _, (only,), _ = deliver(store, 1, SENT)
    words = "550 <canary@elsewhere.example>, once READER1@example.org, then reader1@example.org: unknown"
    tell(store, only, event(kind, words=words, address="reader1@example.org"))
    (line,) = [each for each in logged if each["event"] == "suppressed"]
    assert (line["delivery"], line["why"]) == (only, kind)
    assert "@" not in str(logged)
    assert "reader1" not in suppressed(store, only).casefold()


def test_the_log_says_how_many_letters_in_a_row_did_not_arrive_and_names_no_address(store, logged):
    for number in range(hear.IN_A_ROW):
        _, (only,), _ = deliver(store, 1, SENT, slot=f"2026-11-24T07:{number:02}")
        tell(store, only, event(K.SOFT_BOUNCE, number, words="canary@elsewhere.example is full"))
    assert [each["why"] for each in logged if each["event"] == "suppressed"] == ["5 letters in a row did not arrive"]
    assert "@" not in str(logged)


def test_a_cancelled_delivery_stays_cancelled(store):
    send, (only,), _ = deliver(store, 1, DEFERRED)
    with store.write() as conn:
        deliveries.move(
            conn, [only], call_id=row(store, only)["call_id"], origin=hear.D.PENDING, to=hear.D.CANCELLED, reason="no"
        )
        sends.post_to_books(conn, send, {"pending": -1, "cancelled": 1})
        sends.move(conn, send, SendState.CANCELLED)
    tell(store, only, event(K.DELIVERED))
    assert books(store, send) == {"cancelled": 1}


def test_every_move_that_a_word_makes_is_one_that_may_be_made():
    for landing in hear.LANDS.values():
        assert all(to in DELIVERY_MOVES[origin] for origin, to in landing.items())
    assert set(hear.LANDS) == set(K)


FATES = [(K.DELIVERED, 1), (K.SOFT_BOUNCE, 2), (K.DELIVERED, 3), (K.DELAYED, 0)]


def test_words_may_come_in_any_order(store):
    orders = list(permutations(FATES))
    send, ids, _ = deliver(store, len(orders), UNKNOWN)
    for delivery_id, order in zip(ids, orders, strict=True):
        tell(store, delivery_id, *(event(kind, at) for kind, at in order))
    assert books(store, send) == {"sent": len(orders)}


EXAMPLES = 40
KINDS = st.lists(st.tuples(st.sampled_from(K), st.integers(0, 9)), max_size=8)


@pytest.mark.parametrize("verdict", [SENT, UNKNOWN, REFUSED, None])
def test_whatever_is_said_the_books_balance_and_the_last_fate_holds(tmp_path, verdict):
    with closing(open_store(tmp_path)) as store:
        send, ids, _ = deliver(store, EXAMPLES, verdict)
        before, waiting = next(iter(books(store, send))), list(ids)

        @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate])
        @given(said=KINDS)
        def holds(said):
            only = waiting.pop()
            for kind, at in said:
                tell(store, only, event(kind, at))
            fates = [
                (at, place, kind) for place, (kind, at) in enumerate(said) if kind in (*hear.NOT_ARRIVED, K.DELIVERED)
            ]
            state = row(store, only)["state"]
            if fates:
                assert state == ("sent" if max(fates)[2] is K.DELIVERED else "failed")
            elif not said:
                assert state == before

        holds()
        books(store, send)
