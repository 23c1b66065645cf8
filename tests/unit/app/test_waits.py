"""What a send that is under way waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from publisher.app.status import status_of
from publisher.app.waits import waits
from publisher.cli.status import lines
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch
from publisher.store import channels, limits, sends
from publisher.store.tables import sends as rows
from publisher.store.tables import update_row
from tests.ledger import NOW, Clock, add_edition, add_send, desk, subscribe
from tests.unit.app.test_trouble import PROJECT


def project(**rules):
    letters = replace(PROJECT.channels["letters"], **rules)
    return replace(PROJECT, channels={"letters": letters})


@pytest.fixture
def send(store):
    subscribe(store, 4)
    return add_send(store, add_edition(store))


def said(store, held_to, now=NOW):
    with store.read() as conn:
        found = waits(conn, held_to, now, [sends.get(conn, 1)])
    return [(wait.until, wait.why) for wait in found]


def use(store, day, used):
    with store.write() as conn:
        limits.set_used(conn, limits.daily("letters"), day, used)


def test_what_may_go_now_waits_for_nothing(store, send):
    assert said(store, project()) == []
    assert said(store, project(quiet=(time(22), time(6)), per_day=5)) == []


def test_quiet_hours_are_said_with_their_end(store, send):
    assert said(store, project(quiet=(time(22), time(7, 30)))) == [
        (NOW + timedelta(minutes=30), "quiet hours of letters")
    ]


def test_breaking_news_waits_for_no_quiet_hours(store, send):
    with store.write() as conn:
        update_row(conn, rows, 1, {"priority": sends.BREAKING_FIRST})
    assert said(store, project(quiet=(time(22), time(7, 30)))) == []


def test_in_practice_nothing_waits_for_a_limit(store, send):
    use(store, "2026-11-24", 5)
    assert said(store, replace(project(per_day=5, quiet=(time(22), time(7))), practice=True)) == []


def test_a_day_that_is_used_up_goes_on_tomorrow_and_after_the_quiet_hours(store, send):
    use(store, "2026-11-24", 5)
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    assert said(store, project(per_day=5)) == [(midnight, "letters has sent its 5 of the day")]
    assert said(store, project(per_day=6)) == []
    both = project(per_day=5, quiet=(time(22), time(6)))
    assert said(store, both) == [(midnight + timedelta(hours=6), "quiet hours of letters")]
    use(store, "2026-11-23", 5)
    assert said(store, project(per_day=5)) == []


def test_a_domain_that_warms_up_says_its_number_of_the_day(store, send):
    use(store, "2026-11-24", 50)
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    warming = project(warm_up=timedelta(days=14), per_day=100_000)
    assert said(store, warming) == [(midnight, "letters has sent its 50 of the day")]


def test_a_channel_that_rests_says_until_when_and_why(store, send):
    later = NOW + timedelta(minutes=5)
    with store.write() as conn:
        channels.rest(conn, "letters", failures=5, until=later, reason="no connection")
    assert said(store, project()) == [(later, "letters rests: no connection")]


def test_what_is_tried_again_later_says_so(store, send):
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 4)
    dispatch.begin(store, place, claimed)
    dispatch.record_answer(store, place, claimed, Answer(Verdict(Outcome.DEFERRED, reason="busy")))
    [(until, why)] = said(store, project())
    assert until > NOW
    assert why == "to try again: busy"


def test_what_was_refused_for_good_is_no_reason_to_wait(store, send):
    place = desk(store, Clock())
    for verdict in (Verdict(Outcome.DEFERRED, reason="busy"), Verdict(Outcome.REFUSED, reason="no such mailbox")):
        claimed = dispatch.claim(store, place, "letters", 2)
        dispatch.begin(store, place, claimed)
        dispatch.record_answer(store, place, claimed, Answer(verdict))
    assert [why for _, why in said(store, project())] == ["to try again: busy"]


def test_what_has_ended_waits_for_nothing(store, send):
    with store.write() as conn:
        sends.move(conn, send, sends.SendState.CANCELLED, done_at=NOW)
    assert said(store, project(quiet=(time(0), time(23)))) == []


def test_status_says_until_when_and_why_nothing_goes(store, send):
    found = status_of(store, project(quiet=(time(22), time(7, 30))), NOW)
    [line] = [line for line in lines(found, NOW.tzinfo) if line.startswith("Under way")]
    waits = "waits until 2026-11-24 07:30:00 UTC (quiet hours of letters)"
    assert line == f"Under way: edition 1, letters to daily: {waits}; 0 of 4 got it, 4 not written to yet"


def test_a_withdrawal_waits_for_the_rest_of_deletions_and_for_none_of_posts(store, send):
    sooner, later = NOW + timedelta(minutes=5), NOW + timedelta(hours=20)
    with store.read() as conn:
        row = {**sends.get(conn, send), "kind": sends.WITHDRAWAL}
        found = [
            waits(conn, project(), NOW, [row], {"letters": later}, removals) for removals in ({}, {"letters": sooner})
        ]
    assert [[wait.until for wait in waiting] for waiting in found] == [[], [sooner]]
