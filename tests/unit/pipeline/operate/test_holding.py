"""Hold and release."""

from __future__ import annotations

from datetime import timedelta
from threading import Event, Thread, Timer

import pytest
from sqlalchemy import text

from publisher.errors import StoreError
from publisher.model.call import Outcome, Verdict
from publisher.model.states import SendState
from publisher.pipeline import address, dispatch, settle
from publisher.pipeline.operate import holding, stopping
from publisher.store import calls, channels, facts, sends
from tests.ledger import NOW, POST, Clock, add_edition, add_send, books, desk

LATER = NOW + timedelta(hours=3)
CHANNEL = {"check": "channel", "blocks": True, "what": "bad key", "remedy": "Mend it"}
CHECK = {"check": "too-long", "blocks": True, "what": "the post is too long", "remedy": "Shorten it"}


def hold(store, edition, why=""):
    return holding.hold_edition(store, edition, actor="cli:ada", why=why, now=NOW)


def reasons(store, send):
    with store.read() as conn:
        return [reason["what"] for reason in sends.get(conn, send)["reasons"]]


def test_an_addressed_send_is_paused_and_nothing_of_it_is_claimed(store, edition, send, state, is_due):
    assert is_due()
    assert hold(store, edition, "wrong name in the lead") == [send]
    assert state(send) == "paused"
    assert not is_due()
    assert reasons(store, send) == ["held by cli:ada: wrong name in the lead"]


def test_a_call_that_was_claimed_before_the_hold_does_not_begin_and_gives_its_readers_back(store, edition, send):
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 2)
    hold(store, edition)
    assert not dispatch.begin(store, place, claimed)
    assert books(store, send) == {"pending": 4}


def test_nothing_is_claimed_while_everything_is_held_not_even_of_what_is_made_later(store, edition, send):
    holding.hold_all(store, actor="cli:ada", why="", now=NOW)
    add_send(store, add_edition(store, "2026-11-25T07:00"))
    assert dispatch.claim(store, desk(store, Clock()), "letters", 10) is None


def test_a_send_that_is_ready_is_held_before_its_audience_is_frozen(store, edition, state):
    with store.write() as conn:
        ready = sends.add(conn, **new_send(edition))
    hold(store, edition)
    assert state(ready) == "held"
    assert not address.record(store, ready, now=NOW)


def test_an_edition_is_held_only_once(store, edition, send):
    assert hold(store, edition) == [send]
    assert hold(store, edition, "again") == []
    assert reasons(store, send) == ["held by cli:ada"]


def test_a_released_send_goes_on_with_its_whole_time(store, edition, send, state, is_due):
    hold(store, edition)
    assert holding.release_edition(store, edition, now=LATER).going_on == (send,)
    assert state(send) == "sending"
    assert is_due()
    with store.read() as conn:
        row = sends.get(conn, send)
    assert row["give_up_at"] == LATER + timedelta(hours=6)
    assert row["reasons"] == []


def test_what_a_check_holds_is_not_released(store, edition, state):
    with store.write() as conn:
        held = sends.add(conn, **(new_send(edition) | {"state": SendState.HELD, "reasons": [CHECK]}))
    assert hold(store, edition) == [held]
    released = holding.release_edition(store, edition, now=NOW)
    assert (released.going_on, released.kept) == ((), (held,))
    assert state(held) == "held"
    assert reasons(store, held) == ["the post is too long"]


def test_a_note_of_the_checks_holds_nothing(store, edition, state):
    note = {**CHECK, "blocks": False}
    with store.write() as conn:
        ready = sends.add(conn, **(new_send(edition) | {"reasons": [note]}))
    hold(store, edition)
    assert holding.release_edition(store, edition, now=NOW).going_on == (ready,)
    assert state(ready) == "ready"


def test_holding_everything_holds_every_open_send_and_says_so_to_those_that_come(store, edition, send, state):
    post = add_send(store, edition, channel="mastodon", lists=(), message=POST)
    assert holding.hold_all(store, actor="cli:ada", why="", now=NOW) == [send, post]
    assert (state(send), state(post)) == ("paused", "paused")
    with store.read() as conn:
        assert facts.held(conn) is not None


def test_releasing_everything_leaves_what_was_held_by_itself(store, edition, send, state):
    other = add_send(store, add_edition(store, "2026-11-25T07:00"))
    hold(store, edition)
    holding.hold_all(store, actor="cli:ben", why="", now=NOW)
    released = holding.release_all(store, now=NOW)
    assert (released.going_on, released.kept) == ((other,), (send,))
    assert (state(send), state(other)) == ("paused", "sending")
    assert reasons(store, send) == ["held by cli:ada"]
    with store.read() as conn:
        assert facts.held(conn) is None


def test_one_edition_is_not_released_while_everything_is_held(store, edition, send, state):
    holding.hold_all(store, actor="cli:ben", why="", now=NOW)
    assert holding.release_edition(store, edition, now=NOW).kept == (send,)
    assert state(send) == "paused"


def test_what_has_ended_is_not_held(store, edition, send):
    with store.write() as conn:
        sends.move(conn, send, SendState.CANCELLED)
    assert hold(store, edition) == []
    assert books(store, send) == {"pending": 4}


def test_who_holds_an_edition_is_known_before_its_sends_are_made(store, edition):
    hold(store, edition, "not yet")
    with store.read() as conn:
        assert facts.held_edition(conn, edition).why == "not yet"
    holding.release_edition(store, edition, now=NOW)
    with store.read() as conn:
        assert facts.held_edition(conn, edition) is None


def new_send(edition):
    return {
        "edition_id": edition,
        "entry": "mastodon",
        "kind": "regular",
        "number": 1,
        "channel": "mastodon",
        "audience": [],
        "priority": 2,
        "state": SendState.READY,
        "reasons": [],
        "made_at": NOW,
        "give_up_after": timedelta(hours=6) // timedelta(microseconds=1),
        "actor": "test",
    }


# --- while others hold the rows ---------------------------------------------------------------------------------------


@pytest.fixture
def frozen(store, send):
    """Lock the edition and the send, as the freezing of a large audience does; return what lets them go."""
    if store.where.endswith(".db"):
        pytest.skip("does not apply: on SQLite a writer waits for its turn: nothing is given up")
    locked, done = Event(), Event()

    def addressing():
        with store.write() as conn:
            sends.lock_with_edition(conn, send)
            locked.set()
            while not done.wait(0.2):
                conn.execute(text("select 1"))  # at work all the time

    thread = Thread(target=addressing)
    thread.start()
    locked.wait(5)
    yield done.set
    done.set()
    thread.join()


def after(seconds, let_go):
    timer = Timer(seconds, let_go)
    timer.start()


@pytest.mark.parametrize("everything", [False, True])
def test_a_hold_stands_at_once_and_marks_its_sends_when_it_can(store, edition, send, state, frozen, everything):
    after(2.5, frozen)
    if everything:
        assert holding.hold_all(store, actor="cli:ada", why="", now=NOW) == [send]
    else:
        assert hold(store, edition) == [send]
    assert state(send) == "paused"


def test_a_hold_that_cannot_mark_its_sends_in_time_says_which(store, edition, send, state, frozen, monkeypatch):
    monkeypatch.setattr(holding, "MARKING", 0.0)
    with pytest.raises(StoreError, match=rf"edition {edition} is held and no call begins.*not marked so yet: {send} "):
        hold(store, edition)
    with store.read() as conn:
        assert facts.held_edition(conn, edition) is not None
    frozen()


def test_release_and_cancel_wait_too(store, edition, send, state, frozen):
    after(2.5, frozen)
    assert stopping.cancel_edition(store, edition, reason="withdrawn", now=NOW) == 4
    assert state(send) == "cancelled"


def test_no_call_of_a_held_edition_begins_though_its_sends_are_not_marked_yet(store, edition, send, state):
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 2)
    with store.write() as conn:
        facts.hold_edition(conn, edition, actor="cli:ada", why="", now=NOW)
    assert not dispatch.begin(store, place, claimed)
    assert books(store, send) == {"pending": 4}
    assert holding.finish_holding(store) == [send]
    assert state(send) == "paused"
    assert holding.finish_holding(store) == []


def test_a_channel_that_is_mended_sends_again_and_so_does_what_was_paused_for_it(store, send, state):
    with store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=NOW)
        sends.pause_for(conn, send, "letters", "bad key")
    assert holding.release_channel(store, "letters", now=NOW).going_on == (send,)
    assert state(send) == "sending"
    with store.read() as conn:
        assert not channels.is_stopped(conn, "letters")
    assert not holding.release_channel(store, "letters", now=NOW).did_something


def test_a_mended_channel_lets_nothing_go_that_a_person_holds(store, edition, send, state):
    with store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=NOW)
        sends.pause_for(conn, send, "letters", "bad key")
    hold(store, edition)
    assert holding.release_channel(store, "letters", now=NOW).kept == (send,)
    assert state(send) == "paused"


def test_a_released_edition_goes_on_but_for_what_waits_for_a_channel_that_is_stopped(store, edition, send, state):
    other = add_send(store, edition, channel="spare")
    hold(store, edition)
    with store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=NOW)
        sends.add_reasons(conn, send, [CHANNEL])
    released = holding.release_edition(store, edition, now=NOW)
    assert (released.going_on, released.kept) == ((other,), (send,))
    assert reasons(store, send) == ["bad key"]
    with store.read() as conn:
        assert channels.is_stopped(conn, "letters")
    assert holding.release_channel(store, "letters", now=NOW).going_on == (send,)
    assert reasons(store, send) == []


def test_who_sends_an_edition_at_once_tries_the_channel_that_is_stopped(store, edition, send, state):
    with store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=NOW)
        sends.pause_for(conn, send, "letters", "bad key")
    holding.hold_all(store, actor="cli:ben", why="", now=NOW)
    assert holding.release_edition(store, edition, now=NOW, try_channels=True).kept == (send,)
    with store.read() as conn:
        assert channels.is_stopped(conn, "letters")
    holding.release_all(store, now=NOW)
    assert holding.release_edition(store, edition, now=NOW, try_channels=True).going_on == (send,)
    with store.read() as conn:
        assert not channels.is_stopped(conn, "letters")


def test_what_a_stop_paused_that_is_over_goes_on_with_its_edition(store, edition, send, state):
    hold(store, edition)
    with store.write() as conn:
        sends.add_reasons(conn, send, [CHANNEL])
    assert holding.release_edition(store, edition, now=NOW).going_on == (send,)
    assert state(send) == "sending"


def test_what_waits_for_a_channel_that_is_gone_is_not_released_until_it_is_back(store, edition, send, state):
    hold(store, edition)
    done = holding.release_edition(store, edition, now=NOW, usable=["others"])
    assert (done.going_on, done.kept) == ((), (send,))
    assert state(send) == "paused"
    [reason] = reasons(store, send)
    assert reason == "there is no channel letters any more"
    assert holding.release_channel(store, "letters", now=NOW, usable=["others"]).kept == (send,)
    assert holding.release_channel(store, "letters", now=NOW, usable=["letters"]).going_on == (send,)
    assert state(send) == "sending"
    assert reasons(store, send) == []


def test_releasing_everything_leaves_what_waits_for_a_channel_that_is_gone(store, edition, send, state):
    settle.pause_without_channel(store, ["others"])
    holding.hold_all(store, actor="cli:ada", why="", now=NOW)
    assert holding.release_all(store, now=NOW, usable=["others"]).kept == (send,)
    assert holding.release_edition(store, edition, now=NOW, usable=["letters"]).going_on == (send,)
    assert state(send) == "sending"


def test_what_is_to_be_done_about_a_lost_channel_names_no_schedule(store, edition, send):
    settle.pause_without_channel(store, ["others"])
    with store.read() as conn:
        [reason] = sends.get(conn, send)["reasons"]
    assert reason["remedy"] == (
        "Put it back into schedules.yaml, then `publisher release --channel letters`;"
        f" or give up what is left: `publisher cancel {edition}`"
    )


def test_a_call_that_practice_left_in_doubt_is_never_said_again(store, send, answered, lines, state):
    answered(Verdict(Outcome.UNKNOWN, reason="no answer came"), limit=3)
    with store.write() as conn:
        holding.hold_practice(conn, NOW)
    (found,) = {line["call_id"] for line in lines("unknown")}
    with store.read() as conn:
        assert calls.get(conn, found)["retry_at"] is None
    assert state(send) == "paused"
