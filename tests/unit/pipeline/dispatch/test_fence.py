"""The fence just before a request: no call begins that is held, lost, or too near the end of its lease."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from publisher.pipeline import dispatch
from publisher.pipeline.dispatch.desk import steady
from publisher.pipeline.operate import holding
from publisher.store import calls
from tests.ledger import NOW, add_edition, add_send, books, subscribe
from tests.unit.pipeline.dispatch.conftest import SENT, Bench, Told


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


def test_a_process_that_was_frozen_after_it_began_does_not_speak(store, bench):
    subscribe(store, 3)
    add_send(store, add_edition(store))
    claimed = claimed_by(store, bench)
    dispatch.begin(store, bench.desk, claimed)
    sender = Told(SENT)
    answer = dispatch.speak(store, sender, replace(claimed, speak_by=steady() - 0.001))
    assert sender.calls == []
    assert answer.verdict.outcome == "deferred"


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
