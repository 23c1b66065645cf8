"""Claim, commit, speak, commit: with real senders, a real ledger, and a provider that fails when told to."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Answer, Call, Outcome, Scope, Verdict
from publisher.model.message import fill
from publisher.model.project import Channel
from publisher.model.states import CallState
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import address_hash
from publisher.pipeline import dispatch, settle
from publisher.pipeline.operate import holding, stopping
from publisher.senders.http import Http
from publisher.senders.registry import build
from publisher.store import calls, editions, log, processes, sends, subscribers, suppressions
from publisher.testing import FakeProvider, Fault, expand_mailgun
from tests.ledger import (
    HASH_KEY,
    MAIL,
    NOW,
    POST,
    Clock,
    add_edition,
    add_send,
    books,
    desk,
    open_store,
    subscribe,
)


def mailgun(provider: FakeProvider, clock: Clock | None = None):
    options = {"domain": "mg.harbor.example", "api_key": "key-0123456789", "base_url": provider.url}
    return build(Channel("letters", "mailgun", options), options, clock=clock or Clock())


def mailpit(provider: FakeProvider):
    options = {"base_url": provider.url}
    return build(Channel("letters", "mailpit", options), options)


class Plain:
    """What the dispatcher asks of a sender: no keys, and nobody to be asked afterwards."""

    idempotent_for = asked_for = None
    http = Http()
    counted_as = ""


def run_to_end(store, desk, channel, sender):
    while dispatch.dispatch_next(store, desk, channel, lambda: sender):
        pass


@pytest.fixture
def store(tmp_path):
    with closing(open_store(tmp_path)) as store:
        yield store


def test_everyone_is_written_to_once_and_the_books_close(store):
    subscribe(store, 7)
    edition = add_edition(store)
    send = add_send(store, edition)
    with FakeProvider("mailpit") as provider:
        run_to_end(store, desk(store, Clock()), "letters", mailpit(provider))
    assert sorted(provider.addresses()) == sorted(f"reader{n}@example.org" for n in range(1, 8))
    assert books(store, send) == {"sent": 7}
    assert settle.settle_finished(store, now=NOW) == 1
    with store.read() as conn:
        assert sends.get(conn, send)["state"] == "done"
        assert editions.get(conn, edition)["state"] == "closed"


def test_a_batch_is_one_request_and_each_body_is_what_fill_shows(store):
    subscribe(store, 25)
    send = add_send(store, add_edition(store))
    with FakeProvider("mailgun") as provider:
        run_to_end(store, desk(store, Clock()), "letters", mailgun(provider))
    assert len(provider.requests) == 1
    assert books(store, send) == {"sent": 25}
    bodies = {mail["to"]: mail for mail in expand_mailgun(provider.requests[0].form)}
    with store.read() as conn:
        rows = log.find(conn, log.Filter(send_id=send))
    for row in rows:
        first = (
            "" if int(row["to"][6 : row["to"].index("@")]) % 3 == 0 else f"Reader{row['to'][6 : row['to'].index('@')]}"
        )
        values = {"first_name": first, "unsubscribe_url": f"https://letters.harbor.example/u/{row['id']}"}
        assert bodies[row["to"]]["html"] == fill(MAIL.html, values)
        assert bodies[row["to"]]["subject"] == fill(MAIL.subject, values)


def test_a_call_that_is_too_early_is_tried_again_when_the_provider_says(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    clock = Clock()
    with FakeProvider("mailgun") as provider:
        provider.fails(Fault.too_many("120"))
        run_to_end(store, desk(store, clock), "letters", mailgun(provider, clock))
        assert books(store, send) == {"pending": 3}
        clock.advance(timedelta(seconds=121))
        run_to_end(store, desk(store, clock), "letters", mailgun(provider, clock))
    assert books(store, send) == {"sent": 3}
    with store.read() as conn:
        assert {row["attempts"] for row in log.find(conn, log.Filter(send_id=send))} == {2}


def test_what_is_never_accepted_is_given_up_in_time_with_the_providers_words(store):
    subscribe(store, 1)
    send = add_send(store, add_edition(store))
    landing = dispatch.land(
        Verdict(Outcome.DEFERRED, Scope.PASSING, "busy"), attempt=9, give_up_at=NOW + timedelta(seconds=1), now=NOW
    )
    assert landing.state == "failed"
    assert landing.reason == "gave up after 9 attempts: busy"
    assert books(store, send) == {"pending": 1}


def test_an_answer_that_never_comes_leaves_every_reader_unknown_by_name(store):
    subscribe(store, 4)
    send = add_send(store, add_edition(store))
    with FakeProvider("mailgun") as provider:
        provider.fails(Fault.dropped_after())
        run_to_end(store, desk(store, Clock()), "letters", mailgun(provider))
    assert books(store, send) == {"unknown": 4}
    assert len(provider.requests) == 1
    with store.read() as conn:
        unknown = log.find(conn, log.Filter(state="unknown"))
    assert sorted(row["to"] for row in unknown) == [f"reader{n}@example.org" for n in range(1, 5)]
    assert all(row["reason"] for row in unknown)


def test_a_refused_account_pauses_the_send_and_loses_nobody(store):
    subscribe(store, 4)
    send = add_send(store, add_edition(store))
    with FakeProvider("mailgun") as provider:
        provider.fails(Fault(401, "Forbidden"))
        run_to_end(store, desk(store, Clock()), "letters", mailgun(provider))
        assert len(provider.requests) == 1
        assert books(store, send) == {"pending": 4}
        with store.read() as conn:
            row = sends.get(conn, send)
        assert row["state"] == "paused"
        assert "publisher release --channel letters" in row["reasons"][0]["remedy"]
        holding.release_channel(store, "letters", now=NOW)
        run_to_end(store, desk(store, Clock()), "letters", mailgun(provider))
    assert books(store, send) == {"sent": 4}


def test_a_channel_that_cannot_be_built_pauses_its_send_with_the_reason(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))

    def unusable():
        raise ConfigError("${MAILGUN_API_KEY} is not set", where="schedules.yaml:9:5", remedy="Add it to .env")

    assert dispatch.dispatch_next(store, desk(store, Clock()), "letters", unusable)
    with store.read() as conn:
        row = sends.get(conn, send)
    assert row["state"] == "paused"
    assert row["reasons"][0]["what"] == "schedules.yaml:9:5: ${MAILGUN_API_KEY} is not set. Add it to .env"
    assert books(store, send) == {"pending": 2}


def test_one_address_that_the_provider_refuses_costs_only_itself(store):
    subscribe(store, 8)
    send = add_send(store, add_edition(store))

    class Fussy(Plain):
        """Refuses a batch whole because of one reader, and doesn't say which."""

        name, max_recipients = "fussy", 1000

        def __init__(self):
            self.sizes = []

        def send(self, call, journal):
            self.sizes.append(len(call.recipients))
            bad = any(recipient.address == "reader5@example.org" for recipient in call.recipients)
            if not bad:
                return Answer(Verdict(Outcome.SENT))
            return Answer(Verdict(Outcome.REFUSED, reason="not a valid address"), split=len(call.recipients) > 1)

    fussy = Fussy()
    run_to_end(store, desk(store, Clock()), "letters", fussy)
    assert books(store, send) == {"sent": 7, "failed": 1}
    assert fussy.sizes[0] == 8
    assert len(fussy.sizes) == 7
    with store.read() as conn:
        failed = log.find(conn, log.Filter(state="failed"))
    assert [(row["to"], row["reason"]) for row in failed] == [("reader5@example.org", "not a valid address")]


def test_whoever_left_after_the_audience_was_frozen_gets_nothing(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    with store.write() as conn:
        person = subscribers.find(conn, log_hash("reader2@example.org"))
        list_id = subscribers.ensure_list(conn, "daily")
        left = SubscriptionState.LEFT
        subscribers.set_subscription(conn, person.id, list_id, left, basis="left", now=NOW, actor="subscriber")
    with FakeProvider("mailgun") as provider:
        run_to_end(store, desk(store, Clock()), "letters", mailgun(provider))
    assert "reader2@example.org" not in provider.addresses()
    assert books(store, send) == {"sent": 2, "suppressed": 1}


def log_hash(email: str) -> str:
    return address_hash(email, HASH_KEY)


def test_a_suppressed_address_is_never_claimed(store):
    subscribe(store, 2)
    with store.write() as conn:
        suppressions.add(conn, log_hash("reader1@example.org"), "all", reason="hard bounce", now=NOW, actor="provider")
    send = add_send(store, add_edition(store))
    assert books(store, send) == {"pending": 1, "suppressed": 1}


def test_a_fault_of_the_sender_itself_is_unknown_and_never_repeated(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))

    class Broken(Plain):
        name, max_recipients = "broken", 100

        def send(self, call, journal):
            raise ZeroDivisionError

    run_to_end(store, desk(store, Clock()), "letters", Broken())
    assert books(store, send) == {"unknown": 2}


def test_notes_of_a_sender_of_several_steps_come_back_on_the_next_try(store):
    add_send(store, add_edition(store), channel="mastodon", lists=(), message=POST)
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "mastodon", 1)
    assert dispatch.begin(store, place, claimed)
    journal = dispatch.StoreJournal(store, claimed.call.id)
    assert journal.noted("upload") is None
    journal.note("upload", {"id": "7"})
    journal.note("part-1", {"id": "8"})
    assert dispatch.StoreJournal(store, claimed.call.id).noted("upload") == {"id": "7"}


# --- crashes ----------------------------------------------------------------------------------------------------------


def test_a_process_that_died_before_it_spoke_gives_its_claim_back(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    dispatch.claim(store, desk(store, Clock()), "letters", 1000)
    assert books(store, send) == {"taken": 3}
    assert dispatch.take_over(store, lambda _: False, now=NOW) == (3, 0)
    assert books(store, send) == {"pending": 3}
    with store.read() as conn:
        assert {row["attempts"] for row in log.find(conn, log.Filter(send_id=send))} == {0}


def test_a_process_that_died_while_it_spoke_leaves_its_readers_unknown(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 1000)
    assert dispatch.begin(store, place, claimed)
    assert dispatch.take_over(store, lambda _: False, now=NOW) == (0, 3)
    assert books(store, send) == {"unknown": 3}
    assert settle.settle_finished(store, now=NOW) == 1  # nothing is pending: the unknown wait for a person, by name


def test_a_living_process_keeps_its_calls(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    with processes.at_work(store, "run", NOW) as process_id:
        dispatch.claim(store, desk(store, Clock(), process_id), "letters", 1000)
        assert dispatch.take_over(store, lambda call: processes.is_alive(store, call["process_id"]), now=NOW) == (0, 0)
        assert books(store, send) == {"taken": 3}
    assert dispatch.take_over(store, lambda call: processes.is_alive(store, call["process_id"]), now=NOW) == (3, 0)


def test_a_call_taken_over_before_it_spoke_does_not_speak_any_more(store):
    subscribe(store, 1)
    add_send(store, add_edition(store))
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 1000)
    dispatch.take_over(store, lambda _: False, now=NOW)
    assert not dispatch.begin(store, place, claimed)


def test_a_late_answer_still_settles_what_was_given_up_as_unknown(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 1000)
    dispatch.begin(store, place, claimed)
    dispatch.take_over(store, lambda _: False, now=NOW)
    dispatch.record_answer(store, place, claimed, Answer(Verdict(Outcome.SENT)))
    assert books(store, send) == {"sent": 2}
    with store.read() as conn:
        assert calls.get(conn, claimed.call.id)["state"] == CallState.ANSWERED


def test_a_frozen_call_comes_back_as_it_was(store):
    subscribe(store, 3)
    add_send(store, add_edition(store))
    claimed = dispatch.claim(store, desk(store, Clock()), "letters", 1000)
    with store.read() as conn:
        row = calls.get(conn, claimed.call.id)
    again = Call(row["id"], row["key"], MAIL, calls.thaw(row["members"]))
    assert again.recipients == claimed.call.recipients
    assert again.key == claimed.call.key


def test_frozen_values_are_dropped_once_the_call_is_settled(store):
    subscribe(store, 3)
    add_send(store, add_edition(store))
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 1000)
    dispatch.begin(store, place, claimed)
    dispatch.record_answer(store, place, claimed, Answer(Verdict(Outcome.SENT, provider_id="<1@mg>")))
    with store.read() as conn:
        row = calls.get(conn, claimed.call.id)
    assert row["members"] is None
    assert (row["state"], row["provider_id"]) == ("answered", "<1@mg>")


def test_two_dispatchers_share_a_send_without_writing_to_anyone_twice(store):
    subscribe(store, 10)
    send = add_send(store, add_edition(store))
    first = dispatch.claim(store, desk(store, Clock()), "letters", 6)
    second = dispatch.claim(store, desk(store, Clock()), "letters", 6)
    ids = [recipient.delivery_id for claimed in (first, second) for recipient in claimed.call.recipients]
    assert len(ids) == len(set(ids)) == 10
    assert dispatch.claim(store, desk(store, Clock()), "letters", 6) is None
    assert books(store, send) == {"taken": 10}


def test_books_that_would_not_balance_are_refused(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    with pytest.raises(Exception, match="would not balance"), store.write() as conn:
        sends.post_to_books(conn, send, {"sent": 1})
    assert books(store, send) == {"pending": 2}


# --- what a review found ----------------------------------------------------------------------------------------------


class Saying(Plain):
    """A sender that answers what it is told to."""

    name, max_recipients = "saying", 100

    def __init__(self, *answers):
        self.answers = list(answers)

    def send(self, call, journal):
        answer = self.answers.pop(0)
        return answer(call) if callable(answer) else answer


LATER = Answer(Verdict(Outcome.DEFERRED, Scope.PASSING, "busy"))


def test_a_sender_that_answers_nothing_leaves_its_readers_unknown(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    run_to_end(store, desk(store, Clock()), "letters", Saying(None))
    assert books(store, send) == {"unknown": 2}


def test_what_is_deferred_after_its_send_was_cancelled_is_cancelled_too(store):
    subscribe(store, 2)
    edition = add_edition(store)
    send = add_send(store, edition)

    def cancelled_meanwhile(call):
        stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
        return LATER

    run_to_end(store, desk(store, Clock()), "letters", Saying(cancelled_meanwhile))
    assert books(store, send) == {"cancelled": 2}


def test_a_claim_of_a_dead_process_on_a_cancelled_send_is_not_given_back(store):
    subscribe(store, 2)
    edition = add_edition(store)
    send = add_send(store, edition)
    dispatch.claim(store, desk(store, Clock()), "letters", 100)
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    dispatch.take_over(store, lambda _: False, now=NOW)
    assert books(store, send) == {"cancelled": 2}


@pytest.mark.parametrize(
    ("late", "state"),
    [(LATER, "pending"), (Answer(Verdict(Outcome.REFUSED, reason="no such mailbox")), "failed")],
    ids=["later", "refused"],
)
def test_a_late_answer_that_is_no_acceptance_is_taken_too(store, late, state):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 1000)
    dispatch.begin(store, place, claimed)
    dispatch.take_over(store, lambda _: False, now=NOW)
    dispatch.record_answer(store, place, claimed, late)
    assert books(store, send) == {state: 2}


def test_a_batch_that_is_halved_after_its_time_gives_nobody_up(store):
    subscribe(store, 4)
    send = add_send(store, add_edition(store))
    clock = Clock(NOW + timedelta(days=1))  # beyond give_up_at
    whole = Answer(Verdict(Outcome.REFUSED, reason="not a valid address"), split=True)
    sent = Answer(Verdict(Outcome.SENT))
    run_to_end(store, desk(store, clock), "letters", Saying(whole, sent, sent))
    assert books(store, send) == {"sent": 4}


def test_an_account_that_is_refused_for_one_reader_pauses_the_send(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    stop = Verdict(Outcome.REFUSED, Scope.ACCOUNT, "credits used up")

    def partly(call):
        return Answer(Verdict(Outcome.SENT), exceptions={call.recipients[0].delivery_id: stop})

    run_to_end(store, desk(store, Clock()), "letters", Saying(partly))
    assert books(store, send) == {"sent": 2, "pending": 1}
    with store.read() as conn:
        assert sends.get(conn, send)["state"] == "paused"


def test_a_call_that_failed_between_claim_and_answer_is_taken_over_by_its_own_process(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    place = desk(store, Clock())

    def unwritable(call):
        return Answer(Verdict(Outcome.SENT), words="\ud800")  # half a character: no database takes it

    with pytest.raises(UnicodeEncodeError):
        run_to_end(store, place, "letters", Saying(unwritable))
    assert books(store, send) == {"taken": 2}
    dispatch.take_over(store, lambda call: call["id"] in place.under_way, now=NOW)
    assert books(store, send) == {"unknown": 2}
