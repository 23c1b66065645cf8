"""Two subjects: who is tried on which, the decision, and what becomes of the rest, whatever happens in between."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.states import SendState
from publisher.model.subscriber import SubscriptionState
from publisher.model.trial import Trial
from publisher.pipeline import settle, trial
from publisher.pipeline.operate import holding, stopping
from publisher.store import log, messages, schedules, sends, subscribers, trials
from tests.ledger import NOW, add_edition, add_send, books, subscribe
from tests.trials import ENOUGH, HALF, A, B, add_trial, click, fill, trial_of, who_gets
from tests.unit.pipeline.dispatch.conftest import UNREACHABLE, Bench, Told

HOUR = timedelta(hours=1)


@pytest.fixture
def edition(store):
    """An edition with readers enough to try two subjects on a half of them."""
    fill(store)
    return add_edition(store)


@pytest.fixture
def send(store, edition):
    return add_trial(store, edition)


@pytest.fixture
def bench(store, send):
    """A desk that has sent both halves."""
    bench = Bench(store)
    bench.all(Told())
    return bench


def got(sender: Told) -> Counter[str]:
    return Counter({"a": sum(len(c.recipients) for c in sender.calls if c.message.subject == A.subject)}) + Counter(
        {"b": sum(len(c.recipients) for c in sender.calls if c.message.subject == B.subject)}
    )


def test_halves_are_spread_evenly_and_the_rest_waits(store, send):
    places = list(who_gets(store, send).values())
    assert Counter(places) == {"a": 200, "b": 200, "": 400}
    for start in range(0, ENOUGH, 80):
        assert Counter(places[start : start + 80]) == {"a": 20, "b": 20, "": 40}
    assert books(store, send) == {"pending": ENOUGH}
    with store.read() as conn:
        waiting = log.find(conn, log.Filter(send_id=send, limit=ENOUGH))
    assert Counter(row["reason"] for row in waiting) == {"": 400, "waits until two subjects were tried": 400}


def test_not_always_the_same_readers_are_tried(store, edition):
    both = [add_trial(store, edition), add_trial(store, add_edition(store, "2026-11-25T07:00"))]
    first, second = (list(who_gets(store, each).values()) for each in both)
    assert first != second


def test_a_share_goes_on_over_several_lists(store, edition):
    fill(store, "weekly")
    sent_to_both = add_trial(store, edition, replace(HALF, share=30), lists=("daily", "weekly"))
    assert Counter(who_gets(store, sent_to_both).values()) == {"a": 240, "b": 240, "": 1120}


def test_too_few_readers_get_the_first_at_once_and_a_note_says_so(store):
    subscribe(store, 40)
    send = add_trial(store, add_edition(store), Trial())
    assert set(who_gets(store, send).values()) == {"a"}
    with store.read() as conn:
        row = sends.get(conn, send)
        waiting = log.find(conn, log.Filter(send_id=send))
    assert not any(each["reason"] for each in waiting)
    said = "too few readers to try two subjects: twice 4, and fewer than 200 in a half are no measure"
    assert row["reasons"] == [
        {"check": "trial", "blocks": False, "what": f"{said}: everybody gets subject A", "remedy": ""}
    ]
    bench = Bench(store)
    bench.all(Told())
    assert books(store, send) == {"sent": 40}
    settle.settle_finished(store, now=NOW)
    with store.read() as conn:
        assert sends.get(conn, send)["state"] == "done"


def test_the_rest_gets_the_subject_whose_links_were_followed_more(store, send, bench):
    assert books(store, send) == {"sent": 400, "pending": 400}
    click(store, send, a=3, b=5)
    assert trial.go_on(store, now=NOW + HOUR - timedelta(seconds=1)) == 0
    bench.later(hours=1)
    assert trial.go_on(store, now=bench.clock()) == 400
    rest = Told()
    bench.all(rest)
    assert got(rest) == {"b": 400}
    assert books(store, send) == {"sent": ENOUGH}
    found = trial_of(store, send)
    assert (found.winner, found.sent, found.clicks) == ("b", {"a": 200, "b": 200}, {"a": 3, "b": 5})
    assert found.words() == (
        "subject B: B's links were followed more often (A 3 clicks of 200 mails, B 5 clicks of 200 mails)"
    )
    with store.read() as conn:
        assert messages.of_send(conn, send)[1].subject == B.subject


def test_the_time_counts_from_the_first_call_not_from_the_freezing(store, send):
    trial.go_on(store, now=NOW + 30 * HOUR)
    assert not trial_of(store, send).winner
    bench = Bench(store)
    bench.later(hours=30)
    bench.all(Told())
    trial.go_on(store, now=NOW + 30.5 * HOUR)
    assert not trial_of(store, send).winner
    trial.go_on(store, now=NOW + 31 * HOUR)
    assert trial_of(store, send).winner == "a"


def test_a_hold_does_not_use_up_the_time(store, edition, send):
    bench = Bench(store)
    bench.once(Told())
    holding.hold_edition(store, edition, actor="ada", why="", now=NOW)
    trial.go_on(store, now=NOW + 2 * HOUR)
    assert not trial_of(store, send).winner
    holding.release_edition(store, edition, now=NOW + 2 * HOUR, usable=["letters"])
    bench.later(hours=2)
    bench.all(Told())
    trial.go_on(store, now=NOW + 2.9 * HOUR)
    assert not trial_of(store, send).winner
    trial.go_on(store, now=NOW + 3 * HOUR)
    assert trial_of(store, send).winner == "a"


def test_nothing_is_decided_before_everybody_of_the_halves_was_written_to(store, send):
    bench = Bench(store)
    bench.once(Told(batch=20))
    bench.later(hours=1)
    trial.go_on(store, now=bench.clock())
    assert not trial_of(store, send).winner
    bench.all(Told())
    trial.go_on(store, now=bench.clock() + HOUR - timedelta(seconds=1))
    assert not trial_of(store, send).winner
    trial.go_on(store, now=bench.clock() + HOUR)
    assert trial_of(store, send).sent == {"a": 200, "b": 200}


def test_whoever_is_put_off_again_and_again_keeps_nobody_waiting(store, send):
    bench = Bench(store)
    bench.all(Told(*[UNREACHABLE] * 4, batch=100))  # once for each of the halves
    assert books(store, send) == {"pending": ENOUGH}
    trial.go_on(store, now=NOW + HOUR)
    assert trial_of(store, send).winner == "a"


def test_a_decision_stands_though_its_process_died_before_it_carried_it_out(store, send, bench):
    click(store, send, b=1)
    with store.write() as conn:
        known = trials.of(sends.get(conn, send))
        figures = trials.figures(conn, send)
        assert trials.change(conn, send, known, known.decided(figures.sent, figures.clicks, NOW))
    click(store, send, a=50)  # too late: it is decided
    assert trial.go_on(store, now=NOW + HOUR) == 400
    assert trial_of(store, send).clicks == {"a": 0, "b": 1}
    assert trial.go_on(store, now=NOW + HOUR) == 0


def test_of_two_processes_one_decides(store, send, bench):
    with store.read() as conn:
        known = trials.of(sends.get(conn, send))
    none = {"a": 0, "b": 0}
    with store.write() as conn:
        assert trials.change(conn, send, known, known.chosen("b", "chosen by ada", none, none, NOW))
    with store.write() as conn:
        assert not trials.change(conn, send, known, known.decided(none, none, NOW))
    assert trial_of(store, send).winner == "b"


def test_a_person_ends_it_before_its_time(store, send, bench):
    assert trial.choose(store, send, "b", actor="ada", now=NOW)
    assert not trial.choose(store, send, "a", actor="ben", now=NOW)
    assert trial.let_go(store, send, NOW) == 400
    rest = Told()
    bench.all(rest)
    assert got(rest) == {"b": 400}
    assert trial_of(store, send).why == "chosen by ada"


def test_a_clock_that_was_ahead_lets_nobody_go_undecided(store, send, bench):
    with store.write() as conn:
        schedules.pull_back(conn, NOW)
    bench.all(Told())
    assert books(store, send) == {"sent": 400, "pending": 400}


def test_whoever_is_let_in_by_another_list_gets_what_won(store, edition):
    fill(store, "weekly", 1)
    with store.write() as conn:  # a reader of both lists
        number = subscribers.find(conn, "weekly0").id
        daily = subscribers.ensure_list(conn, "daily")
        said = {"basis": "test", "now": NOW, "actor": "test"}
        subscribers.set_subscription(conn, number, daily, SubscriptionState.CONFIRMED, **said)
    first = add_send(store, edition, channel="others", lists=("weekly",))
    second = add_trial(store, edition)
    assert books(store, second) == {"pending": ENOUGH, "excluded": 1}
    bench = Bench(store)
    bench.all(Told())
    trial.choose(store, second, "b", actor="ada", now=NOW)
    trial.let_go(store, second, NOW)
    with store.write() as conn:
        weekly = subscribers.ensure_list(conn, "weekly")
        subscribers.set_subscription(conn, number, weekly, SubscriptionState.LEFT, **said)
    bench.all(Told(), "others")
    settle.settle_finished(store, now=NOW)
    rest = Told()
    bench.all(rest)
    assert (books(store, first), got(rest)) == ({"suppressed": 1}, {"b": 401})


def test_a_cancelled_send_is_decided_by_nobody(store, edition, send, bench):
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    assert books(store, send) == {"sent": 400, "cancelled": 400}
    assert trial.go_on(store, now=NOW + 2 * HOUR) == 0
    assert not trial.choose(store, send, "b", actor="ada", now=NOW)
    assert not trial_of(store, send).winner


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_between_everybody_gets_one_of_the_two_and_the_books_balance(store, edition, seed):
    """Claims, deaths, clicks, holds, a choice or a cancellation in any order."""
    dice = random.Random(seed)
    send = add_trial(store, edition)
    bench, sender = Bench(store), Told(batch=dice.choice([30, 100, 500]))
    halves = {number: variant for number, variant in who_gets(store, send).items() if variant}
    ends_early = dice.choice(["", "", "choose", "cancel"])
    for _ in range(40):
        step = dice.choice(["send", "send", "send", "later", "click", "go_on", "hold", "die"])
        if step == "send":
            bench.once(sender)
        elif step == "later":
            bench.later(minutes=dice.choice([1, 10, 40]))
        elif step == "click":
            click(store, send, **{dice.choice("ab"): 1})
        elif step == "go_on":
            trial.go_on(store, now=bench.clock())
        elif step == "hold":
            holding.hold_edition(store, edition, actor="ada", why="", now=bench.clock())
            bench.once(sender)
            holding.release_edition(store, edition, now=bench.clock(), usable=["letters"])
        elif step == "die":
            bench.die()
            bench = _next(bench)
    if ends_early == "choose":
        trial.choose(store, send, "b", actor="ada", now=bench.clock())
    elif ends_early == "cancel":
        stopping.cancel_edition(store, edition, reason="a mistake", now=bench.clock())
    for _ in range(8):
        bench.all(sender)
        bench.later(hours=1)
        trial.go_on(store, now=bench.clock())
    settle.settle_finished(store, now=bench.clock())
    _check(store, send, sender, halves)


def _next(bench: Bench) -> Bench:
    """Return another process at the same ledger, at the same moment."""
    other = Bench(bench.store)
    other.clock.moment = bench.clock.moment
    return other


def _check(store, send, sender, halves) -> None:
    said = Counter(recipient.delivery_id for call in sender.calls for recipient in call.recipients)
    which = {r.delivery_id: "a" if c.message.subject == A.subject else "b" for c in sender.calls for r in c.recipients}
    with store.read() as conn:
        row = sends.get(conn, send)
    assert set(said.values()) <= {1}
    assert sum(books(store, send).values()) == ENOUGH and row["sent"] == len(said)
    assert all(halves.get(number, variant) == variant for number, variant in which.items())
    rest = {variant for number, variant in which.items() if number not in halves}
    if row["state"] == SendState.CANCELLED:
        assert rest <= {trial_of(store, send).winner}
    else:
        assert (row["state"], len(said), rest) == (SendState.DONE, ENOUGH, {trial_of(store, send).winner})
