"""When sends become due: jitter that every process computes alike, the recall window, and the spacing of posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
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


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday
ONE = NINE + 4 * HOUR
SLOTS = When(at=(time(9), time(13)), days=("mon", "tue", "wed", "thu", "fri"))


def test_after_a_downtime_what_waits_goes_one_by_one_from_now_on_and_what_is_in_time_keeps_its_moment():
    spaced = schedule(pace_every=20 * MINUTE)
    waiting = [SLOT, SLOT + 20 * MINUTE, SLOT + 8 * HOUR]
    now = SLOT + 6 * HOUR
    assert pacing.respaced(spaced, LISBON, waiting, [], now) == [SLOT, now + 20 * MINUTE, SLOT + 8 * HOUR]
    assert pacing.respaced(spaced, LISBON, waiting, [SLOT - 20 * MINUTE], SLOT) == waiting
    assert pacing.respaced(spaced, LISBON, waiting, [], SLOT + timedelta(seconds=59)) == waiting


def test_the_distance_is_kept_from_what_left_later_than_it_was_due():
    spaced = schedule(pace_every=20 * MINUTE)
    late = SLOT + 30 * MINUTE
    assert pacing.respaced(spaced, LISBON, [SLOT], [late], late + MINUTE) == [late + 20 * MINUTE]


def test_a_days_number_holds_after_a_downtime_too():
    spaced = schedule(When(new="article", between=(time(7), time(22))), pace_per_day=2)
    now = SLOT + DAY + 6 * HOUR
    found = pacing.respaced(spaced, LISBON, [SLOT, SLOT, SLOT + DAY, SLOT + DAY], [], now)
    assert found == [SLOT, SLOT, SLOT + 2 * DAY, SLOT + 2 * DAY]


def test_breaking_news_waits_in_no_queue():
    spaced = schedule(When(hold_for=10 * MINUTE), pace_every=20 * MINUTE)
    assert due(spaced, SLOT + HOUR, slot="breaking:1", now=SLOT + MINUTE) == SLOT + MINUTE


def turn(at: datetime, which: Schedule | None = None) -> pacing.Turn:
    return pacing.Turn(which or schedule(), at)


def test_a_post_has_the_channels_next_slot_that_no_other_has():
    others = [turn(NINE), turn(ONE, replace(schedule(), name="other"))]
    assert pacing.next_slot(SLOTS, LISBON, turn(NINE), []) == NINE
    assert pacing.next_slot(SLOTS, LISBON, turn(NINE + MINUTE), []) == ONE
    assert pacing.next_slot(SLOTS, LISBON, turn(NINE), others) == NINE + DAY
    friday = ONE + 3 * DAY
    assert pacing.next_slot(SLOTS, LISBON, turn(friday + MINUTE), []) == NINE + 6 * DAY


def test_a_schedules_pace_holds_among_a_channels_slots_and_its_hours_do_not():
    daily = schedule(When(new="article", between=(time(20), time(22))), pace_per_day=1)
    assert pacing.next_slot(SLOTS, LISBON, turn(NINE, daily), []) == NINE
    assert pacing.next_slot(SLOTS, LISBON, turn(NINE, daily), [turn(NINE, daily)]) == NINE + DAY
    assert pacing.next_slot(SLOTS, LISBON, turn(NINE, daily), [turn(NINE, replace(daily, name="b"))]) == ONE


def test_a_channel_whose_slots_have_all_been_keeps_nothing_waiting():
    once = replace(SLOTS, excluded=((date(2026, 1, 1), date(2040, 1, 1)),))
    assert pacing.next_slot(once, LISBON, turn(NINE), []) == NINE


def test_the_slot_that_came_last_is_used_late_and_by_one_post_only():
    waiting, now = [turn(NINE), turn(ONE), turn(NINE + DAY)], ONE + HOUR
    assert pacing.reslotted(SLOTS, LISBON, waiting, [], now) == [NINE, NINE + DAY, ONE + DAY]
    assert pacing.reslotted(SLOTS, LISBON, waiting, [turn(ONE)], now) == [NINE + DAY, ONE + DAY, NINE + 2 * DAY]
    assert pacing.reslotted(SLOTS, LISBON, waiting, [turn(NINE - DAY)], NINE) == [NINE, ONE, NINE + DAY]


def test_what_left_late_keeps_the_next_of_its_schedule_waiting_in_a_channels_queue_too():
    slow = schedule(pace_every=24 * HOUR)
    left = ONE - MINUTE  # due at nine
    assert pacing.reslotted(SLOTS, LISBON, [turn(NINE + DAY, slow)], [turn(left, slow)], NINE + DAY) == [ONE + DAY]
