"""A network that leaves an account no request: no process begins a call to it before there are more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from publisher.model.call import Answer, Outcome, Rest, Verdict
from publisher.model.message import Withdrawal
from publisher.pipeline import dispatch
from publisher.pipeline.dispatch import rests
from publisher.pipeline.operate import holding
from publisher.store import channels, limits, log
from publisher.store.tables import sends, update_row
from tests.ledger import NOW, POST, add_edition, add_send, books
from tests.unit.pipeline.dispatch.conftest import NO_ANSWER, SENT, Bench, Told

HOUR = 3_600  # seconds
ENDS = NOW + timedelta(minutes=7)
LAST = Answer(Verdict(Outcome.SENT), status=200, rest=Rest(ENDS))


class Network(Told):
    """A network that counts the requests of an account."""

    withdraw = Told.send

    def __init__(self, *answers, account: str = "gazette", **more: object) -> None:
        super().__init__(*answers, batch=1, **more)
        self.counted_as = account


def posts(store, count: int, channel: str = "mastodon") -> list[int]:
    return [
        add_send(store, add_edition(store, f"{channel} {number}"), channel=channel, lists=(), message=POST)
        for number in range(count)
    ]


def test_after_a_success_that_was_the_last_one_nothing_goes_before_there_are_more(store, bench):
    made = posts(store, 3)
    network = Network(LAST)
    bench.all(network, "mastodon")
    assert len(network.calls) == 1
    assert [books(store, send) for send in made] == [{"sent": 1}, {"pending": 1}, {"pending": 1}]
    assert bench.desk.free_at["mastodon"] == ENDS
    bench.later(minutes=6, seconds=59)
    bench.all(network, "mastodon")
    assert len(network.calls) == 1
    bench.later(seconds=1)
    bench.all(network, "mastodon")
    assert [books(store, send) for send in made] == [{"sent": 1}] * 3


def test_the_wait_burns_no_attempt(store, bench):
    posts(store, 2)
    bench.all(Network(LAST), "mastodon")
    with store.read() as conn:
        assert sorted(row["attempts"] for row in log.find(conn, log.Filter())) == [0, 1]


def test_channels_of_one_account_rest_together_and_others_go_on(store, bench):
    for channel in ("mastodon", "second", "other"):
        posts(store, 1, channel)
    bench.all(Network(LAST), "mastodon")
    same, other = Network(), Network(account="harbor")
    bench.all(same, "second")
    bench.all(other, "other")
    assert (len(same.calls), len(other.calls)) == (0, 1)


def test_a_process_that_starts_later_keeps_to_it(store, bench):
    posts(store, 2)
    bench.all(Network(LAST), "mastodon")
    network = Network()
    Bench(store).all(network, "mastodon")
    assert network.calls == []


def test_what_is_said_later_of_less_does_not_shorten_it(store, bench):
    posts(store, 3)
    sooner = Answer(Verdict(Outcome.SENT), status=200, rest=Rest(NOW + timedelta(minutes=1)))
    under_way = [dispatch.claim(store, bench.desk, "mastodon", 1, counted_as="gazette") for _ in range(3)]
    for claimed, answer in zip(under_way, (LAST, sooner, SENT), strict=True):
        dispatch.begin(store, bench.desk, claimed)
        dispatch.record_answer(store, bench.desk, claimed, answer)
    assert rest_of(store) == ENDS


def test_a_call_in_doubt_is_not_repeated_before_there_are_more(store, bench):
    posts(store, 2)
    network = Network(NO_ANSWER, LAST, keys=timedelta(days=1))
    bench.all(network, "mastodon")
    assert len(network.calls) == 2
    bench.later(minutes=6)
    bench.all(network, "mastodon")
    assert len(network.calls) == 2
    bench.later(minutes=1)
    bench.all(network, "mastodon")
    assert [call.attempt for call in network.calls] == [1, 1, 2]


def test_a_withdrawal_in_doubt_is_said_again_though_a_post_in_doubt_waits_for_its_account(store, bench):
    [post] = posts(store, 1)
    network = Network(NO_ANSWER, NO_ANSWER, keys=timedelta(days=2))
    bench.all(network, "mastodon")
    bench.later(seconds=1)
    taken_down = withdrawal(store)
    bench.all(network, "mastodon")
    with store.write() as conn:
        rests.note(conn, "gazette", "mastodon", Rest(NOW + timedelta(hours=23)), NOW)
    bench.later(minutes=1)
    bench.all(network, "mastodon")
    assert (books(store, post), books(store, taken_down)) == ({"unknown": 1}, {"sent": 1})
    bench.later(hours=23)
    bench.all(network, "mastodon")
    assert (len(network.calls), books(store, post)) == (4, {"sent": 1})


def test_a_refusal_that_says_when_is_shared_too(store, bench):
    posts(store, 1)
    posts(store, 1, "second")
    too_many = Answer(Verdict(Outcome.DEFERRED, reason="HTTP 429", until=ENDS), status=429, rest=Rest(ENDS))
    bench.all(Network(too_many), "mastodon")
    second = Network()
    bench.all(second, "second")
    assert second.calls == []


def test_what_was_not_believed_stands_in_the_log(store, bench):
    posts(store, 1)
    doubted = Answer(Verdict(Outcome.SENT), status=200, rest=Rest(ENDS, "nothing before 2036: not believed"))
    bench.all(Network(doubted), "mastodon")
    with store.read() as conn:
        [row] = log.find(conn, log.Filter())
    assert (row["state"], row["reason"]) == ("sent", "nothing before 2036: not believed")


def test_what_a_clock_that_was_ahead_wrote_keeps_nobody_and_is_written_over(store, bench):
    posts(store, 2)
    with store.write() as conn:
        limits.set_free_at(conn, limits.account("gazette"), NOW + timedelta(days=300))
    network = Network(LAST)
    bench.all(network, "mastodon")
    assert len(network.calls) == 1
    assert rest_of(store) == ENDS


def test_who_sends_mail_is_not_counted(store, bench):
    posts(store, 2)
    network = Network(LAST, account="")
    bench.all(network, "mastodon")
    assert len(network.calls) == 2
    with store.read() as conn:
        assert limits.resting_accounts(conn, NOW) == {}


def rest_of(store):
    with store.read() as conn:
        return limits.resting_accounts(conn, NOW)["gazette"]


def test_a_thread_of_thirty_parts_waits_no_longer_from_rest_to_rest(store, bench):
    """Discord takes five messages in as many seconds: each rest was obeyed, and the thread went on after it."""
    [send] = posts(store, 1)
    network = Network(*[put_off(bench, 5, went_on=True) for _ in range(5)])
    bench.all(network, "mastodon")
    for _ in range(5):
        bench.later(seconds=10)
        bench.all(network, "mastodon")
    assert (len(network.calls), books(store, send)) == (6, {"sent": 1})


def test_a_thread_that_goes_on_is_not_given_up_however_long_its_rests(store, bench):
    [send] = posts(store, 1)
    network = Network(*[put_off(bench, 20 * HOUR, went_on=True) for _ in range(3)], put_off(bench, 60, went_on=False))
    bench.all(network, "mastodon")
    for _ in range(3):
        bench.later(hours=20)
        bench.all(network, "mastodon")
    assert (len(network.calls), books(store, send)) == (4, {"pending": 1})
    bench.later(hours=7)
    network.answers = [put_off(bench, 60, went_on=False)]
    bench.all(network, "mastodon")
    assert books(store, send) == {"failed": 1}


def test_where_it_does_not_go_on_the_waits_grow_again_from_the_first(store, bench):
    posts(store, 1)
    network = Network(put_off(bench, 5, went_on=True), *[put_off(bench, 0, went_on=False)] * 5)
    found = []
    for _ in range(5):
        assert bench.once(network, "mastodon")
        with store.read() as conn:
            [row] = log.find(conn, log.Filter())
        found.append((row["attempts"], row["due_at"] - bench.clock()))
        bench.clock.advance(row["due_at"] - bench.clock())
    assert [attempts for attempts, _ in found] == [0, 1, 2, 3, 4]
    assert found[1][1] < timedelta(seconds=7) < timedelta(seconds=90) < found[4][1]


def test_a_doubt_that_a_thread_has_gone_on_from_is_none_any_more(store, bench):
    [send] = posts(store, 1)
    network = Network(NO_ANSWER, put_off(bench, 5, went_on=True), keys=timedelta(days=1))
    bench.all(network, "mastodon")
    bench.later(seconds=30)
    bench.all(network, "mastodon")
    assert books(store, send) == {"pending": 1}
    bench.later(seconds=10)
    bench.all(network, "mastodon")
    assert ([call.attempt for call in network.calls], books(store, send)) == ([1, 2, 1], {"sent": 1})


def test_a_refusal_that_says_when_is_written_once_and_for_the_account(store, bench):
    posts(store, 2)
    bench.all(Network(too_many(bench, 420)), "mastodon")
    with store.read() as conn:
        assert channels.look(conn, "mastodon", bench.clock()).open_until is None
    assert rest_of(store) == ENDS
    network = Network()
    bench.all(network, "mastodon")
    assert network.calls == []


def test_where_nobody_counts_the_channel_rests(store, bench):
    posts(store, 2)
    bench.all(Network(too_many(bench, 420), account=""), "mastodon")
    with store.read() as conn:
        assert channels.look(conn, "mastodon", bench.clock()).open_until == ENDS
        assert limits.resting_accounts(conn, NOW) == {}


def test_who_hears_of_a_long_rest_is_not_given_up_before_those_behind_it(store, bench):
    made = posts(store, 2)
    network = Network(too_many(bench, 20 * HOUR))
    bench.all(network, "mastodon")
    assert [books(store, send) for send in made] == [{"pending": 1}] * 2
    bench.later(hours=20)
    bench.all(network, "mastodon")
    assert [books(store, send) for send in made] == [{"sent": 1}] * 2


def test_a_withdrawal_that_is_told_to_wait_a_day_is_not_given_up(store, bench):
    send = withdrawal(store)
    network = Network(too_many(bench, 24 * HOUR))
    bench.all(network, "mastodon")
    bench.later(hours=24)
    bench.all(network, "mastodon")
    assert (len(network.calls), books(store, send)) == (2, {"sent": 1})


def test_between_its_rests_the_time_for_trying_runs_on(store, bench):
    """It is given up six hours after the first try, without the two rests of 20 hours."""
    [send] = posts(store, 1)
    network = Network(*[too_many(bench, 20 * HOUR)] * 2, *[unavailable(bench, HOUR)] * 2)
    for hours in (0, 23, 22):
        bench.later(hours=hours)
        bench.all(network, "mastodon")
    assert books(store, send) == {"pending": 1}
    bench.later(hours=1)
    bench.all(network, "mastodon")
    assert (len(network.calls), books(store, send)) == (4, {"failed": 1})


def release(store, bench, *sharing):
    holding.release_channel(store, "mastodon", now=bench.clock(), account="gazette", sharing=("mastodon", *sharing))


def test_a_release_lets_go_at_once_what_the_network_put_off_and_what_is_in_doubt(store, bench):
    made = [*posts(store, 1), *posts(store, 1, "second")]
    doubted = Network(NO_ANSWER, keys=timedelta(days=2))
    bench.all(doubted, "second")
    bench.all(Network(too_many(bench, 3 * HOUR)), "mastodon")
    bench.later(minutes=5)
    bench.all(doubted, "second")
    assert len(doubted.calls) == 1
    release(store, bench, "second")
    for channel, network in (("mastodon", Network()), ("second", doubted)):
        bench.all(network, channel)
    assert [books(store, send) for send in made] == [{"sent": 1}] * 2


def test_a_release_ends_the_rest_of_deletions_too(store, bench):
    posts(store, 1)
    with store.write() as conn:
        rests.note(conn, "gazette", "mastodon", Rest(NOW + timedelta(hours=20)), NOW, is_removal=True)
    release(store, bench)
    network = Network()
    bench.all(network, "mastodon")
    assert len(network.calls) == 1


def withdrawal(store) -> int:
    message = Withdrawal(("1",), "", "ref", {})
    send = add_send(store, add_edition(store, "withdrawn"), channel="mastodon", lists=(), message=message)
    with store.write() as conn:
        update_row(conn, sends, send, {"kind": "withdrawal", "priority": 0})
    return send


def unavailable(bench, seconds: float):
    """Answer that something else is wrong just now, and when to come again."""

    def answer(_) -> Answer:
        verdict = Verdict(Outcome.DEFERRED, reason="HTTP 503", until=bench.clock() + timedelta(seconds=seconds))
        return Answer(verdict, status=503)

    return answer


def too_many(bench, seconds: float):
    """Answer that there were too many requests, and when the next one is taken."""

    def answer(_) -> Answer:
        until = bench.clock() + timedelta(seconds=seconds)
        verdict = Verdict(Outcome.DEFERRED, reason="HTTP 429", until=until)
        return Answer(verdict, status=429, rest=Rest(until))

    return answer


def put_off(bench, seconds: float, *, went_on: bool):
    """Answer that a thread rests, after some of its parts or none."""
    return lambda call: replace(too_many(bench, seconds)(call), went_on=went_on)


def test_the_rests_of_deletions_are_told_apart(store, bench):
    with store.write() as conn:
        rests.note(conn, "gazette", "mastodon", Rest(ENDS), NOW)
        rests.note(conn, "harbor", "second", Rest(ENDS), NOW, is_removal=True)
    with store.read() as conn:
        assert rests.of_accounts(conn, NOW) == {"gazette": ENDS, "harbor": ENDS}
        assert rests.of_accounts(conn, NOW, is_removal=True) == {"harbor": ENDS}
