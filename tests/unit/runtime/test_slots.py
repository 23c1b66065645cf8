"""When slots are: nominal local time, nothing twice, nothing dropped."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from publisher.model.daytimes import to_utc
from publisher.model.project import When
from publisher.runtime.slots import slots_after, slots_between

BERLIN = ZoneInfo("Europe/Berlin")
LISBON = ZoneInfo("Europe/Lisbon")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(when: When, after: str, count: int, zone: ZoneInfo = LISBON) -> list[str]:
    return [slot.key for slot in islice(slots_after(when, zone, utc(after)), count)]


def test_a_daily_time_is_the_publications_own_clock_in_summer_and_winter():
    when = When(at=(time(7),))
    assert next(slots_after(when, LISBON, utc("2026-07-01T00:00"))).due_at == utc("2026-07-01T06:00")
    assert next(slots_after(when, LISBON, utc("2026-12-01T00:00"))).due_at == utc("2026-12-01T07:00")


def test_a_slot_that_has_come_is_not_in_the_future():
    when = When(at=(time(7),))
    assert keys(when, "2026-12-01T07:00", 1) == ["2026-12-02T07:00"]


@pytest.mark.parametrize("when", [When(at=(time(2, 30),)), When(cron="30 2 * * *")], ids=["at", "cron"])
def test_a_time_that_the_clock_skips_fires_once_right_after_the_gap(when):
    found = list(islice(slots_after(when, BERLIN, utc("2026-03-28T12:00")), 2))
    assert [(slot.key, slot.due_at) for slot in found] == [
        ("2026-03-29T02:30", utc("2026-03-29T01:00")),
        ("2026-03-30T02:30", utc("2026-03-30T00:30")),
    ]


@pytest.mark.parametrize("when", [When(at=(time(2, 30),)), When(cron="30 2 * * *")], ids=["at", "cron"])
def test_a_time_that_exists_twice_fires_once(when):
    found = slots_between(when, BERLIN, utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))
    assert [(slot.key, slot.due_at) for slot in found] == [("2026-10-25T02:30", utc("2026-10-25T00:30"))]


def test_several_times_inside_one_gap_are_one_slot():
    found = slots_between(When(at=(time(2, 15), time(2, 45))), BERLIN, utc("2026-03-29T00:00"), utc("2026-03-29T12:00"))
    assert [slot.due_at for slot in found] == [utc("2026-03-29T01:00")]


def test_an_interval_keeps_its_rhythm_in_utc_through_the_change():
    when = When(every=timedelta(minutes=30))
    found = slots_between(when, BERLIN, utc("2026-10-24T23:00"), utc("2026-10-25T03:00"))
    assert [slot.due_at for slot in found] == [utc("2026-10-24T23:30") + n * timedelta(minutes=30) for n in range(8)]
    assert found[0].key == "2026-10-24T23:30Z"


def test_days_and_ordinals_mean_what_they_say():
    assert keys(When(at=(time(7),), days=("mon", "fri")), "2026-11-23T12:00", 3) == [
        "2026-11-27T07:00",
        "2026-11-30T07:00",
        "2026-12-04T07:00",
    ]
    assert keys(When(at=(time(7),), days=("first mon",)), "2026-11-23T12:00", 2) == [
        "2026-12-07T07:00",
        "2027-01-04T07:00",
    ]
    assert keys(When(at=(time(7),), days=("last fri",)), "2026-11-23T12:00", 1) == ["2026-11-27T07:00"]


def test_monday_in_cron_is_a_monday_and_both_0_and_7_are_sunday():
    monday = utc("2026-11-30T09:00")
    assert next(slots_after(When(cron="0 9 * * 1"), ZoneInfo("UTC"), utc("2026-11-24T00:00"))).due_at == monday
    for sunday in ("0", "7"):
        due = next(slots_after(When(cron=f"0 9 * * {sunday}"), ZoneInfo("UTC"), utc("2026-11-24T00:00"))).due_at
        assert due == utc("2026-11-29T09:00")


def test_excluded_dates_and_yearly_ranges_have_no_slot():
    when = When(at=(time(7),), excluded=((date(2026, 12, 25), date(2026, 12, 25)), ("08-01", "08-31")))
    assert keys(when, "2026-12-24T12:00", 1) == ["2026-12-26T07:00"]
    assert keys(when, "2027-07-31T12:00", 1) == ["2027-09-01T07:00"]


def test_a_yearly_range_may_span_new_year():
    when = When(at=(time(7),), excluded=(("12-24", "01-06"),))
    assert keys(when, "2026-12-23T12:00", 1) == ["2027-01-07T07:00"]


def test_once_is_once():
    when = When(once=datetime(2026, 11, 24, 7, tzinfo=LISBON))
    assert keys(when, "2026-11-23T00:00", 2) == ["2026-11-24T07:00"]
    assert keys(when, "2026-11-24T07:00", 2) == []


def test_a_nominal_time_outside_any_change_is_itself():
    assert to_utc(datetime(2026, 11, 24, 7), LISBON) == utc("2026-11-24T07:00")  # noqa: DTZ001 -- nominal
