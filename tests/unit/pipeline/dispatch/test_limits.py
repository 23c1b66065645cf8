"""Rates, daily caps, mail domains and quiet hours: shared by all processes, kept over restarts."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from publisher.model.project import Channel
from publisher.pipeline.dispatch import limits
from publisher.store import sends
from publisher.store.tables import sends as rows
from publisher.store.tables import update_row
from tests.ledger import NOW, add_edition, add_send, books, subscribe
from tests.unit.pipeline.dispatch.conftest import Bench, Told

LISBON, NEW_YORK = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/New_York")


def bench_with(store, **rules) -> Bench:
    return Bench(store, Channel("letters", "told", **rules))


def test_a_rate_lets_its_burst_go_and_then_one_after_the_other(store):
    bench = bench_with(store, rate_per_second=2.0, burst=5)
    subscribe(store, 20)
    send = add_send(store, add_edition(store))
    bench.all(Told())
    assert books(store, send) == {"sent": 5, "pending": 15}
    bench.later(seconds=1)
    bench.all(Told())
    assert books(store, send) == {"sent": 7, "pending": 13}


def test_a_limit_is_shared_and_survives_the_process(store):
    subscribe(store, 20)
    send = add_send(store, add_edition(store))
    for _ in range(3):  # three processes at one moment
        bench_with(store, rate_per_second=1.0, burst=4).all(Told())
    assert books(store, send) == {"sent": 4, "pending": 16}


def test_the_dispatcher_knows_when_a_limit_lets_it_go_on(store):
    bench = bench_with(store, rate_per_second=0.5, burst=1)
    subscribe(store, 3)
    add_send(store, add_edition(store))
    bench.all(Told())
    assert bench.desk.free_at["letters"] == NOW + timedelta(seconds=2)


def test_calls_are_counted_where_the_provider_counts_them(store):
    bench = bench_with(store, calls_per_second=2.0)
    subscribe(store, 20)
    send = add_send(store, add_edition(store))
    bench.all(Told(batch=3))
    assert books(store, send) == {"sent": 6, "pending": 14}


def test_a_daily_cap_starts_anew_at_the_publications_midnight(store):
    bench = bench_with(store, per_day=7)
    subscribe(store, 20)
    send = add_send(store, add_edition(store))
    bench.all(Told())
    assert books(store, send) == {"sent": 7, "pending": 13}
    bench.later(hours=16, minutes=59)
    bench.all(Told())
    assert books(store, send) == {"sent": 7, "pending": 13}
    bench.later(minutes=1)
    bench.all(Told())
    assert books(store, send) == {"sent": 14, "pending": 6}


def test_quiet_hours_let_nothing_go(store):
    bench = bench_with(store, quiet=(time(22), time(7, 30)))  # it is 07:00
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    bench.all(Told())
    assert books(store, send) == {"pending": 3}
    assert bench.desk.free_at["letters"] == NOW + timedelta(minutes=30)
    bench.later(minutes=30)
    bench.all(Told())
    assert books(store, send) == {"sent": 3}


def test_breaking_news_goes_through_quiet_hours_and_not_beyond_the_number_of_a_day(store):
    bench = bench_with(store, quiet=(time(22), time(7, 30)), per_day=2)
    subscribe(store, 3)
    regular, breaking = add_send(store, add_edition(store)), add_send(store, add_edition(store, "breaking:1"))
    with store.write() as conn:
        update_row(conn, rows, breaking, {"priority": sends.BREAKING_FIRST})
        update_row(conn, rows, regular, {"priority": sends.BY_SCHEDULE})
    bench.all(Told(batch=1))
    assert (books(store, breaking), books(store, regular)) == ({"sent": 2, "pending": 1}, {"pending": 3})


def test_a_mail_domain_with_a_limit_waits_while_the_others_go(store):
    bench = bench_with(store, per_domain={"example.org": 2.0})
    subscribe(store, 9)  # all at example.org
    send = add_send(store, add_edition(store))
    sender = Told()
    bench.all(sender)
    assert books(store, send) == {"sent": 2, "pending": 7}
    for second in range(1, 4):
        bench.later(seconds=1)
        bench.all(sender)
        assert books(store, send)["sent"] == 2 + 2 * second
    bench.later(seconds=1)
    bench.all(sender)
    assert books(store, send) == {"sent": 9}
    with store.read() as conn:
        from publisher.store import log

        assert {row["attempts"] for row in log.find(conn, log.Filter(send_id=send))} == {1}


def test_a_domain_without_a_limit_is_not_held_up_by_one_that_has(store):
    bench = bench_with(store, per_domain={"gmail.com": 1.0})
    subscribe(store, 9)
    send = add_send(store, add_edition(store))
    bench.all(Told())
    assert books(store, send) == {"sent": 9}


@given(
    rate=st.floats(0.01, 1000),
    burst=st.integers(1, 500),
    gaps=st.lists(st.floats(0, 60), min_size=1, max_size=40),
)
def test_a_rate_is_never_exceeded_over_any_span(rate, burst, gaps):
    now, free_at, taken = NOW, None, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        allowed, again_at = limits.allowance(free_at, rate, burst, now)
        assert 0 <= allowed <= burst
        if allowed:
            free_at = limits.spend(free_at, rate, burst, allowed, now)
            taken.append((now, allowed))
        else:
            assert again_at > now
    for start, (since, _) in enumerate(taken):
        for until, _ in taken[start:]:
            units = sum(number for moment, number in taken if since <= moment <= until)
            assert units <= burst + rate * (until - since).total_seconds() + 1.01


def test_a_limit_that_was_charged_by_a_clock_years_ahead_holds_nothing_up(store):
    subscribe(store, 20)
    send = add_send(store, add_edition(store))
    ahead = bench_with(store, rate_per_second=1.0, burst=4)
    ahead.later(days=3650)
    ahead.all(Told())
    bench_with(store, rate_per_second=1.0, burst=4).all(Told())
    later = bench_with(store, rate_per_second=1.0, burst=4)
    later.later(seconds=4)
    later.all(Told())
    assert books(store, send) == {"sent": 12, "pending": 8}
