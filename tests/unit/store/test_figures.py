"""Figures are counted in bounded ranges of an index, however many rows the ledger has."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from publisher.store import figures, timetable
from tests.ledger import NOW, add_edition, add_send, open_store, subscribe
from tests.stores import overheard

DAY = timedelta(days=1)
STATEMENTS = {
    "tried": lambda conn: figures.tried(conn, figures.calls_between(conn, NOW - DAY, NOW), figures.HOUR),
    "told_later": lambda conn: figures.told_later(conn, NOW - DAY),
    "sends_begun": lambda conn: figures.sends_begun(conn, NOW - DAY),
    "readers_now": figures.readers_now,
    "came_and_went": lambda conn: figures.came_and_went(conn, NOW - DAY),
    "published": lambda conn: figures.published(conn, {1}),
    "editions_between": lambda conn: timetable.editions_between(conn, ["morning"], NOW, NOW + DAY, limit=10),
    "queued": lambda conn: timetable.queued(conn, NOW, NOW + DAY, limit=10),
    "following": lambda conn: timetable.following(conn, NOW, NOW + DAY, limit=10),
    "sends_of": lambda conn: timetable.sends_of(conn, [1]),
}
SMALL = ("SCAN lists", "SCAN json_each", "SCAN value", "SCAN CONSTANT ROW")


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A ledger on SQLite with a send to a few."""
    with closing(open_store(tmp_path_factory.mktemp("ledger"))) as store:
        subscribe(store, 3)
        add_send(store, add_edition(store))
        yield store


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_whole_table_is_looked_at(used, name):
    with used.read() as conn:
        with overheard(conn) as asked:
            STATEMENTS[name](conn)
        # Without a condition only the first and the last row are asked for.
        said = [(sql, one) for sql, one in asked if "WHERE" in sql]
        plans = [row[3] for sql, one in said for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", one)]
    assert plans
    assert not [line for line in plans if line.startswith("SCAN") and not line.startswith(SMALL)]
