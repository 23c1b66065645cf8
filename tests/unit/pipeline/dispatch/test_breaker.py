"""A channel that reaches nobody rests; one whose account is refused stops; what did not go may go by another."""

from __future__ import annotations

from datetime import timedelta

from publisher.errors import ConfigError
from publisher.model.call import Answer, Outcome, Scope, Verdict
from publisher.model.project import Channel
from publisher.pipeline import dispatch
from publisher.pipeline.operate import holding
from publisher.senders.verdicts import OUT_OF_TIME, deferred
from publisher.store import channels, log, sends
from tests.ledger import NOW, add_edition, add_send, books, subscribe
from tests.unit.pipeline.dispatch.conftest import FORBIDDEN, NO_ANSWER, SENT, UNREACHABLE, Bench, Told

WITH_FALLBACK = (Channel("letters", "told", fallback="letters-ses"), Channel("letters-ses", "told"))


def the_send(store, send):
    with store.read() as conn:
        return sends.get(conn, send)


def test_a_channel_that_reaches_nobody_rests_and_burns_no_attempts_meanwhile(store, bench):
    subscribe(store, 20)
    send = add_send(store, add_edition(store))
    sender = Told(*[UNREACHABLE] * 5, batch=1)
    for _ in range(5):
        bench.once(sender)
    for _ in range(20):
        assert not bench.once(sender)
        bench.later(seconds=1)
    assert len(sender.calls) == 5
    with store.read() as conn:
        assert sorted(row["attempts"] for row in log.find(conn, log.Filter(send_id=send))) == [0] * 15 + [1] * 5
        assert not channels.look(conn, "letters", bench.clock()).may_go(bench.clock())


def test_steps_of_ours_that_took_too_long_say_nothing_of_the_channel(store, bench):
    subscribe(store, 6)
    send = add_send(store, add_edition(store))
    sender = Told(*[Answer(deferred(f"the picture: {OUT_OF_TIME}"))] * 5, batch=1)
    for _ in range(6):
        bench.once(sender)
    assert len(sender.calls) == 6
    assert books(store, send) == {"sent": 1, "pending": 5}


def test_after_a_rest_one_call_goes_first_and_the_others_wait_for_it(store, bench):
    subscribe(store, 20)
    send = add_send(store, add_edition(store))
    for _ in range(5):
        bench.once(Told(UNREACHABLE, batch=1))
    bench.later(minutes=1)
    probe = dispatch.claim(store, bench.desk, "letters", 1)
    assert probe is not None
    assert dispatch.claim(store, bench.desk, "letters", 1) is None
    dispatch.begin(store, bench.desk, probe)
    dispatch.record_answer(store, bench.desk, probe, SENT)
    bench.all(Told())
    assert books(store, send) == {"sent": 20}


def test_a_probe_that_fails_makes_the_next_rest_longer(store, bench):
    subscribe(store, 20)
    add_send(store, add_edition(store))
    for _ in range(5):
        bench.once(Told(UNREACHABLE, batch=1))
    bench.later(minutes=1)
    bench.once(Told(UNREACHABLE, batch=1))
    bench.later(seconds=40)
    assert not bench.once(Told(batch=1))
    bench.later(minutes=15)
    assert bench.once(Told(batch=1))


def test_a_provider_that_asks_to_wait_is_not_asked_again_before(store, bench):
    subscribe(store, 4)
    send = add_send(store, add_edition(store))
    until = NOW + timedelta(minutes=2)
    busy = Answer(Verdict(Outcome.DEFERRED, Scope.PASSING, "HTTP 429: slow down", until=until), status=429)
    sender = Told(busy, batch=1)
    bench.once(sender)
    bench.later(seconds=119)
    bench.all(sender)
    assert len(sender.calls) == 1
    bench.later(seconds=2)
    bench.all(sender)
    assert books(store, send) == {"sent": 4}


def test_an_account_that_is_refused_stops_the_channel_after_one_request_for_all_its_sends(store, bench):
    subscribe(store, 4)
    first = add_send(store, add_edition(store, "a"))
    second = add_send(store, add_edition(store, "b"))
    sender = Told(FORBIDDEN, batch=1)
    bench.all(sender)
    assert len(sender.calls) == 1
    for send in (first, second):
        assert books(store, send) == {"pending": 4}
        assert the_send(store, send)["state"] == "paused"
        assert "the provider refused the account: HTTP 401" in the_send(store, send)["reasons"][-1]["what"]
    assert holding.release_edition(store, the_send(store, first)["edition_id"], now=NOW).kept == (first,)
    bench.all(sender)
    assert len(sender.calls) == 1
    holding.release_channel(store, "letters", now=NOW)
    bench.all(sender)
    assert books(store, first) == books(store, second) == {"sent": 4}


def test_what_a_stopped_channel_certainly_did_not_send_goes_by_its_fallback(store):
    bench = Bench(store, *WITH_FALLBACK)
    subscribe(store, 6)
    send = add_send(store, add_edition(store))
    main, other = Told(SENT, NO_ANSWER, FORBIDDEN, batch=1), Told(batch=1)
    bench.all(main)
    assert books(store, send) == {"sent": 1, "unknown": 1, "pending": 4}
    assert the_send(store, send)["channel"] == "letters-ses"
    bench.all(other, "letters-ses")
    assert books(store, send) == {"sent": 5, "unknown": 1}
    named = {recipient.address for call in (*main.calls[:2], *other.calls) for recipient in call.recipients}
    assert len(named) == 6
    assert len(other.calls) == 4


def test_a_channel_that_rests_hands_over_and_the_send_stays_with_its_fallback(store):
    bench = Bench(store, *WITH_FALLBACK)
    subscribe(store, 8)
    send = add_send(store, add_edition(store))
    bench.all(Told(*[UNREACHABLE] * 5, batch=1))
    assert the_send(store, send)["channel"] == "letters-ses"
    bench.later(minutes=1)
    bench.all(Told(), "letters-ses")
    assert books(store, send) == {"sent": 8}


def test_a_channel_that_rested_carries_the_next_edition_again(store):
    bench = Bench(store, *WITH_FALLBACK)
    subscribe(store, 8)
    add_send(store, add_edition(store, "a"))
    bench.all(Told(*[UNREACHABLE] * 5, batch=1))
    bench.later(minutes=20)
    send = add_send(store, add_edition(store, "b"))
    main = Told(batch=1)
    bench.all(main)
    assert books(store, send) == {"sent": 8}
    assert len(main.calls) == 8


def test_a_fallback_that_is_stopped_itself_takes_nothing_over(store):
    bench = Bench(store, *WITH_FALLBACK)
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    with store.write() as conn:
        channels.stop(conn, "letters-ses", reason="credits used up", now=NOW)
    bench.all(Told(FORBIDDEN))
    assert the_send(store, send)["state"] == "paused"
    assert the_send(store, send)["channel"] == "letters"


def test_a_channel_that_cannot_be_built_stops_with_the_reason(store, bench):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))

    def unusable():
        raise ConfigError("${KEY} is not set", where="schedules.yaml:9:5", remedy="Add KEY=… to .env.")

    dispatch.dispatch_next(store, bench.desk, "letters", unusable)
    assert the_send(store, send)["state"] == "paused"
    (reason,) = the_send(store, send)["reasons"]
    assert reason["what"] == "schedules.yaml:9:5: ${KEY} is not set. Add KEY=… to .env"  # and one full stop follows
    assert "`publisher release --channel letters`" in reason["remedy"]
    with store.read() as conn:
        assert [row["unusable"] for row in channels.stopped(conn)] == [True]
