"""A network that leaves an account no request: no process begins a call to it before there are more."""

from __future__ import annotations

from datetime import timedelta

from publisher.model.call import Answer, Outcome, Rest, Verdict
from publisher.pipeline import dispatch
from publisher.store import limits, log
from tests.ledger import NOW, POST, add_edition, add_send, books
from tests.unit.pipeline.dispatch.conftest import NO_ANSWER, SENT, Bench, Told

ENDS = NOW + timedelta(minutes=7)
LAST = Answer(Verdict(Outcome.SENT), status=200, rest=Rest(ENDS))


class Network(Told):
    """A network that counts the requests of an account."""

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
