"""When a send would end, held against the limits themselves on a clock that is moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.hours import day_of
from publisher.model.project import Channel
from publisher.pipeline.dispatch import limits
from publisher.pipeline.dispatch.estimate import Standing, estimate, standing_of
from publisher.store import Store
from publisher.store import limits as rows_of
from tests.ledger import Clock, desk

LISBON, NEW_YORK, UTC_ZONE = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/New_York"), ZoneInfo("UTC")
TUESDAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def of(people: int, batch: int = 1_000, at: datetime = TUESDAY, zone: ZoneInfo = UTC_ZONE, **rules: object):
    return estimate(Channel("letters", "mailgun", **rules), zone, Standing(at), people, batch)


def after(**span: float) -> datetime:
    return TUESDAY + timedelta(**span)


@pytest.mark.parametrize(
    ("people", "rules", "ends_at"),
    [
        (0, {"rate_per_second": 1.0}, TUESDAY),
        (120_000, {}, TUESDAY),
        (120_000, {"rate_per_second": 300.0}, after(seconds=399)),  # a second's worth goes at once
        (120_000, {"rate_per_second": 300.0, "burst": 60_000}, after(seconds=200)),
        (120_000, {"calls_per_second": 1.0}, after(seconds=119)),
        (120_500, {"calls_per_second": 1.0}, after(seconds=120)),
        (120_000, {"calls_per_second": 1.0, "rate_per_second": 100.0}, after(seconds=1199)),
        (120_000, {"per_day": 50_000}, datetime(2026, 11, 26, tzinfo=UTC)),
        (120_000, {"quiet": (time(6), time(9, 30))}, after(hours=2, minutes=30)),
        (36_000, {"rate_per_second": 1.0, "quiet": (time(8), time(6))}, datetime(2026, 11, 29, 6, 59, 59, tzinfo=UTC)),
        (700, {"warm_up": 4 * DAY, "per_day": 800}, datetime(2026, 11, 27, tzinfo=UTC)),
        (1_000, {"per_day": 2}, None),
    ],
)
def test_it_ends_when_the_limits_let_the_last_one_go(people, rules, ends_at):
    found = of(people, **rules).ends_at
    assert found == ends_at or abs(found - ends_at) < timedelta(seconds=0.1)  # steps are whole microseconds


def test_it_says_how_many_go_on_which_day():
    found = of(700, warm_up=4 * DAY, per_day=800)
    assert list(found.days.values()) == [50, 100, 200, 350]
    assert list(found.days) == [date(2026, 11, day) for day in (24, 25, 26, 27)]


def test_what_goes_next_begins_where_the_one_before_left_the_limits():
    rules = Channel("letters", "mailgun", per_day=100)
    first = estimate(rules, UTC_ZONE, Standing(TUESDAY, day=TUESDAY.date(), used=30), 60, 1)
    second = estimate(rules, UTC_ZONE, first.after, 60, 1)
    assert (list(first.days.values()), list(second.days.values())) == ([60], [10, 50])


def test_a_day_of_other_clocks_is_as_long_as_it_is():
    evening = datetime(2026, 10, 24, 22, tzinfo=UTC)  # 23:00 in Lisbon; the next day has 25 hours
    found = of(3, at=evening, zone=LISBON, per_day=1)
    assert found.ends_at == datetime(2026, 10, 26, 0, 0, tzinfo=UTC)
    assert [str(day) for day in found.days] == ["2026-10-24", "2026-10-25", "2026-10-26"]


RATES = st.sampled_from([None, 0.01, 0.07, 0.9, 3.0, 17.0])


@settings(max_examples=15, deadline=None)
@given(
    people=st.integers(1, 40),
    batch=st.sampled_from([1, 7, 50]),
    rate=RATES,
    calls=RATES,
    per_day=st.sampled_from([None, 13, 60]),
    warm_up=st.sampled_from([None, 3 * DAY]),
    quiet=st.sampled_from([None, (time(22), time(7, 30)), (time(3), time(5))]),
    zone=st.sampled_from([LISBON, NEW_YORK]),
    start=st.integers(0, 270 * 24 * 60).map(lambda minutes: datetime(2026, 3, 1, tzinfo=UTC) + minutes * MINUTE),
    used=st.integers(0, 20),
)
def test_it_ends_as_the_limits_themselves_would_have_it(
    rows, people, batch, rate, calls, per_day, warm_up, quiet, zone, start, used
):
    rules = Channel(
        "letters",
        "told",
        rate_per_second=rate,
        calls_per_second=calls,
        per_day=per_day,
        warm_up=warm_up,
        quiet=quiet,
    )
    clock = Clock(start)
    place = replace(desk(rows, clock, process_id=1), rules_of=lambda _: rules, zone=zone)
    with rows.rehearsal() as conn:
        rows_of.set_used(conn, rows_of.daily("letters"), day_of(start, zone), used)
        found = estimate(rules, zone, standing_of(conn, rules, zone, start), people, batch)
        days, ended_at = dispatched(conn, place, people, batch, clock)
    steps = [timedelta(seconds=(limits_burst(each) + 2) / each) for each in (rate, calls) if each]
    assert abs(found.ends_at - ended_at) <= sum(steps, timedelta(seconds=1))
    assert sum(found.days.values()) == sum(days.values()) == people
    if not steps:
        assert found.days == days


def limits_burst(rate: float) -> int:
    return max(1, round(rate + 0.5))


def dispatched(conn, place, people: int, batch: int, clock: Clock) -> tuple[dict[date, int], datetime]:
    """Do what claims do with the limits, until all have gone; return how many went on which day, and when the last."""
    days: dict[date, int] = {}
    left = people
    while left:
        free = min(left, limits.room(conn, place, "letters", batch, 1, clock()))
        if not free:
            assert place.free_at["letters"] > clock()
            clock.moment = place.free_at["letters"]
            continue
        limits.charge(conn, place, "letters", None, list(range(free)), batch, clock())
        today = date.fromisoformat(day_of(clock(), place.zone))
        days[today] = days.get(today, 0) + free
        left -= free
    return days, clock()


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    store = Store.create(tmp_path_factory.mktemp("rows") / "publisher.db")
    yield store
    store.close()
