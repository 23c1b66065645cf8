"""The fence just before a request: no call begins that is held, lost, or too near the end of its lease."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from publisher.clock import steady
from publisher.errors import LostCallError, MaybeWrittenError, StoreError
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch
from publisher.pipeline.dispatch import act
from publisher.pipeline.operate import holding
from publisher.senders.verdicts import OUT_OF_TIME
from publisher.store import calls, sends
from publisher.store.tables import calls as calls_table
from publisher.store.tables import sends as sends_table
from tests.ledger import NOW, POST, add_edition, add_send, books, subscribe
from tests.unit.pipeline.dispatch.conftest import SENT, Bench, Told

NOBODY = "http://127.0.0.1:9/"


def claimed_by(store, bench):
    return dispatch.claim(store, bench.desk, "letters", 100)


def test_a_send_that_is_held_after_the_claim_begins_no_call(store, bench):
    subscribe(store, 3)
    edition = add_edition(store)
    send = add_send(store, edition)
    claimed = claimed_by(store, bench)
    holding.hold_edition(store, edition, actor="ada", why="a name is wrong", now=NOW)
    assert not dispatch.begin(store, bench.desk, claimed)
    assert books(store, send) == {"pending": 3}


def test_hold_all_stops_claims_and_calls_of_every_channel(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    claimed = claimed_by(store, bench)
    holding.hold_all(store, actor="ada", why="", now=NOW)
    assert not dispatch.begin(store, bench.desk, claimed)
    sender = Told()
    bench.all(sender)
    assert sender.calls == []
    assert books(store, send) == {"pending": 3}
    holding.release_all(store, now=NOW)
    bench.all(sender)
    assert books(store, send) == {"sent": 3}


def test_a_call_whose_lease_would_end_before_the_answer_is_given_back(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    claimed = claimed_by(store, bench)
    bench.later(seconds=111)  # of 180; 60 for the answer and 10 of margin are needed
    assert not dispatch.begin(store, bench.desk, claimed)
    assert books(store, send) == {"pending": 3}


def test_a_call_that_can_end_within_its_lease_begins(store, bench):
    subscribe(store, 3)
    add_send(store, add_edition(store))
    claimed = claimed_by(store, bench)
    bench.later(seconds=109)
    assert dispatch.begin(store, bench.desk, claimed)


def test_a_sender_of_several_requests_begins_none_that_might_outlast_the_lease(store, bench):
    subscribe(store, 1)
    add_send(store, add_edition(store))
    claimed = replace(claimed_by(store, bench), speak_by=steady() + 0.1)
    dispatch.begin(store, bench.desk, claimed)

    def after_a_slow_upload(call):
        time.sleep(0.2)
        return Answer(sender.http.post(NOBODY, b"words", {}).trouble)

    sender = Told(after_a_slow_upload)
    verdict = dispatch.speak(store, sender, claimed).verdict
    assert (verdict.outcome, verdict.reason) == ("deferred", OUT_OF_TIME)
    assert sender.http.post(NOBODY, b"words", {}).trouble.reason != OUT_OF_TIME  # the next call has its own time


def test_a_process_that_was_frozen_after_it_began_does_not_speak(store, bench):
    subscribe(store, 3)
    add_send(store, add_edition(store))
    claimed = claimed_by(store, bench)
    dispatch.begin(store, bench.desk, claimed)
    sender = Told(SENT)
    answer = dispatch.speak(store, sender, replace(claimed, speak_by=steady() - 0.001))
    assert sender.calls == []
    assert answer.verdict.outcome == "deferred"


def test_standing_still_is_not_the_channels_fault(store, bench, monkeypatch):
    subscribe(store, 9)
    send = add_send(store, add_edition(store))
    monkeypatch.setattr(act, "steady", lambda: steady() + 3600)
    for _ in range(9):
        bench.once(Told(batch=1))
    assert books(store, send) == {"pending": 9}
    monkeypatch.undo()
    bench.all(Told())  # at once, and by this channel
    assert books(store, send) == {"sent": 9}


def test_a_frozen_process_is_taken_over_when_its_lease_ends_and_not_before(store, bench):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    claimed = claimed_by(store, bench)
    with store.read() as conn:
        lease = calls.get(conn, claimed.call.id)["lease_until"]
    assert lease == NOW + timedelta(seconds=180)

    def is_held(call):
        return call["lease_until"] > bench.clock()

    assert dispatch.take_over(store, is_held, now=bench.clock()) == (0, 0)
    bench.later(seconds=180)
    assert dispatch.take_over(store, is_held, now=bench.clock()) == (3, 0)
    other = Bench(store)
    other.later(seconds=180)
    other.all(Told())
    assert books(store, send) == {"sent": 3}
    assert not dispatch.begin(store, bench.desk, claimed)


def test_a_database_that_is_away_when_the_answer_comes_does_not_lose_it(tmp_path):
    from publisher.store import Store, sqlite
    from tests.unit.pipeline.dispatch.test_again import the_call

    store = Store.open(tmp_path / "publisher.db")
    bench = Bench(store)
    subscribe(store, 1)
    send = add_send(store, add_edition(store))

    def answer_while_the_database_is_away(call):
        import sqlite3
        import threading

        blocker = sqlite3.connect(tmp_path / "publisher.db", isolation_level=None, check_same_thread=False)
        blocker.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.3, blocker.rollback).start()
        return SENT

    assert sqlite.BUSY_SECONDS > 1
    bench.all(Told(answer_while_the_database_is_away))
    assert books(store, send) == {"sent": 1}
    assert the_call(store)["state"] == "answered"


def test_a_claim_whose_commit_was_cut_is_taken_over_by_its_own_process(store, bench, monkeypatch):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    submit = store.submit

    def cut(work, turn=""):
        submit(work)
        raise StoreError("the connection was lost while a change was written")

    with monkeypatch.context() as patched:
        patched.setattr(store, "submit", cut)
        with pytest.raises(StoreError):
            claimed_by(store, bench)
    assert books(store, send) == {"taken": 3}
    assert bench.desk.under_way == set()
    dispatch.take_over(store, lambda call: call["id"] in bench.desk.under_way, now=NOW)
    assert books(store, send) == {"pending": 3}


@pytest.mark.parametrize("was_written", [True, False])
def test_a_begin_whose_commit_was_cut_leaves_nobody_in_doubt_since_nothing_was_said(
    store, bench, monkeypatch, was_written
):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    submit, begin = store.submit, act.begin

    def cut(work, turn=""):
        if was_written:
            submit(work)
        raise MaybeWrittenError("the connection broke while a change was being committed")

    def begin_cut(*args):
        with monkeypatch.context() as patched:
            patched.setattr(store, "submit", cut)
            return begin(*args)

    sender = Told()
    with monkeypatch.context() as patched:
        patched.setattr(act, "begin", begin_cut)
        bench.once(sender)
    dispatch.take_over(store, lambda call: call["id"] in bench.desk.under_way, now=NOW)
    assert (sender.calls, books(store, send)) == ([], {"pending": 3})
    bench.all(sender)
    assert books(store, send) == {"sent": 3}


def test_a_send_whose_books_are_off_is_set_aside_and_the_others_go_on(store, bench):
    subscribe(store, 3)
    wrong = add_send(store, add_edition(store, "a"))
    sound = add_send(store, add_edition(store, "b"))
    with store.write() as conn:
        conn.execute(update(sends_table).where(sends_table.c.id == wrong).values(candidates=99))
    bench.all(Told())
    assert books(store, sound) == {"sent": 3}
    with store.read() as conn:
        row = sends.get(conn, wrong)
    assert row["state"] == "paused"
    assert sends.is_out_of_balance(row)


def test_a_dead_process_with_books_that_are_off_keeps_nobody_else_from_being_taken_over(store, bench):
    subscribe(store, 3)
    wrong = add_send(store, add_edition(store, "a"))
    claimed_by(store, bench)
    sound = add_send(store, add_edition(store, "b"), channel="others")
    dispatch.claim(store, bench.desk, "others", 100)
    with store.write() as conn:
        conn.execute(update(sends_table).where(sends_table.c.id == wrong).values(candidates=99))
    for _ in range(2):
        bench.die()
    assert books(store, sound) == {"pending": 3}
    with store.read() as conn:
        assert sends.is_out_of_balance(sends.get(conn, wrong))


def test_a_process_that_ends_begins_no_halves(store, bench):
    subscribe(store, 8)
    send = add_send(store, add_edition(store))

    def ending(call):
        bench.desk.stop.set()
        return Answer(Verdict(Outcome.REFUSED, reason="not a valid address"), split=True)

    sender = Told(ending)
    bench.once(sender)
    assert len(sender.calls) == 1
    assert books(store, send) == {"pending": 8}


def test_a_call_that_may_have_been_heard_is_not_halved(store, bench):
    subscribe(store, 8)
    send = add_send(store, add_edition(store))
    sender = Told(Answer(Verdict(Outcome.UNKNOWN, reason="no answer"), split=True))
    bench.all(sender)
    assert len(sender.calls) == 1
    assert books(store, send) == {"unknown": 8}


def test_a_repeat_that_is_refused_whole_for_one_reader_fails_nobody(store, bench):
    subscribe(store, 4)
    send = add_send(store, add_edition(store))
    refused = Answer(Verdict(Outcome.REFUSED, reason="not a valid address"), split=True)
    sender = Told(Answer(Verdict(Outcome.UNKNOWN, reason="no answer")), refused, keys=timedelta(days=1))
    bench.all(sender)
    bench.later(minutes=1)
    bench.all(sender)
    assert len(sender.calls) == 2
    assert books(store, send) == {"unknown": 4}


class Stepwise(Told):
    """A sender that uploads, freezes what it is going to say, and says it."""

    def __init__(self, *meanwhile):
        super().__init__(keys=timedelta(days=1))
        self.meanwhile = list(meanwhile)
        self.said = []

    def send(self, call, journal):
        number = len(self.calls)
        self.calls.append(call)
        noted = journal.noted("record")
        if number < len(self.meanwhile):
            self.meanwhile[number]()
        if noted is None:
            journal.note("record", {"number": number})
        journal.noted("part 1")
        self.said.append(number)
        return Answer(Verdict(Outcome.SENT, provider_id=f"m{number}"))


def post_of(store):
    return add_send(store, add_edition(store), channel="mastodon", lists=(), message=POST)


def journal_of(store):
    with store.read() as conn:
        return conn.execute(select(calls_table.c.journal)).scalar_one()


def test_who_wakes_between_two_steps_says_nothing_of_a_call_that_another_has_said(store, bench):
    send = post_of(store)
    other = Bench(store)

    def overtaken():
        bench.die()
        other.later(seconds=31)
        other.all(sender, "mastodon")

    sender = Stepwise(overtaken)
    bench.all(sender, "mastodon")
    assert sender.said == [1]
    assert journal_of(store) == {"record": {"number": 1}}
    assert books(store, send) == {"sent": 1}


def test_who_wakes_while_another_says_it_leaves_the_answer_to_them(store, bench):
    send = post_of(store)
    other = Bench(store)

    def overtaken():
        bench.die()
        other.later(seconds=31)
        other.once(sender, "mastodon")

    def without_an_answer():
        raise ZeroDivisionError

    sender = Stepwise(overtaken, without_an_answer)
    bench.once(sender, "mastodon")
    assert sender.said == []
    assert books(store, send) == {"unknown": 1}
    other.later(minutes=10)
    other.all(sender, "mastodon")
    assert sender.said == [2]
    assert books(store, send) == {"sent": 1}


def test_what_was_noted_before_anybody_took_the_call_again_is_what_they_go_on_with(store, bench):
    post_of(store)
    sender = Stepwise(bench.die)
    bench.once(sender, "mastodon")
    assert journal_of(store) == {"record": {"number": 0}}


def test_two_notes_at_the_same_moment_are_both_kept(store, bench):
    post_of(store)
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    assert dispatch.begin(store, bench.desk, claimed)
    journal = dispatch.StoreJournal(store, claimed.call.id)
    with ThreadPoolExecutor(1) as pool:
        with store.write() as conn:
            calls.note(conn, claimed.call.id, "part 1", {"id": "m1"}, tries=1)
            second = pool.submit(journal.note, "part 2", {"id": "m2"})
            time.sleep(0.3)
        second.result()
    assert journal_of(store) == {"part 1": {"id": "m1"}, "part 2": {"id": "m2"}}


def test_a_call_that_has_its_answer_takes_no_more_notes(store, bench):
    post_of(store)
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    journal = dispatch.StoreJournal(store, claimed.call.id)
    with pytest.raises(LostCallError):
        journal.note("part 1", {"id": "m1"})  # nothing may be said before it has begun
    assert dispatch.begin(store, bench.desk, claimed)
    dispatch.record_answer(store, bench.desk, claimed, SENT)
    for step in (lambda: journal.note("part 1", {"id": "m1"}), lambda: journal.noted("part 1")):
        with pytest.raises(LostCallError):
            step()
    assert journal_of(store) is None
