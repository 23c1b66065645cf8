"""How sends stand, and what to type next."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from publisher.app import calls_now, standing
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch
from publisher.pipeline.operate import holding
from tests.ledger import NOW, Clock, add_edition, add_send, desk, subscribe

PERSON = {"check": "person", "blocks": True, "what": "held by cli:ada", "remedy": ""}
EVERYTHING = {"check": "person-all", "blocks": True, "what": "held by cli:ada", "remedy": ""}
CHECK = {"check": "too-long", "blocks": True, "what": "too long", "remedy": "Shorten it"}
LOST = {"check": "lost-channel", "blocks": True, "what": "gone", "remedy": "Put it back"}
CHANNEL = {"check": "channel", "blocks": True, "what": "bad key", "remedy": "Mend it"}


def row(state, *reasons, **counts):
    usual = {"edition_id": 12, "kind": "regular", "state": state, "reasons": list(reasons), "failed": 0, "unknown": 0}
    return {**usual, **counts}


@pytest.mark.parametrize(
    ("found", "command"),
    [
        (row("done"), ""),
        (row("sending", failed=2), ""),
        (row("done", failed=2), "publisher resend 12"),
        (row("done", failed=2, unknown=1), "publisher unknown list --edition 12"),
        (row("done", failed=1, kind="withdrawal"), "publisher withdraw 12"),
        (row("held", CHECK), "publisher send morning --finish"),
        (row("held", CHECK, PERSON), "publisher send morning --finish"),
        (row("held", PERSON), "publisher release 12"),
        (row("paused", CHANNEL, channel="letters"), "publisher release --channel letters"),
        (row("paused", LOST, channel="letters"), "publisher release --channel letters"),
        (row("paused", CHANNEL, EVERYTHING), "publisher release --all"),
    ],
)
def test_each_state_has_its_next_command(found, command):
    assert standing.next_command(found, "morning") == command


def test_of_a_schedule_that_is_gone_no_command_names_it():
    assert standing.known("morning", ["morning"]) == "morning"
    assert standing.next_command(row("held", CHECK), standing.known("morning", ["evening"])) == "publisher cancel 12"


@pytest.fixture
def send(store):
    subscribe(store, 4)
    return add_send(store, add_edition(store))


def begin(store, limit):
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", limit)
    dispatch.begin(store, place, claimed)
    return lambda outcome: dispatch.record_answer(store, place, claimed, Answer(Verdict(outcome, reason="r")))


def test_a_send_says_exactly_who_got_it_and_what_is_left(store, send):
    assert str(standing.sends_of(store, 1)[0]) == "letters to daily: addressed; 0 of 4 got it, 4 not written to yet"
    begin(store, 1)(Outcome.SENT)
    begin(store, 1)(Outcome.UNKNOWN)
    begin(store, 1)
    [found] = standing.sends_of(store, 1)
    assert str(found) == (
        "letters to daily: sending; 1 of 4 got it, 1 under way, 1 not written to yet, 1 may or may not have got it"
    )


def test_calls_under_way_are_named_and_waited_for_a_little(store, send):
    answer = begin(store, 3)
    [call] = calls_now.of_edition(store, 1)
    assert (call.channel, call.readers, call.since) == ("letters", 3, NOW)
    assert calls_now.wait_for(store, [call], patience=0.0) == [call]
    assert calls_now.wait_for(store, [call], pause=lambda _: answer(Outcome.SENT)) == []


def test_what_waits_for_a_person_is_said_although_nobody_is_addressed_yet(store, send):
    holding.hold_edition(store, 1, actor="cli:ada", why="not yet", now=NOW)
    with store.read() as conn:
        assert standing.waiting_lines(conn, ["morning"]) == {
            1: ["letters is paused: held by cli:ada: not yet (publisher release 1)"]
        }
        assert standing.waiting_lines(conn, ["morning"], {2}) == {}


def test_an_edition_is_called_by_the_publications_clock_to_the_minute():
    zone = ZoneInfo("Europe/Berlin")
    by_hand = "manual:2026-11-24T07:00:00.123456Z"
    assert standing.title(3, "morning", by_hand, zone) == "edition 3 (morning 2026-11-24T08:00)"
    assert standing.title(4, "morning", "2026-11-24T07:00", zone) == "edition 4 (morning 2026-11-24T07:00)"
    assert standing.title(5, "often", "2026-11-24T07:00Z", zone) == "edition 5 (often 2026-11-24T08:00)"
    assert standing.title(6, "new", "article:12", zone) == "edition 6 (new article:12)"
    assert standing.title(7, "breaking", "breaking:12:2", zone) == "edition 7 (breaking article 12)"
    assert standing.title(None, None, None, zone) == "standing mail"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"pending": 1}, "its post is not taken down"),
        ({"taken": 1}, "its post is not taken down"),
        ({"failed": 1}, "its post is not taken down (failed)"),
        ({"unknown": 1}, "its post may or may not be taken down yet"),
        ({"sent": 1}, "its post is taken down"),
    ],
)
def test_a_withdrawal_says_what_became_of_its_post(counts, words):
    numbers = dict.fromkeys(("candidates", "sent", "failed", "unknown", "cancelled", "pending", "taken"), 0) | counts
    found = {"id": 1, "audience": (), "channel": "mastodon", "trial": None, **row("done", kind="withdrawal"), **numbers}
    assert str(standing.send_now(found)) == f"mastodon, withdrawal: done; {words}"
