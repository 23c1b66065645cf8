"""When sends become due: jitter that every process computes alike, the recall window, and the spacing of posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.model.project import Pick, Schedule, When
from publisher.pipeline import pacing

LISBON = ZoneInfo("Europe/Lisbon")
SLOT = datetime(2026, 11, 24, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def schedule(when: When | None = None, **rules) -> Schedule:
    return replace(Schedule("posts", when or When(), Pick(), ()), **rules)


def due(which: Schedule, *earlier: datetime, slot: str = "2026-11-24T07:00", now: datetime = SLOT) -> datetime:
    return pacing.due_at(which, LISBON, slot=slot, slot_due_at=SLOT, now=now, earlier=earlier)


def test_without_rules_a_send_is_due_at_its_slot_and_a_late_one_at_once():
    assert due(schedule()) == SLOT
    assert due(schedule(), now=SLOT + MINUTE) == SLOT + MINUTE


def test_jitter_is_the_same_in_every_process_other_for_other_slots_and_within_its_bound():
    jitters = [pacing.jitter("posts", f"2026-11-{day:02}T07:00", 10 * MINUTE) for day in range(1, 31)]
    assert jitters == [pacing.jitter("posts", f"2026-11-{day:02}T07:00", 10 * MINUTE) for day in range(1, 31)]
    assert len(set(jitters)) > 25
    assert all(timedelta() <= jitter < 10 * MINUTE for jitter in jitters)
    assert jitters[0] == timedelta(seconds=435)  # a figure that another version must not change: it is in ledgers


def test_what_a_person_sends_now_has_no_jitter():
    assert due(schedule(When(jitter=60 * MINUTE)), slot="manual:x") == SLOT


def test_the_recall_window_begins_when_the_send_is_finished():
    assert due(schedule(When(hold_for=10 * MINUTE)), now=SLOT + 3 * MINUTE) == SLOT + 13 * MINUTE


def test_posts_keep_their_distance_from_the_last_in_the_queue():
    spaced = schedule(pace_every=20 * MINUTE)
    assert due(spaced, SLOT - 60 * MINUTE) == SLOT
    assert due(spaced, SLOT - 5 * MINUTE) == SLOT + 15 * MINUTE
    assert due(spaced, SLOT, SLOT + 20 * MINUTE) == SLOT + 40 * MINUTE


def test_more_than_a_days_number_go_on_the_next_morning():
    spaced = schedule(When(new="article", between=(time(7), time(22))), pace_per_day=2)
    assert due(spaced, SLOT) == SLOT
    assert due(spaced, SLOT, SLOT + MINUTE) == SLOT + timedelta(days=1)
    tomorrow = SLOT + timedelta(days=1)
    full = [SLOT, SLOT, tomorrow, tomorrow]
    assert due(spaced, *full) == SLOT + timedelta(days=2)


def test_a_post_that_would_fall_into_the_night_waits_for_the_morning():
    spaced = schedule(When(new="article", between=(time(7), time(22))), pace_every=60 * MINUTE)
    late = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)
    assert due(spaced, late, now=late) == datetime(2026, 11, 25, 7, tzinfo=UTC)


@pytest.mark.parametrize(("hour", "inside"), [(21, False), (23, True), (3, True), (7, False)])
def test_hours_may_go_over_midnight(hour, inside):
    moment = datetime(2026, 11, 24, hour, 30, tzinfo=UTC)
    assert pacing.is_between(moment, (time(22), time(6)), LISBON) is inside
