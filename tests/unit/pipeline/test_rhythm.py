"""When a source is asked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.errors import PublisherError, SourceError
from publisher.model.article import Reading
from publisher.model.project import Source
from publisher.model.source import Manners
from publisher.pipeline import rhythm
from tests.ledger import NOW

SITE = Source("site", "feed", "https://harbor.example/feed", every=timedelta(minutes=5))
MINUTE = timedelta(minutes=1)
REFUSED = SourceError("is not there", status=404)
DOWN = SourceError("nothing answers")
ROW = {
    **dict.fromkeys(("stopped_at", "not_before", "next_poll_at", "error", "whole_at", "moved_to", "moved_at")),
    "place": rhythm.place_of(SITE),
    "rhythm": SITE.every // timedelta(microseconds=1),
    "moved_times": 0,
}


def test_a_source_is_asked_at_its_own_rhythm_and_a_little_later_by_chance():
    assert rhythm.after_good(SITE, Manners(), NOW, 0.0).next_poll_at == NOW + 5 * MINUTE
    latest = rhythm.after_good(SITE, Manners(), NOW, 1.0)
    assert latest.next_poll_at == NOW + 5.5 * MINUTE
    assert latest.why == ""


def test_a_rest_that_is_asked_for_is_kept_and_named():
    turn = rhythm.after_good(SITE, Manners(timedelta(hours=1), "ttl"), NOW, 0.0)
    assert turn.next_poll_at == NOW + 60 * MINUTE
    assert turn.why == "it asks for 60 min between two polls (ttl)"
    assert rhythm.after_good(SITE, Manners(MINUTE, "ttl"), NOW, 0.0).next_poll_at == NOW + 5 * MINUTE


def test_hours_and_days_that_are_to_be_skipped_are():
    manners = Manners(skip_hours=frozenset({7, 8}), skip_days=frozenset({2}))  # NOW is a Tuesday, 07:00
    turn = rhythm.after_good(SITE, manners, NOW, 0.0)
    assert turn.next_poll_at == NOW.replace(hour=9)
    assert "skipHours" in turn.why
    late = rhythm.after_good(SITE, manners, NOW.replace(hour=23, minute=57), 0.0)
    assert late.next_poll_at == NOW.replace(day=26, hour=0)


@pytest.mark.parametrize(("error", "most"), [(DOWN, timedelta(hours=1)), (REFUSED, timedelta(days=1))])
def test_after_each_failure_the_wait_doubles_up_to_a_bound(error: PublisherError, most: timedelta):
    waits = [rhythm.after_bad(SITE, failures, error, NOW, 0.0).next_poll_at - NOW for failures in range(12)]
    assert waits[:3] == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE]
    assert waits[-1] == most
    assert rhythm.after_bad(SITE, 500, error, NOW, 0.0).next_poll_at - NOW == most


def test_a_rhythm_slower_than_the_bound_stays_as_it_is():
    weekly = replace(SITE, every=timedelta(days=7))
    assert rhythm.after_bad(weekly, 3, DOWN, NOW, 0.0).next_poll_at == NOW + timedelta(days=7)


def test_a_file_of_this_machine_is_looked_at_as_ever():
    for source in (replace(SITE, location="feed.xml"), Source("desk", "folder", "articles")):
        assert rhythm.after_bad(source, 9, SourceError("no such file"), NOW, 0.0).next_poll_at == NOW + 5 * MINUTE


def test_who_asks_to_be_left_alone_is_left_alone_by_editions_too():
    busy = SourceError("asks for fewer questions", status=429, retry_after=timedelta(hours=2))
    turn = rhythm.after_bad(SITE, 0, busy, NOW, 0.0)
    assert (turn.next_poll_at, turn.not_before) == (NOW + 120 * MINUTE, NOW + 120 * MINUTE)
    assert "2 h (Retry-After)" in turn.why
    row = {**ROW, "not_before": turn.not_before, "error": str(busy)}
    assert rhythm.may_not(row, SITE, NOW + MINUTE) == str(busy)
    assert rhythm.may_not(row, SITE, NOW + 121 * MINUTE) == ""
    assert not rhythm.is_due({**row, "next_poll_at": NOW}, SITE, NOW + MINUTE)


def test_what_is_gone_is_asked_no_more_until_its_address_is_another():
    turn = rhythm.after_bad(SITE, 0, SourceError("is gone for good", status=410), NOW, 0.0)
    assert turn.next_poll_at is None
    assert turn.stopped == "is gone for good"
    row = {**ROW, "stopped_at": NOW, "error": turn.stopped}
    assert not rhythm.is_due(row, SITE, NOW + timedelta(days=9))
    assert rhythm.may_not(row, SITE, NOW) == turn.stopped
    elsewhere = replace(SITE, location="https://harbor.example/new-feed")
    assert rhythm.is_due(row, elsewhere, NOW)
    assert rhythm.may_not(row, elsewhere, NOW) == ""


def test_a_turn_has_come_when_it_is_time_or_its_rhythm_was_changed_or_a_clock_was_wrong():
    row = {**ROW, "next_poll_at": NOW}
    assert rhythm.is_due(None, SITE, NOW)
    assert rhythm.is_due(row, SITE, NOW)
    assert not rhythm.is_due(row, SITE, NOW - MINUTE)
    assert rhythm.is_due(row, replace(SITE, every=MINUTE), NOW - MINUTE)
    assert rhythm.is_due({**row, "next_poll_at": NOW + timedelta(days=400)}, SITE, NOW)
    assert not rhythm.is_due(row, replace(SITE, kind="push"), NOW)


def test_once_a_day_the_whole_is_asked_for():
    assert rhythm.asks_whole(ROW, SITE, NOW)
    assert not rhythm.asks_whole({**ROW, "whole_at": NOW - timedelta(hours=23)}, SITE, NOW)
    assert rhythm.asks_whole({**ROW, "whole_at": NOW - timedelta(hours=25)}, SITE, NOW)
    assert rhythm.asks_whole({**ROW, "whole_at": NOW + timedelta(days=1)}, SITE, NOW)
    assert rhythm.asks_whole({**ROW, "whole_at": NOW, "place": "elsewhere"}, SITE, NOW)


def moved(row, to, now, source=SITE):
    move = rhythm.move_after(row, source, Reading(moved_to=to), now)
    return {**row, "moved_to": move.to, "moved_times": move.times, "moved_at": move.at}


def test_three_days_of_the_same_move_are_believed():
    row, new = ROW, "https://harbor.example/rss"
    for hours in (0, 1, 25, 26, 30, 50):
        assert rhythm.address_of(row, SITE) is None
        row = moved(row, new, NOW + timedelta(hours=hours))
    assert row["moved_times"] == 3
    assert rhythm.address_of(row, SITE) == new
    row = moved(row, None, NOW + timedelta(hours=60))  # asked at its new address it moves no further
    assert rhythm.address_of(row, SITE) == new


def test_a_move_that_is_taken_back_or_leads_elsewhere_counts_anew():
    row = moved(ROW, "https://harbor.example/a", NOW)
    assert moved(row, None, NOW)["moved_to"] is None
    again = moved(row, "https://harbor.example/b", NOW + timedelta(days=2))
    assert (again["moved_to"], again["moved_times"]) == ("https://harbor.example/b", 1)


def test_where_the_address_holds_a_secret_its_moves_are_not_written_down():
    secret = replace(SITE, location="https://harbor.example/feed?key=${KEY}")
    assert moved(ROW, "https://harbor.example/rss?key=hush", NOW, secret)["moved_to"] is None
