"""Short transactions, and errors in words."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from publisher.errors import StoreError
from publisher.store import Store, sqlite
from publisher.store.tables import facts, schedules


def test_a_write_that_raises_leaves_nothing_behind(tmp_path):
    store = Store.create(tmp_path / "ledger.db")
    with pytest.raises(RuntimeError), store.write() as conn:
        conn.execute(insert(facts).values(name="half", value="done"))
        raise RuntimeError
    with store.read() as conn:
        assert conn.execute(select(facts.c.name).where(facts.c.name == "half")).all() == []


def test_a_naive_time_is_refused(tmp_path):
    store = Store.create(tmp_path / "ledger.db")
    with pytest.raises(Exception, match="without a zone"), store.write() as conn:
        naive = datetime(2026, 11, 24, 7, 0)  # noqa: DTZ001 -- the point of the test
        conn.execute(insert(schedules).values(name="morning", added_at=naive, considered_until=naive))


def test_times_come_back_aware_to_the_microsecond(tmp_path):
    store = Store.create(tmp_path / "ledger.db")
    moment = datetime(2026, 11, 24, 7, 0, 0, 123456, tzinfo=UTC)
    with store.write() as conn:
        conn.execute(insert(schedules).values(name="morning", added_at=moment, considered_until=moment))
        assert conn.execute(select(schedules.c.added_at)).scalar_one() == moment


def test_a_locked_database_is_one_line_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    store = Store.create(tmp_path / "ledger.db")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = r"ledger\.db: another process has held the database .* nothing was lost"
    with pytest.raises(StoreError, match=said), store.write():
        pass
    other.close()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    (tmp_path / "ledger.db").write_text("this is a shopping list, and quite a long one at that\n" * 20)
    with pytest.raises(StoreError, match="no database, or a damaged one"):
        Store.create(tmp_path / "ledger.db")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"Check that .* exists"):
        Store.create(tmp_path / "nowhere" / "ledger.db")
