"""Withdraw: what is made of it in the ledger, whatever breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from publisher.model.call import Answer, Outcome, Rest, Scope, Verdict
from publisher.model.message import Post, Withdrawal
from publisher.model.project import Channel
from publisher.model.states import DeliveryState, EditionState
from publisher.pipeline import dispatch, settle
from publisher.pipeline.operate import holding, stopping, withdrawing
from publisher.store import articles, calls, candidates, editions, facts, send_reasons, sends, withdrawals
from tests.ledger import NOW, add_edition, add_send, books
from tests.unit.pipeline.dispatch.conftest import NO_ANSWER, SENT, TIMING, UNREACHABLE, Bench, Told

MEANS = withdrawing.Means(lambda channel, account: "", lambda delivery_id: f"d{delivery_id}")
POSTED = Answer(Verdict(Outcome.SENT, provider_id="m1", url="https://news.example/m1"), status=200)
THREAD = Post(("one", "two", "three"))


class Network(Told):
    """A sender that posts and takes down as it is told to."""

    def __init__(self, *answers, removals=(), **more):
        super().__init__(*answers, **more)
        self.removals = list(removals)
        self.removed: list = []

    def withdraw(self, call, journal):
        self.removed.append(call)
        answer = self.removals.pop(0) if self.removals else SENT
        return answer(call, journal) if callable(answer) else answer


@pytest.fixture
def bench(store):
    return Bench(store)


@pytest.fixture
def edition(store):
    return add_edition(store)


def post(store, edition, channel="mastodon", message=THREAD):
    return add_send(store, edition, channel=channel, lists=(), message=message)


def withdraw(store, edition, means=MEANS, now=NOW):
    withdrawing.withdraw_edition(store, edition, means, actor="cli:ada", why="wrong name", now=now)


def removals(store, edition):
    with store.read() as conn:
        return withdrawals.removals(conn, edition)


def withdrawing_now(store):
    with store.read() as conn:
        return facts.withdrawing(conn)


def test_what_stands_is_taken_down_under_a_send_of_its_own(store, edition, bench):
    send = post(store, edition, message=Post(("one",)))
    network = Network(POSTED)
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    (call,) = network.removed
    assert call.message == Withdrawal(("m1",), "https://news.example/m1", "d1")
    assert [each.address for each in call.recipients] == ["mastodon"]
    (made,) = removals(store, edition)
    assert (made.channel, made.state, made.number) == ("mastodon", "sent", 1)
    assert books(store, send) == {"sent": 1}
    assert books(store, made.send_id) == {"sent": 1}
    settle.settle_finished(store, now=NOW)
    with store.read() as conn:
        assert [row["state"] for row in sends.of_edition(conn, edition)] == ["cancelled", "done"]  # it was under way
        row = editions.get(conn, edition)
    assert (row["state"], row["reason"]) == (EditionState.CANCELLED, "withdrawn by cli:ada: wrong name")


def test_every_part_of_a_thread_that_was_noted_is_meant(store, edition, bench):
    post(store, edition)

    def half(call):
        for number in (1, 2):
            dispatch.StoreJournal(store, call.id).note(f"part {number}", {"id": f"m{number}", "url": f"u{number}"})
        return Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "part 3 of 3: no"))

    bench.all(Network(half), "mastodon")
    withdraw(store, edition)
    (made,) = removals(store, edition)
    assert (made.parts, made.url) == (("m1", "m2"), "u1")


def test_what_stands_on_two_channels_is_taken_down_on_each(store, edition):
    bench = Bench(store, Channel("mastodon", "told", fallback="second"), Channel("second", "told"))
    post(store, edition)

    def first(call):
        dispatch.StoreJournal(store, call.id).note("part 1", {"id": "m1", "url": "u1"})
        return Answer(Verdict(Outcome.REFUSED, Scope.ACCOUNT, "no"), status=401)

    def whole(call):
        for number in (1, 2, 3):
            dispatch.StoreJournal(store, call.id).note(f"part {number}", {"id": f"s{number}", "url": ""})
        return Answer(Verdict(Outcome.SENT, provider_id="s1"))

    bench.all(Network(first), "mastodon")
    bench.once(Network(), "mastodon")
    bench.all(Network(whole), "second")
    withdraw(store, edition)
    made = {each.channel: each.parts for each in removals(store, edition)}
    assert made == {"mastodon": ("m1",), "second": ("s1", "s2", "s3")}
    assert [each.number for each in removals(store, edition)] == [1, 2]


def test_what_was_only_taken_down_brought_nobody_an_article(store, edition, bench):
    post(store, edition)

    def half(call):
        dispatch.StoreJournal(store, call.id).note("part 1", {"id": "m1", "url": ""})
        return Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "part 2 of 3: no"))

    network = Network(half)
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    assert removals(store, edition)[0].state == "sent"
    with store.read() as conn:
        assert articles.went_out_in(conn, [1]) == {1: []}
    with store.write() as conn:
        assert candidates.carried(conn, "morning", [1]) == []


def test_a_part_that_no_call_named_stands_all_the_same(store, edition, bench):
    post(store, edition)

    def two(call):
        for number in (1, 2):
            dispatch.StoreJournal(store, call.id).note(f"part {number}", {"id": f"m{number}", "url": ""})
        return Answer(Verdict(Outcome.SENT, provider_id="m1"))

    bench.all(Network(two), "mastodon")
    withdraw(store, edition)
    assert removals(store, edition)[0].parts == ("m1", "m2", "")


def test_what_a_channel_can_not_take_down_gets_no_send(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    bench.all(Network(POSTED), "mastodon")
    withdraw(store, edition, replace(MEANS, why_it_stays=lambda channel, account: "no"))
    assert removals(store, edition) == []
    assert withdrawing_now(store) == {edition}
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)  # the channel is put back
    assert len(removals(store, edition)) == 1


def test_one_that_dies_in_mid_withdrawal_loses_nothing(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    bench.all(Network(POSTED), "mastodon")
    withdraw(store, edition)
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    dispatch.begin(store, bench.desk, claimed)
    assert bench.die() == (0, 1)
    assert removals(store, edition)[0].state == "unknown"
    network = Network()
    bench.later(seconds=31)
    bench.all(network, "mastodon")
    assert [(call.key, call.attempt) for call in network.removed] == [(claimed.call.key, 2)]
    assert removals(store, edition)[0].state == "sent"


def test_a_withdrawal_without_an_answer_is_said_again_and_never_asked_about(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    network = Network(POSTED, removals=[NO_ANSWER, NO_ANSWER, SENT], asked_for=timedelta(days=1))
    bench.all(network, "mastodon")
    withdraw(store, edition)
    for _ in range(5):
        bench.all(network, "mastodon")
        bench.later(minutes=2)
    assert len({call.key for call in network.removed}) == 1
    assert [call.attempt for call in network.removed] == [1, 2, 3]
    assert network.questions == []
    assert removals(store, edition)[0].state == "sent"


def test_after_a_day_without_an_answer_it_is_left_to_a_person(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    network = Network(POSTED, removals=[NO_ANSWER] * 9)
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    bench.later(hours=25)
    bench.all(network, "mastodon")
    assert len(network.removed) == 1
    assert removals(store, edition)[0].state == "unknown"
    network.removals.clear()
    withdraw(store, edition, now=bench.clock())  # who says it again
    bench.all(network, "mastodon")
    assert len(network.removed) == 2
    assert removals(store, edition)[0].state == "sent"


def test_one_that_is_put_off_is_tried_again_and_keeps_its_notes(store, edition, bench):
    post(store, edition, message=Post(("one",)))

    def put_off(call, journal):
        journal.note("gone 1", {"is_gone": True})
        return UNREACHABLE

    seen = []
    network = Network(POSTED, removals=[put_off, lambda call, journal: seen.append(journal.noted("gone 1")) or SENT])
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    bench.later(minutes=10)
    bench.all(network, "mastodon")
    assert seen == [{"is_gone": True}]


def test_neither_the_number_of_a_day_nor_quiet_hours_keep_it_and_it_costs_no_place(store, edition):
    bench = Bench(store, Channel("mastodon", "told", per_day=1))
    post(store, edition, message=Post(("one",)))
    other = post(store, add_edition(store, "2026-11-25T07:00"), message=Post(("two",)))
    network = Network(POSTED)
    bench.all(network, "mastodon")  # its one of the day
    bench.rules["mastodon"] = Channel("mastodon", "told", per_day=2, quiet=(time(6), time(8)))
    withdraw(store, edition)
    bench.all(network, "mastodon")
    assert (len(network.calls), len(network.removed)) == (1, 1)
    bench.later(hours=2)
    bench.all(network, "mastodon")
    assert books(store, other) == {"sent": 1}


def test_the_one_call_that_goes_first_after_a_rest_may_be_a_withdrawal(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    network = Network(POSTED, removals=[UNREACHABLE] * 5)
    bench.all(network, "mastodon")
    withdraw(store, edition)
    for _ in range(12):
        bench.all(network, "mastodon")
        bench.later(minutes=15)
    assert removals(store, edition)[0].state == "sent"


def test_a_post_under_way_is_taken_down_once_it_stands(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    dispatch.begin(store, bench.desk, claimed)
    withdraw(store, edition)
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    assert (removals(store, edition), withdrawing_now(store)) == ([], {edition})
    dispatch.record_answer(store, bench.desk, claimed, POSTED)
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    assert [each.parts for each in removals(store, edition)] == [("m1",)]
    assert withdrawing_now(store) == set()
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    assert len(removals(store, edition)) == 1


def test_one_that_certainly_did_not_leave_is_cancelled(store, edition, bench):
    send = post(store, edition, message=Post(("one",)))
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    dispatch.begin(store, bench.desk, claimed)
    withdraw(store, edition)
    dispatch.record_answer(store, bench.desk, claimed, UNREACHABLE)
    assert books(store, send) == {"cancelled": 1}
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    assert (removals(store, edition), withdrawing_now(store)) == ([], set())


def test_a_doubtful_post_is_not_said_again_but_asked_about_and_then_taken_down(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    network = Network(NO_ANSWER, POSTED, keys=timedelta(hours=1), asked_for=timedelta(days=1))
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.later(minutes=1)
    bench.all(network, "mastodon")
    assert len(network.calls) == 1
    bench.later(minutes=30)
    bench.all(network, "mastodon")
    assert len(network.questions) == 1
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    assert [each.parts for each in removals(store, edition)] == [("m1",)]


def test_a_closed_edition_stays_closed_and_nothing_failed_of_it_goes_out_again(store, edition, bench):
    good, bad = post(store, edition, "mastodon", Post(("one",))), post(store, edition, "telegram", Post(("one",)))
    bench.all(Network(POSTED), "mastodon")
    bench.all(Network(Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "no"))), "telegram")
    settle.settle_finished(store, now=NOW)
    withdraw(store, edition)
    with store.read() as conn:
        row = editions.get(conn, edition)
        states = {number: sends.get(conn, number)["state"] for number in (good, bad)}
    assert (row["state"], row["reason"]) == ("closed", "withdrawn by cli:ada: wrong name")
    assert states == {good: "done", bad: "cancelled"}
    assert books(store, bad) == {"failed": 1}


def test_withdrawing_twice_makes_nothing_twice(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    bench.all(Network(POSTED), "mastodon")
    withdraw(store, edition)
    withdraw(store, edition)
    assert len(removals(store, edition)) == 1


def test_what_was_refused_is_tried_again_by_the_next_withdrawal(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    network = Network(POSTED, removals=[Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "no"))])
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    settle.settle_finished(store, now=NOW)
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    bench.all(network, "mastodon")
    assert [each.state for each in removals(store, edition)] == ["failed"]  # not by itself
    withdraw(store, edition)
    bench.all(network, "mastodon")
    assert [each.state for each in removals(store, edition)] == ["sent"]
    with store.read() as conn:
        assert editions.get(conn, edition)["state"] == "cancelled"


def test_cancelling_gives_a_withdrawal_up_and_a_person_may_want_it_anew(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    bench.all(Network(POSTED), "mastodon")
    withdraw(store, edition)
    stopping.cancel_edition(store, edition, reason="given up", now=NOW)
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    assert [each.state for each in removals(store, edition)] == ["cancelled"]
    withdraw(store, edition)
    assert [(each.number, each.state) for each in removals(store, edition)] == [(1, "cancelled"), (2, "pending")]


def test_a_stopped_channel_hands_no_withdrawal_on(store, edition):
    bench = Bench(store, Channel("mastodon", "told", fallback="second"), Channel("second", "told"))
    post(store, edition, message=Post(("one",)))
    forbidden = Answer(Verdict(Outcome.REFUSED, Scope.ACCOUNT, "HTTP 401"), status=401)
    network = Network(POSTED, removals=[forbidden])
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    (made,) = removals(store, edition)
    assert (made.channel, made.send_state) == ("mastodon", "paused")
    assert "HTTP 401" in made.reason


def test_a_failing_channel_keeps_its_withdrawals_and_is_not_busy_with_them(store, edition):
    bench = Bench(store, Channel("mastodon", "told", fallback="second"), Channel("second", "told"))
    post(store, edition, message=Post(("one",)))
    network = Network(POSTED, removals=[UNREACHABLE] * 20)
    bench.all(network, "mastodon")
    withdraw(store, edition)
    for _ in range(5):
        bench.all(network, "mastodon")
        bench.later(minutes=1)
    bench.clock.moment -= timedelta(seconds=59)
    assert not bench.once(network, "mastodon")
    assert removals(store, edition)[0].channel == "mastodon"


def test_the_lease_of_a_withdrawal_is_as_of_any_call(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    bench.all(Network(POSTED), "mastodon")
    withdraw(store, edition)
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    with store.read() as conn:
        assert calls.get(conn, claimed.call.id)["lease_until"] == NOW + TIMING.lease


@pytest.mark.parametrize(
    ("again", "noted"),
    [
        (UNREACHABLE, {"chat": "b"}),  # nothing stands under the first
        (NO_ANSWER, {"chat": ""}),  # it may stand under either
    ],
)
def test_who_posted_is_noted_by_every_try(store, edition, bench, again, noted):
    post(store, edition, message=Post(("one",)))
    network = Network(again, POSTED, keys=timedelta(days=1))
    for chat in ("a", "b"):
        network.account = {"chat": chat}
        bench.all(network, "mastodon")
        bench.later(minutes=10)
    with store.read() as conn:
        (stands,) = withdrawals.posted(conn, edition)
    assert (stands.parts, stands.account) == (("m1",), noted)


def test_a_deletion_is_not_said_under_another_account(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    network = Network(POSTED, removals=[NO_ANSWER])
    network.account = {"chat": "a"}
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    network.account = {"chat": "b"}
    bench.later(minutes=2)
    bench.all(network, "mastodon")
    assert len(network.removed) == 1
    assert removals(store, edition)[0].reason.startswith("`chat` has changed")


def test_a_thread_under_way_is_taken_down_as_a_whole_when_it_has_ended(store, edition, bench):
    post(store, edition)
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    dispatch.begin(store, bench.desk, claimed)
    journal = dispatch.StoreJournal(store, claimed.call.id)
    journal.note("part 1", {"id": "m1", "url": "u1"})
    withdraw(store, edition)
    assert removals(store, edition) == []
    for number in (2, 3):
        journal.note(f"part {number}", {"id": f"m{number}", "url": ""})
    dispatch.record_answer(store, bench.desk, claimed, Answer(Verdict(Outcome.SENT, provider_id="m1")))
    withdrawing.finish_withdrawing(store, MEANS, now=NOW)
    assert [each.parts for each in removals(store, edition)] == [("m1", "m2", "m3")]


def test_a_withdrawal_that_is_tried_again_opens_no_edition(store, edition, bench):
    post(store, edition, message=Post(("one",)))
    network = Network(POSTED, removals=[Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "no"))])
    bench.all(network, "mastodon")
    settle.settle_finished(store, now=NOW)
    for _ in range(2):
        withdraw(store, edition)
        with store.read() as conn:
            assert editions.get(conn, edition)["state"] == "closed"
        bench.all(network, "mastodon")
        settle.settle_finished(store, now=NOW)
    assert [each.state for each in removals(store, edition)] == ["sent"]


def test_an_account_that_rests_takes_its_posts_down_all_the_same(store, bench, edition):
    """Networks count deletions by themselves, and a wrong post can't stand for a day."""
    post(store, edition)
    last = replace(POSTED, rest=Rest(NOW + timedelta(hours=20)))
    network = Network(last, removals=[NO_ANSWER])
    network.counted_as = "gazette"
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    bench.later(minutes=1)
    bench.all(network, "mastodon")
    assert len(network.removed) == 2
    assert removals(store, edition)[0].state is DeliveryState.SENT


def test_practice_takes_nothing_real_down_and_what_waited_goes_on_after_it(store, bench, edition):
    post(store, edition)
    network = Network(POSTED)
    bench.all(network, "mastodon")
    withdraw(store, edition)
    for _ in range(2):
        withdrawing.heed_practice(store, is_practice=True, is_current=lambda _: True, now=NOW)
    bench.all(network, "mastodon")
    (waits,) = removals(store, edition)
    assert (network.removed, waits.state) == ([], DeliveryState.PENDING)
    released = holding.release_edition(store, edition, now=NOW)
    with store.write() as conn:
        holding.hold_practice(conn, NOW)
        row = sends.get(conn, waits.send_id)
    assert (released.going_on, row["state"], [reason["check"] for reason in row["reasons"]]) == (
        (),
        "paused",
        [send_reasons.IN_PRACTICE],
    )
    bench.later(days=9)
    # Another process has accepted a file that practises, and we go by the one before it.
    withdrawing.heed_practice(store, is_practice=False, is_current=lambda _: False, now=bench.clock())
    bench.all(network, "mastodon")
    assert network.removed == []
    withdrawing.heed_practice(store, is_practice=False, is_current=lambda _: True, now=bench.clock())
    bench.all(network, "mastodon")
    assert len(network.removed) == 1
    assert removals(store, edition)[0].state is DeliveryState.SENT


def test_a_withdrawal_without_an_answer_is_not_said_again_by_practice(store, bench, edition):
    post(store, edition)
    network = Network(POSTED, removals=[NO_ANSWER])
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    practice = Network()
    practice.is_practice = True
    bench.later(minutes=1)
    bench.all(practice, "mastodon")
    assert (practice.removed, removals(store, edition)[0].state) == ([], DeliveryState.UNKNOWN)
    bench.later(minutes=10)
    bench.all(network, "mastodon")
    assert (len(network.removed), removals(store, edition)[0].state) == (2, DeliveryState.SENT)


def test_a_sender_that_takes_nothing_down_is_no_practice_and_says_so(store, bench, edition):
    post(store, edition)
    network = Network(POSTED, removals=[NO_ANSWER, Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "nothing goes"))])
    bench.all(network, "mastodon")
    withdraw(store, edition)
    bench.all(network, "mastodon")
    network.takes_down = False
    bench.later(minutes=1)
    bench.all(network, "mastodon")
    assert removals(store, edition)[0].state is DeliveryState.FAILED


def test_what_takes_no_more_deletions_is_told_of_none_before_it_does(store, bench, edition):
    other = add_edition(store, "other")
    for each in (edition, other):
        post(store, each)
    until = NOW + timedelta(minutes=7)
    too_many = Answer(Verdict(Outcome.DEFERRED, reason="HTTP 429", until=until), status=429, rest=Rest(until))
    network = Network(POSTED, POSTED, removals=[too_many])
    network.counted_as = "gazette"
    bench.all(network, "mastodon")
    for each in (edition, other):
        withdraw(store, each)
    bench.all(network, "mastodon")
    assert len(network.removed) == 1
    bench.later(minutes=7)
    bench.all(network, "mastodon")
    assert [removals(store, each)[0].state for each in (edition, other)] == [DeliveryState.SENT] * 2
