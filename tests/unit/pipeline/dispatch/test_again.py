"""Doubt: said again word for word under the same key, asked about, or left to a person; never repeated blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from publisher.model.call import Answer, Outcome, Picture, Scope, Verdict
from publisher.model.message import Upload
from publisher.pipeline import dispatch, settle
from publisher.pipeline.dispatch import again
from publisher.pipeline.operate import stopping
from publisher.store import calls, log, media, sends, tries
from publisher.store.tables import calls as calls_table
from publisher.store.tables import sends as sends_table
from tests.ledger import NOW, POST, add_edition, add_send, books, leave, subscribe
from tests.unit.pipeline.dispatch.conftest import FORBIDDEN, NO_ANSWER, SENT, TIMING, UNREACHABLE, Bench, Told

DAY = timedelta(days=1)
NEVER_CAME = Answer(Verdict(Outcome.DEFERRED, Scope.PASSING, "the provider has no such message"))


def the_call(store):
    with store.read() as conn:
        return conn.execute(select(calls_table)).mappings().one()


def test_a_call_without_an_answer_is_said_again_word_for_word_under_its_key(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER, SENT, keys=DAY)
    bench.all(sender)
    assert books(store, send) == {"unknown": 3}
    bench.later(seconds=29)
    assert not bench.once(sender)
    bench.later(seconds=1)
    bench.all(sender)
    assert books(store, send) == {"sent": 3}
    first, second = sender.calls
    assert (first.key, first.recipients, first.message) == (second.key, second.recipients, second.message)
    assert second.attempt == 2
    assert the_call(store)["members"] is None


def test_what_a_dead_process_was_saying_is_said_again_by_another_under_its_key(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    claimed = dispatch.claim(store, bench.desk, "letters", 100)
    dispatch.begin(store, bench.desk, claimed)
    assert bench.die() == (0, 3)
    other, sender = Bench(store), Told(SENT, keys=DAY)
    other.later(seconds=31)
    other.all(sender)
    assert books(store, send) == {"sent": 3}
    assert [call.key for call in sender.calls] == [claimed.call.key]


def test_without_keys_nothing_is_ever_said_again(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER)
    bench.all(sender)
    for _ in range(50):
        bench.later(hours=1)
        bench.all(sender)
    assert len(sender.calls) == 1
    assert books(store, send) == {"unknown": 3}


def test_beyond_the_time_that_a_key_is_known_nothing_is_said_again(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER, keys=timedelta(minutes=15))
    bench.all(sender)
    bench.later(minutes=14)  # the answer might come after the fifteenth minute
    bench.all(sender)
    assert len(sender.calls) == 1
    assert books(store, send) == {"unknown": 3}
    assert the_call(store)["retry_at"] is None


def test_a_call_with_someone_who_has_left_since_is_not_said_again(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER, keys=DAY)
    bench.all(sender)
    leave(store, "reader2@example.org")
    bench.later(minutes=1)
    bench.all(sender)
    assert len(sender.calls) == 1
    assert books(store, send) == {"unknown": 3}


def test_a_cancelled_edition_is_not_said_again(store, bench):
    subscribe(store, 3)
    edition = add_edition(store)
    send = add_send(store, edition)
    sender = Told(NO_ANSWER, keys=DAY)
    bench.all(sender)
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    bench.later(minutes=1)
    bench.all(sender)
    assert len(sender.calls) == 1
    assert books(store, send) == {"unknown": 3}


def test_a_repeated_call_that_is_only_put_off_stays_in_doubt(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER, UNREACHABLE, FORBIDDEN, SENT, keys=DAY)
    bench.all(sender)
    for _ in range(2):
        bench.later(hours=8)  # longer than a failing message is tried
        bench.all(sender)
        assert books(store, send) == {"unknown": 3}
        assert the_call(store)["state"] == "unknown"
    assert len(sender.calls) == 3


def test_a_provider_that_never_had_the_call_gives_everybody_back(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER, NEVER_CAME, asked_for=timedelta(days=3))
    bench.all(sender)
    settle.settle_finished(store, now=NOW)
    bench.later(minutes=16)
    bench.once(sender)
    assert [question.spoke_at for question in sender.questions] == [NOW]
    assert books(store, send) == {"pending": 3}
    assert the_call(store)["state"] == "answered"
    bench.later(minutes=1)
    bench.all(sender)
    assert books(store, send) == {"sent": 3}


def test_a_frozen_process_that_wakes_and_never_spoke_gives_back_what_was_unknown(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    claimed = dispatch.claim(store, bench.desk, "letters", 100)
    dispatch.begin(store, bench.desk, claimed)
    bench.die()  # so the others think; its send is done
    settle.settle_finished(store, now=NOW)
    answer = dispatch.speak(store, Told(), replace(claimed, speak_by=0.0))
    dispatch.record_answer(store, bench.desk, replace(claimed, speak_by=0.0), answer)
    assert books(store, send) == {"pending": 3}
    assert the_call(store)["state"] == "answered"
    with store.read() as conn:
        assert sends.get(conn, send)["state"] == "sending"


def test_what_never_left_of_a_cancelled_edition_has_failed(store, bench):
    subscribe(store, 2)
    edition = add_edition(store)
    send = add_send(store, edition)
    claimed = dispatch.claim(store, bench.desk, "letters", 100)
    dispatch.begin(store, bench.desk, claimed)
    bench.die()
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    dispatch.record_answer(store, bench.desk, claimed, UNREACHABLE)
    assert books(store, send) == {"failed": 2}


def test_a_provider_that_can_be_asked_settles_each_reader(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    unclear = Answer(Verdict(Outcome.UNKNOWN, reason="not indexed yet"))

    def some(call):
        ids = [recipient.delivery_id for recipient in call.recipients]
        return Answer(Verdict(Outcome.SENT, provider_id="7"), {ids[0]: NEVER_CAME.verdict})

    sender = Told(NO_ANSWER, unclear, asked_for=timedelta(days=3))
    bench.all(sender)
    bench.later(minutes=16)
    bench.all(sender)
    assert books(store, send) == {"unknown": 3}
    settle.settle_finished(store, now=NOW)
    sender.answers = [some(sender.calls[0])]
    bench.later(minutes=20)
    bench.once(sender)
    assert books(store, send) == {"sent": 2, "pending": 1}
    bench.later(minutes=20)
    bench.all(sender)  # whoever certainly got nothing gets it now, under a new key
    assert books(store, send) == {"sent": 3}
    first, second = sender.calls
    assert first.key != second.key
    assert len(second.recipients) == 1
    assert len(sender.questions) == 2


def test_on_unknown_resend_sends_anew_because_the_schedule_says_so(store, bench):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    with store.write() as conn:
        conn.execute(update(sends_table).values(on_unknown="resend"))
    sender = Told(NO_ANSWER, SENT)
    bench.all(sender)
    assert books(store, send) == {"unknown": 2}
    settle.settle_finished(store, now=NOW)
    bench.later(minutes=1)
    bench.all(sender)
    assert books(store, send) == {"sent": 2}
    assert sender.calls[0].key != sender.calls[1].key
    settle.settle_finished(store, now=NOW)
    with store.read() as conn:
        assert sends.get(conn, send)["state"] == "done"


def test_a_process_that_dies_while_it_repeats_leaves_the_call_to_the_next(store, bench):
    subscribe(store, 1)
    send = add_send(store, add_edition(store))

    def die(call):
        raise KeyboardInterrupt

    sender = Told(NO_ANSWER, die, SENT, keys=DAY)
    bench.all(sender)
    bench.later(minutes=1)
    with pytest.raises(KeyboardInterrupt):
        bench.once(sender)
    assert not bench.once(sender)  # the lease is still its own
    bench.later(minutes=4)
    bench.all(sender)
    assert books(store, send) == {"sent": 1}
    assert len({call.key for call in sender.calls}) == 1


@pytest.mark.parametrize("is_alive", [True, False])
def test_who_is_known_to_have_died_while_it_repeated_is_not_waited_for(store, bench, is_alive):
    def die(call):
        raise KeyboardInterrupt

    send, sender = add_send(store, add_edition(store), lists=(), message=POST), Told(NO_ANSWER, die, SENT, keys=DAY)
    bench.all(sender)
    bench.later(seconds=30)
    with pytest.raises(KeyboardInterrupt):
        bench.once(sender)
    assert dispatch.hasten(store, lambda _: is_alive, now=bench.clock(), retry=TIMING.unknown_retry) == (not is_alive)
    bench.later(seconds=30)
    bench.all(sender)
    assert books(store, send) == ({"unknown": 1} if is_alive else {"sent": 1})


def test_a_networks_own_wait_is_kept_whoever_died(store, bench):
    until = NOW + timedelta(hours=1)
    too_many = Answer(Verdict(Outcome.DEFERRED, Scope.PASSING, "too many requests", until=until))
    add_send(store, add_edition(store), lists=(), message=POST)
    sender = Told(NO_ANSWER, too_many, keys=DAY)
    bench.all(sender)
    bench.later(seconds=30)
    bench.all(sender)
    assert dispatch.hasten(store, lambda _: False, now=bench.clock(), retry=TIMING.unknown_retry) == 0
    assert the_call(store)["retry_at"] == until


def test_a_call_that_another_thread_has_just_taken_or_settled_is_left_to_it(store, bench):
    subscribe(store, 1)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER, keys=DAY)
    bench.all(sender)
    bench.later(minutes=1)

    def meanwhile(call):
        # It was found in doubt before we took it.
        assert not again.look_again(store, bench.desk, "letters", sender, call.id)
        return SENT

    sender.answers = [meanwhile]
    bench.once(sender)
    assert not again.look_again(store, bench.desk, "letters", sender, sender.calls[0].id)
    assert len(sender.calls) == 2
    assert books(store, send) == {"sent": 1}


def test_a_late_answer_of_an_earlier_try_is_left_out(store, bench):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    claimed = dispatch.claim(store, bench.desk, "letters", 100)
    dispatch.begin(store, bench.desk, claimed)
    bench.die()
    other = Bench(store)
    other.later(seconds=31)
    other.all(Told(NO_ANSWER, keys=DAY))
    before = the_call(store)
    dispatch.record_answer(store, bench.desk, claimed, Answer(Verdict(Outcome.REFUSED, reason="no such mailbox")))
    assert the_call(store) == before
    assert books(store, send) == {"unknown": 2}


def test_a_held_send_is_not_said_again_until_it_is_released(store, bench):
    subscribe(store, 1)
    send = add_send(store, add_edition(store))
    sender = Told(NO_ANSWER, SENT, keys=DAY)
    bench.all(sender)
    with store.write() as conn:
        conn.execute(update(sends_table).values(state="paused"))
    bench.later(minutes=1)
    bench.once(sender)
    assert len(sender.calls) == 1
    with store.write() as conn:
        conn.execute(update(sends_table).values(state="sending"))
    bench.later(minutes=10)
    bench.all(sender)
    assert books(store, send) == {"sent": 1}


def test_the_log_keeps_what_each_try_said(store, bench):
    subscribe(store, 1)
    send = add_send(store, add_edition(store))
    bench.all(Told(NO_ANSWER))
    with store.read() as conn:
        (row,) = log.find(conn, log.Filter(send_id=send))
        assert row["reason"] == "gave no answer in time"
        assert calls.outcomes_of(conn, row["id"])[row["call_id"]]["outcome"] == "unknown"


def test_a_post_that_is_said_again_shows_the_same_picture(store, bench):
    content = b"\xff\xd8 a ferry"
    upload = Upload(media.digest_of(content), "A ferry", 320, 180, in_card=False, is_needed=True)
    with store.write() as conn:
        media.keep(conn, media.Kept("image/jpeg", content), now=NOW)
    add_send(store, add_edition(store), lists=(), message=replace(POST, upload=upload))
    sender = Told(NO_ANSWER, SENT, keys=DAY)
    bench.all(sender)
    bench.later(minutes=1)
    bench.all(sender)
    first, second = sender.calls
    assert first.picture == second.picture == Picture(content, "image/jpeg", "A ferry", 320, 180, False, True)
    assert "xff" not in repr(first)  # whole pictures in a log help nobody
    assert (first.message, second.attempt) == (second.message, 2)


def test_each_try_of_a_call_is_kept_and_what_ends_well_is_not_said_to_have_failed(store, bench):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    busy = Answer(Verdict(Outcome.UNKNOWN, reason="HTTP 500"), status=500, words="try later")
    bench.all(Told(busy, keys=DAY))
    sender = Told(NO_ANSWER, SENT, keys=DAY)
    for _ in range(2):
        bench.later(minutes=2)
        bench.all(sender)
    assert books(store, send) == {"sent": 2}
    call = the_call(store)
    with store.read() as conn:
        assert [row["reason"] for row in log.find(conn, log.Filter())] == ["", ""]
        kept = tries.of_calls(conn, [call["id"]])[call["id"]]
    assert [(each["how"], each["status"], each["outcome"]) for each in kept] == [
        ("first", 500, "unknown"),
        ("repeat", None, "unknown"),
        ("repeat", call["status"], "sent"),
    ]
    assert kept[0]["words"] == "try later"
    assert [each["spoke_at"] - NOW for each in kept] == [timedelta(minutes=each) for each in (0, 2, 4)]


def test_a_call_that_is_said_once_keeps_no_tries(store, bench):
    subscribe(store, 2)
    add_send(store, add_edition(store))
    bench.all(Told(SENT, keys=DAY))
    with store.read() as conn:
        assert not tries.of_calls(conn, [the_call(store)["id"]])
