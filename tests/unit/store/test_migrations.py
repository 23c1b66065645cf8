"""The migrations and the tables say the same; an unknown schema is refused."""

from __future__ import annotations

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from publisher.errors import StoreError
from publisher.store import Store, migrate
from publisher.store.tables import metadata


def test_migrating_an_empty_file_gives_exactly_the_tables(tmp_path):
    store = Store.create(tmp_path / "ledger.db")
    with store.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


def test_the_newest_migration_is_the_one_that_opening_expects():
    assert migrate.scripts().get_current_head() == migrate.HEAD


def test_opening_a_known_schema_changes_nothing(tmp_path):
    Store.create(tmp_path / "ledger.db").close()
    before = _dump(tmp_path)
    Store.create(tmp_path / "ledger.db").close()
    assert _dump(tmp_path) == before


def _dump(folder) -> list[str]:
    with sqlite3.connect(folder / "ledger.db") as plain:
        return list(plain.iterdump())


def test_a_schema_of_a_later_version_is_refused(tmp_path):
    path = tmp_path / "ledger.db"
    Store.create(path).close()
    with sqlite3.connect(path) as plain:
        plain.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="schema 9999, which this version doesn't know"):
        Store.create(path)


def test_space_of_pruned_rows_can_be_given_back(tmp_path):
    Store.create(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as plain:
        assert plain.execute("PRAGMA auto_vacuum").fetchone() == (2,)
