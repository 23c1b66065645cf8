"""Warming up: a new domain's number of the day grows, is shared by all processes, and starts where it first sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from publisher.model.hours import day_of, next_midnight
from publisher.model.project import Channel
from publisher.model.warming import most_on
from publisher.pipeline.dispatch import limits
from publisher.store import Store
from publisher.store import limits as limits_of
from publisher.store.tables import sends
from tests.ledger import NOW, Clock, add_edition, add_send, books, desk, subscribe
from tests.unit.pipeline.dispatch.conftest import Bench, Told

LISBON, NEW_YORK, SYDNEY = (ZoneInfo(name) for name in ("Europe/Lisbon", "America/New_York", "Australia/Sydney"))
FOUR_DAYS = {"warm_up": timedelta(days=4), "per_day": 800}  # 50, 100, 200, 400, then 800


def bench_with(store, **rules) -> Bench:
    return Bench(store, Channel("letters", "told", **rules))


@pytest.fixture
def send(store):
    subscribe(store, 420)
    return add_send(store, add_edition(store))


def sent_on_each_day(bench, send, days) -> list[int]:
    found = []
    for _ in range(days):
        before = books(bench.store, send).get("sent", 0)
        bench.all(Told())
        found.append(books(bench.store, send)["sent"] - before)
        bench.later(days=1)
    return found


def test_who_does_not_fit_today_goes_tomorrow_and_the_books_balance(store, send):
    bench = bench_with(store, **FOUR_DAYS)
    assert sent_on_each_day(bench, send, 5) == [50, 100, 200, 70, 0]
    assert books(store, send) == {"sent": 420}


def test_it_goes_on_at_midnight_by_the_publications_clock(store, send):
    bench = bench_with(store, **FOUR_DAYS)
    bench.desk = replace(bench.desk, zone=NEW_YORK)  # it is two in the morning there
    bench.all(Told())
    assert bench.desk.free_at["letters"] == next_midnight(NOW, NEW_YORK)
    bench.later(hours=21, minutes=59)
    assert not bench.once(Told())
    bench.later(minutes=1)
    bench.all(Told())
    assert books(store, send)["sent"] == 150


def test_processes_share_the_number_and_the_first_day(store, send):
    for _ in range(3):
        bench_with(store, **FOUR_DAYS).all(Told(batch=20))
    assert books(store, send)["sent"] == 50
    later = bench_with(store, **FOUR_DAYS)
    later.later(days=2)
    later.all(Told())
    assert books(store, send)["sent"] == 250


def test_what_is_urgent_goes_first(store, send):
    with store.write() as conn:
        conn.execute(update(sends).where(sends.c.id == send).values(priority=3))
    subscribe(store, 30, "alerts")
    urgent = add_send(store, add_edition(store, "now"), lists=("alerts",))
    bench_with(store, **FOUR_DAYS).all(Told())
    assert books(store, urgent) == {"sent": 30}
    assert books(store, send) == {"sent": 20, "pending": 400}


@pytest.mark.parametrize(
    ("rules", "sent"),
    [
        ({"warm_up": None, "per_day": None}, 420),  # taken out: all at once
        ({"warm_up": None, "per_day": 300}, 350),
        ({"warm_up": timedelta(days=2), "per_day": 400}, 191),  # shortened: 141 on the second day
        ({"warm_up": timedelta(days=1), "per_day": 800}, 420),  # shortened: it is over
        ({"warm_up": timedelta(days=400), "per_day": 800}, 100),  # longer: 50 on the second day too
        ({"sends_as": "told:other.example", **FOUR_DAYS}, 100),  # another domain begins anew
    ],
)
def test_a_file_that_is_changed_midway_holds_from_then_on(store, send, rules, sent):
    bench = bench_with(store, **FOUR_DAYS)
    bench.all(Told())
    bench.later(days=1)
    bench.rules["letters"] = Channel("letters", "told", **rules)
    bench.all(Told())
    assert books(store, send)["sent"] == sent


def test_a_number_that_is_lowered_below_what_was_sent_lets_nothing_more_go_today(store, send):
    bench = bench_with(store, **FOUR_DAYS)
    bench.all(Told())
    bench.rules["letters"] = Channel("letters", "told", warm_up=timedelta(days=4), per_day=10)
    bench.all(Told())
    assert books(store, send)["sent"] == 50


def test_a_domain_that_comes_back_goes_on_where_it_was(store, send):
    home = Channel("letters", "told", sends_as="told:harbor.example", **FOUR_DAYS)
    bench = Bench(store, home)
    bench.all(Told())
    bench.later(days=1)
    bench.rules["letters"] = replace(home, sends_as="told:other.example")
    bench.all(Told())
    bench.later(days=1)
    bench.rules["letters"] = home
    bench.all(Told())
    assert books(store, send)["sent"] == 50 + 50 + 200


def test_a_first_day_written_by_a_clock_that_was_ahead_is_forgotten(store, send):
    ahead = bench_with(store, **FOUR_DAYS)
    ahead.later(days=3650)
    ahead.all(Told())
    assert sent_on_each_day(bench_with(store, **FOUR_DAYS), send, 3) == [50, 100, 200]


def test_a_clock_that_jumps_ahead_and_back_midway_leaves_the_first_day_alone(store, send):
    bench = bench_with(store, **FOUR_DAYS)
    bench.all(Told())
    bench.later(days=2)
    bench.all(Told())
    bench.later(days=-1)
    bench.all(Told())
    assert books(store, send)["sent"] == 50 + 200 + 100


@settings(max_examples=20, deadline=None)
@given(
    zone=st.sampled_from([LISBON, NEW_YORK, SYDNEY]),
    start=st.integers(0, 270 * 24).map(lambda hours: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours)),
    days=st.integers(1, 20),
    per_day=st.one_of(st.none(), st.integers(1, 3_000)),
    steps=st.lists(st.tuples(st.floats(0.1, 40), st.integers(1, 400)), min_size=1, max_size=25),
)
def test_no_day_has_more_than_its_number_in_any_zone_and_over_any_change_of_clocks(
    rows, zone, start, days, per_day, steps
):
    rules = Channel("letters", "told", warm_up=timedelta(days=days), per_day=per_day, sends_as=f"told:{start}")
    clock = Clock(start)
    place = replace(desk(rows, clock, process_id=1), rules_of=lambda _: rules, zone=zone)
    first = clock().astimezone(zone).date()
    used: dict[str, int] = {}
    with rows.rehearsal() as conn:
        for hours, wanted in steps:
            most = limits_of.number_of(conn, rules, day_of(clock(), zone))
            free = limits.room(conn, place, "letters", wanted, 1, clock())
            today = day_of(clock(), zone)
            assert free == (wanted if most is None else min(wanted, most - used.get(today, 0)))
            if free:
                limits.charge(conn, place, "letters", None, list(range(free)), wanted, clock())
                used[today] = used.get(today, 0) + free
            else:
                assert place.free_at["letters"] == next_midnight(clock(), zone)
            clock.advance(timedelta(hours=hours))
    for day, count in used.items():
        passed = (datetime.fromisoformat(day).date() - first).days
        most = most_on(first + timedelta(days=passed), first, timedelta(days=days), per_day)
        assert most is None or count <= most


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    store = Store.create(tmp_path_factory.mktemp("rows") / "publisher.db")
    yield store
    store.close()
