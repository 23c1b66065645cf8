"""The number of a row is given once, on both engines: not again when the newest is gone, nor after a restore."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text

from publisher.errors import StoreError
from publisher.store import Connection, numbers, subscribers
from publisher.store.numbers import NUMBERED
from publisher.store.tables import EPOCH, lists
from tests.ledger import NOW

BEYOND = (NOW - EPOCH) // timedelta(microseconds=1)


def next_list(conn: Connection, name: str) -> int:
    return subscribers.ensure_list(conn, name)


def highest(conn: Connection) -> dict[str, int]:
    """Return the highest number that was given, of each table that gives any."""
    if conn.dialect.name == "sqlite":
        return dict(conn.execute(text("SELECT name, seq FROM sqlite_sequence")).all())
    found = "SELECT pg_get_serial_sequence(:table, 'id')::regclass::text"
    names = {table: conn.execute(text(found), {"table": table}).scalar_one() for table in NUMBERED}
    return {table: conn.execute(text(f"SELECT last_value FROM {name}")).scalar_one() for table, name in names.items()}


def test_the_number_of_the_newest_is_not_given_again_when_it_is_gone(store):
    with store.write() as conn:
        first, second = next_list(conn, "a"), next_list(conn, "b")
        conn.execute(delete(lists).where(lists.c.id == second))
        assert next_list(conn, "c") > second > first


def test_every_table_that_gives_numbers_remembers_which_it_gave(store):
    assert set(NUMBERED) > {"deliveries", "subscribers", "lists", "calls", "editions"}
    with store.read() as conn:
        if conn.dialect.name == "sqlite":
            declared = "SELECT name FROM sqlite_master WHERE type = 'table' AND instr(sql, 'AUTOINCREMENT')"
            assert set(conn.execute(text(declared)).scalars()) == set(NUMBERED)
        else:
            assert set(highest(conn)) == set(NUMBERED)


def test_after_a_restore_every_table_goes_on_from_its_microsecond(store):
    with store.write() as conn:
        next_list(conn, "a")
        numbers.leave_out_lost(conn, NOW)
        assert set(highest(conn).values()) == {BEYOND}
        assert next_list(conn, "b") == BEYOND + 1


def test_a_restore_that_is_seen_twice_leaves_out_no_more_than_the_time_between(store):
    """Else the next restore, seen but once, could begin where this one did."""
    with store.write() as conn:
        numbers.leave_out_lost(conn, NOW)
        numbers.leave_out_lost(conn, NOW + timedelta(seconds=1))
        assert set(highest(conn).values()) == {BEYOND + 1_000_000}


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(days=400), EPOCH], ids=["the same", "set back", "reset"])
def test_a_clock_that_stood_still_or_was_set_back_leaves_a_gap_too(store, at):
    with store.write() as conn:
        numbers.leave_out_lost(conn, NOW)
        before = next_list(conn, "a")
        numbers.leave_out_lost(conn, at)
        assert min(highest(conn).values()) >= BEYOND + numbers.GAP
        assert next_list(conn, "b") > before + numbers.GAP


def test_numbers_stay_such_as_json_can_say_for_centuries(store):
    with store.write() as conn:
        numbers.leave_out_lost(conn, datetime(2255, 1, 1, tzinfo=UTC))
        assert next_list(conn, "a") < 2**53
    with store.write() as conn, pytest.raises(StoreError, match="the clock says that it is 2300-01-01"):
        numbers.leave_out_lost(conn, datetime(2300, 1, 1, tzinfo=UTC))
