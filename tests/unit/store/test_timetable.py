"""A moment's place among rows that were written in order is found without an index by time."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from publisher.store import sends, timetable
from publisher.store.tables import sends as table
from tests.ledger import NOW, add_edition, open_store
from tests.stores import overheard

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path):
    with closing(open_store(tmp_path)) as opened:
        add_edition(opened)
        yield opened


def write(store, hours: list[int]) -> list[int]:
    common = {"edition_id": 1, "kind": "regular", "number": 1, "channel": "letters", "audience": [], "priority": 4}
    common |= {"state": "done", "reasons": [], "actor": "test"}
    with store.write() as conn:
        return [sends.add(conn, **common, entry=f"e{n}", made_at=NOW + at * HOUR) for n, at in enumerate(hours)]


def first(store, hours: float) -> int:
    with store.read() as conn:
        return timetable.first_since(conn, table, table.c.made_at, NOW + hours * HOUR)


@pytest.mark.parametrize("gone", [[], [1], [2, 3, 4], [5]])
def test_the_first_row_from_a_moment_on_is_found_also_where_rows_are_gone(store, gone):
    hours = [0, 1, 1, 2, 5, 9]
    ids = dict(zip(write(store, hours), hours, strict=True))
    with store.write() as conn:
        conn.execute(table.delete().where(table.c.id.in_([number + 1 for number in gone])))
    left = {number: at for number, at in ids.items() if number - 1 not in gone}
    for asked in (-1, 0, 0.5, 1, 2, 3, 9, 10):
        later = [number for number, at in left.items() if at >= asked]
        found = first(store, asked)
        assert [number for number in left if number >= found] == later


def test_an_empty_table_has_none(store):
    assert first(store, 0) == 1


def test_few_rows_are_looked_up(store):
    write(store, list(range(1_000)))
    with store.read() as conn, overheard(conn) as asked:
        timetable.first_since(conn, table, table.c.made_at, NOW + 700 * HOUR)
    assert len(asked) < 15
