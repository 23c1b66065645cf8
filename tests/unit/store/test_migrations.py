"""The migrations and the tables say the same; a migration is there wholly or not at all; the unknown is refused."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from publisher.errors import StoreError
from publisher.store import Store, channels, migrate
from publisher.store.address import parse
from publisher.store.tables import metadata
from tests.stores import ENGINES

_NUMBERS = count(1)


@pytest.fixture(params=ENGINES)
def empty(request, tmp_path):
    """Where a database is with nothing in it."""
    if request.param == "sqlite":
        (tmp_path / "ledger.db").touch()  # else it would be a copy
        return tmp_path / "ledger.db"
    return request.getfixturevalue("postgresql").create(f"empty_{next(_NUMBERS)}")


def plain_engine(target):
    """Return an engine that knows nothing of ledgers."""
    return create_engine(parse(target) if isinstance(target, str) else f"sqlite:///{target}")


def differences(conn) -> list:
    """Return where the tables there differ from ours; those of the bells between machines are procrastinate's own."""

    def is_ours(name, kind, parents):
        return kind != "table" or not name.startswith("procrastinate_")

    return compare_metadata(MigrationContext.configure(conn, opts={"include_name": is_ours}), metadata)


def upgraded(target) -> Store:
    """Upgrade a ledger of an earlier version, and open it."""
    store = Store.open(target, to_upgrade=True)
    store.upgrade()
    return store


def run(target, *statements: str) -> None:
    with plain_engine(target).begin() as conn:
        for statement in statements:
            conn.execute(text(statement))


def test_migrating_an_empty_database_gives_exactly_the_tables(empty):
    store = Store.open(empty)
    with store.read() as conn:
        assert differences(conn) == []
    store.close()


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


def test_a_ledger_of_the_first_schema_keeps_what_is_in_it(empty):
    engine = plain_engine(empty)
    migrate.migrate_to(engine, "0001")
    row = "INSERT INTO schedules (name, added_at, considered_until) VALUES ('morning', 1, 2)"
    run(empty, row, "INSERT INTO facts (name, value) VALUES ('mine', 'kept')")
    store = upgraded(empty)
    with store.read() as conn:
        assert conn.execute(text("SELECT name, added_at, reason FROM schedules")).all() == [("morning", 1, None)]
        assert conn.execute(text("SELECT value FROM facts WHERE name = 'mine'")).scalar_one() == "kept"
        assert conn.execute(text("SELECT count(*) FROM facts WHERE name = 'epoch'")).scalar_one() == 1
        assert differences(conn) == []
    store.close()


def test_a_ledger_of_the_second_schema_gains_a_place_for_pictures(empty):
    migrate.migrate_to(plain_engine(empty), "0002")
    run(empty, "INSERT INTO schedules (name, added_at, considered_until) VALUES ('morning', 1, 2)")
    store = upgraded(empty)
    with store.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM media")).scalar_one() == 0
        assert conn.execute(text("SELECT name FROM schedules")).all() == [("morning",)]
        assert differences(conn) == []
    store.close()


def test_a_ledger_of_the_fourth_schema_knows_why_a_channel_is_stopped(empty):
    migrate.migrate_to(plain_engine(empty), "0004")
    row = "INSERT INTO channels (name, failures, paused_at, reason) VALUES"
    run(empty, f"{row} ('a', 0, 1, 'the provider refused the account: HTTP 401')", f"{row} ('b', 0, 1, 'no KEY')")
    run(empty, f"{row} ('c', 1, NULL, 'no connection')")
    store = upgraded(empty)
    with store.read() as conn:
        assert [(each["name"], each["unusable"]) for each in channels.stopped(conn)] == [("a", False), ("b", True)]
        assert differences(conn) == []
    store.close()


def test_a_ledger_of_the_fifth_schema_gains_a_place_for_credentials(empty):
    migrate.migrate_to(plain_engine(empty), "0005")
    run(empty, "INSERT INTO schedules (name, added_at, considered_until) VALUES ('morning', 1, 2)")
    store = upgraded(empty)
    with store.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM credentials")).scalar_one() == 0
        assert conn.execute(text("SELECT name FROM schedules")).all() == [("morning",)]
        assert differences(conn) == []
    store.close()


@pytest.mark.parametrize(("held", "word"), [(1, "now"), (2, "kept")])
def test_a_ledger_of_the_ninth_schema_knows_which_editions_are_of_practice(empty, held, word):
    migrate.migrate_to(plain_engine(empty), "0009")
    version = "INSERT INTO project_versions (id, digest, text, accepted_at, actor) VALUES"
    run(empty, f"{version} (1, 'a', 'version: 1\npractice: true\n', 1, 'test')", f"{version} (2, 'b', 'x', 1, 'test')")
    run(empty, f"INSERT INTO facts (name, value) VALUES ('accepted_version', '{held}')")
    names = "id, schedule, slot, language, due_at, state, reason, made_at, project_version_id, revision, actor"
    for number, (state, of) in enumerate([("closed", 1), ("skipped", 1), ("closed", 2)], start=1):
        values = f"{number}, 'morning', '{number}', 'en', 1, '{state}', '', 1, {of}, 1, 'test'"
        run(empty, f"INSERT INTO editions ({names}) VALUES ({values})")
    store = upgraded(empty)
    with store.read() as conn:
        rows = conn.execute(text("SELECT practice FROM editions ORDER BY id")).scalars().all()
        assert rows == [word, None, None]
        assert differences(conn) == []
    store.close()


TABLES = text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name")
NAMES = "INSERT INTO lists (name) VALUES ('a'), ('b'), ('c')"
NEWEST_GOES = ("DELETE FROM lists WHERE name = 'c'", "INSERT INTO lists (name) VALUES ('d')")


def test_a_ledger_of_the_twentieth_schema_gives_no_number_again(empty):
    migrate.migrate_to(plain_engine(empty), "0020")
    run(empty, NAMES)
    upgraded(empty).close()
    run(empty, *NEWEST_GOES)
    with plain_engine(empty).begin() as conn:
        assert conn.execute(text("SELECT id FROM lists ORDER BY id")).scalars().all() == [1, 2, 4]


def test_the_twenty_first_migration_changes_one_word_of_each_table_and_nothing_else(tmp_path):
    path = tmp_path / "ledger.db"
    migrate.migrate_to(plain_engine(path), "0020")
    run(path, NAMES)
    with plain_engine(path).connect() as open_already:
        before = open_already.execute(TABLES).all()
        open_already.rollback()
        migrate.migrate_to(plain_engine(path), "0021")
        after = [
            (*each, sql and sql.replace("(id AUTOINCREMENT)", "(id)")) for *each, sql in open_already.execute(TABLES)
        ]
        assert after == before
        for check, well in (("integrity_check", ["ok"]), ("foreign_key_check", []), ("writable_schema", [0])):
            assert open_already.execute(text(f"PRAGMA {check}")).scalars().all() == well
        for statement in NEWEST_GOES:
            open_already.execute(text(statement))
        assert open_already.execute(text("SELECT max(id) FROM lists")).scalar_one() == 4


def test_the_twenty_first_migration_leaves_nothing_where_it_is_cut_short(tmp_path):
    path = tmp_path / "ledger.db"
    migrate.migrate_to(plain_engine(path), "0020")
    run(path, NAMES, "CREATE TRIGGER no BEFORE UPDATE ON alembic_version BEGIN SELECT RAISE(ABORT, 'cut short'); END")
    before = _dump(tmp_path)
    store = Store.open(path, to_upgrade=True)
    with pytest.raises(Exception, match="cut short"):
        store.upgrade()
    assert _dump(tmp_path) == before
    with store.write() as conn:  # by the connection that had read the declarations anew
        assert conn.execute(text("PRAGMA writable_schema")).scalar_one() == 0
        assert conn.execute(text("INSERT INTO lists (name) VALUES ('d') RETURNING id")).scalar_one() == 4
        conn.execute(text("DROP TRIGGER no"))
    assert store.upgrade()
    store.close()
    assert "AUTOINCREMENT" in "".join(_dump(tmp_path))


def test_a_migration_that_fails_leaves_nothing_of_it(empty):
    engine = plain_engine(empty)
    migrate.migrate_to(engine, "0001")
    run(empty, "CREATE TABLE alerts (id INTEGER)")  # the last thing that 0002 makes
    before = inspect(engine).get_columns("schedules")
    with pytest.raises(Exception, match="alerts"):
        upgraded(empty)
    assert [column["name"] for column in inspect(plain_engine(empty)).get_columns("schedules")] == [
        column["name"] for column in before
    ]
    run(empty, "DROP TABLE alerts")
    upgraded(empty).close()


def test_many_that_open_an_empty_database_at_once_make_one_ledger(empty):
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Store.open, [empty] * 4))
    with opened[0].read() as conn:
        assert conn.execute(text("SELECT count(*) FROM facts WHERE name = 'epoch'")).scalar_one() == 1
    for store in opened:
        store.close()


def test_a_schema_of_a_later_version_is_refused(empty):
    Store.open(empty).close()
    run(empty, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="schema 9999, which this version doesn't know"):
        Store.open(empty)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        "INSERT INTO alembic_version (version_num) VALUES ('0001')",
    ],
)
def test_half_a_ledger_is_refused_in_words(empty, damage):
    Store.open(empty).close()
    run(empty, damage)
    with pytest.raises(StoreError, match="half a ledger, or tables of another program"):
        Store.open(empty)


def test_tables_of_another_program_are_left_alone(empty):
    run(empty, "CREATE TABLE articles (id INTEGER)")
    with pytest.raises(StoreError, match="a database of its own"):
        Store.open(empty)
    assert inspect(plain_engine(empty)).get_table_names() == ["articles"]


def test_space_of_pruned_rows_can_be_given_back(tmp_path):
    Store.create(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as plain:
        assert plain.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_on_postgresql_deliveries_leave_room_to_be_updated_in_place(postgresql, postgresql_url):
    options = "SELECT reloptions FROM pg_class WHERE relname = 'deliveries'"
    assert postgresql.execute(options, postgresql_url) == [(["fillfactor=50"],)]
