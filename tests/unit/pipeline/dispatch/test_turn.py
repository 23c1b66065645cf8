"""A thread's turn at the ledger: one commit ends a call and claims the next, and neither can lose the other."""

from __future__ import annotations

import pytest

from publisher.errors import MaybeWrittenError, StoreError
from publisher.pipeline import dispatch
from publisher.pipeline.dispatch import turn
from publisher.pipeline.operate import holding
from publisher.store import calls, facts
from tests.ledger import NOW, add_edition, add_send, books, leave, subscribe
from tests.unit.pipeline.dispatch.conftest import SENT, Told


@pytest.fixture
def send(store, bench):
    """A send to six readers, of whom one has it already, so that the channel's look is fresh."""
    subscribe(store, 6)
    made = add_send(store, add_edition(store))
    assert bench.once(Told(batch=1))
    return made


def counting(store, monkeypatch) -> list[str]:
    """Count the commits from here on."""
    submit, made = store.submit, []

    def counted(work, turn=""):
        made.append(turn)
        return submit(work, turn=turn)

    monkeypatch.setattr(store, "submit", counted)
    return made


def test_a_letter_of_its_own_request_costs_one_commit(store, bench, send, monkeypatch):
    commits = counting(store, monkeypatch)
    sender = Told(batch=1)
    assert bench.once(sender)
    assert len(sender.calls) == 5
    assert len(commits) == 6  # the last one finds nothing more
    assert books(store, send) == {"sent": 6}


def test_many_letters_of_one_request_are_begun_by_a_commit_of_their_own(store, bench, send, monkeypatch):
    commits = counting(store, monkeypatch)
    assert bench.once(Told(batch=2))
    assert books(store, send) == {"sent": 6}
    assert len(commits) == 1 + 3 * 2


def test_a_call_of_one_letter_that_was_said_stands_as_said_when_its_process_dies(store, bench, send):
    def die(_call):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.once(Told(die, batch=1))
    bench.die()
    assert books(store, send) == {"sent": 1, "unknown": 1, "pending": 4}


def test_no_call_of_one_letter_is_begun_that_is_held(store, bench, send):
    def hold(_call):
        holding.hold_all(store, actor="ada", why="a name is wrong", now=NOW)
        return SENT

    sender = Told(hold, batch=1)
    bench.all(sender)
    assert len(sender.calls) == 1
    assert books(store, send) == {"sent": 2, "pending": 4}


def test_readers_who_left_in_a_row_keep_nobody_behind_them_waiting(store, bench, send):
    for number in range(2, 6):  # the first one has it already
        leave(store, f"reader{number}@example.org")
    bench.all(Told(batch=1))
    assert books(store, send) == {"sent": 2, "suppressed": 4}
    assert bench.desk.under_way == set()


def test_a_held_call_of_one_letter_is_no_longer_under_way(store, bench, send):
    with store.write() as conn:
        facts.hold_edition(conn, 1, actor="ada", why="a look", now=NOW)  # the send itself doesn't know yet
    assert not bench.once(Told(batch=1))
    assert books(store, send) == {"sent": 1, "pending": 5}
    assert bench.desk.under_way == set()


@pytest.mark.parametrize("was_written", [True, False])
def test_a_turn_whose_commit_was_cut_leaves_nobody_in_doubt_since_nothing_was_said(
    store, bench, send, monkeypatch, was_written
):
    submit, cuts = store.submit, [1]

    def cut(work, turn=""):
        if not cuts:
            return submit(work, turn=turn)
        cuts.pop()
        if was_written:
            submit(work, turn=turn)
        else:
            with store.rehearsal() as conn:
                work(conn)
        raise MaybeWrittenError("the connection broke while a change was being committed")

    sender = Told(batch=1)
    with monkeypatch.context() as patched:
        patched.setattr(store, "submit", cut)
        with pytest.raises(MaybeWrittenError):
            bench.once(sender)
    assert sender.calls == []
    assert bench.desk.under_way == set()
    bench.die()
    assert books(store, send) == {"sent": 1, "pending": 5}
    bench.later(seconds=1)
    bench.all(sender)
    assert books(store, send) == {"sent": 6}


@pytest.mark.parametrize("error", [RuntimeError("a fault of ours"), StoreError("the database is busy")])
def test_a_claim_that_fails_takes_no_answer_with_it(store, bench, send, monkeypatch, error):
    open_calls, made = turn.open_calls, []

    def fails_at_the_second(*args):
        made.append(args)
        if len(made) == 2:
            raise error
        return open_calls(*args)

    monkeypatch.setattr(turn, "open_calls", fails_at_the_second)
    sender = Told(batch=1)
    assert bench.once(sender)
    assert books(store, send) == {"sent": 2, "pending": 4}
    bench.all(sender)
    assert books(store, send) == {"sent": 6}


def test_an_answer_to_a_call_that_was_taken_over_meanwhile_is_written_down_with_care(store, bench, send):
    """The turn finds the call no longer as it was left; the answer still settles it, since nobody has spoken since."""

    def slow(_call):
        dispatch.take_over(store, lambda _: False, now=NOW)
        return SENT

    sender = Told(slow, batch=1)
    bench.all(sender)
    assert books(store, send) == {"sent": 6}
    with store.read() as conn:
        assert calls.open_ones(conn) == []
