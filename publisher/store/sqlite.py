"""The ledger in one SQLite file: WAL, every write alone and durable. Nothing to install."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from publisher.clock import Clock
from publisher.errors import StoreError
from publisher.store import migrate
from publisher.store.database import Store
from publisher.store.owner import refuse_stranger
from publisher.store.permission import require_allowed
from publisher.store.plain import dumps
from publisher.store.writer import Writer

INCREMENTAL = 2  # of auto_vacuum
BUSY_SECONDS = 30.0
T = TypeVar("T")


class SqliteStore(Store):
    """The ledger in a file.

    :param path: the file; its folder also holds ``….locks``, whose locked files say which processes live.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        engine = _engine(path)
        super().__init__(path.name, engine, engine.execution_options(publisher_write=True))
        self.path = path
        self._clock = clock
        # Writers of one process take turns here instead of spinning on the file's lock.
        self._one_at_a_time = RLock()
        self._writer = Writer(self)

    @classmethod
    def open_file(cls, path: Path, clock: Clock, *, to_upgrade: bool = False) -> SqliteStore:
        refuse_stranger(path)
        store = cls(path, clock)
        with store.in_words():
            migrate.admit(store._writers, store._readers, to_upgrade=to_upgrade)
        return store

    def submit(self, work: Callable[[Connection], T], turn: str = "") -> T:
        require_allowed()
        return self._writer.submit(work)  # one thread writes for all: every write has its turn

    def now(self, conn: Connection | None = None) -> datetime:
        return self._clock()

    def close(self) -> None:
        self._writer.close()
        super().close()

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        path = self._lock_path(name)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def is_held(self, name: str) -> bool:
        path = self._lock_path(name)
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)

    @contextmanager
    def alone(self, name: str, about: str) -> Iterator[str]:
        # The file stays: where it was removed, two processes could each lock a file of this name.
        descriptor = os.open(self._lock_path(name), os.O_CREAT | os.O_RDWR, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield os.read(descriptor, 1000).decode() or "it has just begun"
                return
            os.ftruncate(descriptor, 0)
            os.write(descriptor, about.encode())
            yield ""
        finally:
            os.close(descriptor)

    def _lock_path(self, name: str) -> Path:
        folder = self.path.with_name(self.path.name + ".locks")
        folder.mkdir(exist_ok=True)
        return folder / name

    def _turn(self) -> AbstractContextManager[object]:
        return self._one_at_a_time

    def _translate(self, error: DBAPIError) -> Exception:
        return _in_words(error, self.path)


def _engine(path: Path) -> Engine:
    arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # Parameters are addresses and names: an error must not carry them into a log.
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args=arguments,
        hide_parameters=True,
        json_serializer=dumps,
        pool_size=10,
        max_overflow=20,
    )

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: sqlite3.Connection, _record: Any) -> None:
        # The driver's own BEGIN is deferred and fails at once on an upgrade, whatever the timeout: we say BEGIN.
        dbapi.isolation_level = None
        dbapi.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        if dbapi.execute("PRAGMA auto_vacuum").fetchone() != (INCREMENTAL,):  # said again it would wait for writers
            dbapi.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")  # heeded only before the first table
        _use_wal(dbapi)
        dbapi.execute("PRAGMA synchronous = FULL")
        dbapi.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("publisher_write") else "BEGIN")

    return engine


def _use_wal(dbapi: sqlite3.Connection) -> None:
    """Write ahead. To change a new file over, SQLite doesn't wait for others that do the same: we do."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            dbapi.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _in_words(error: DBAPIError, path: Path) -> Exception:
    said = str(error.orig)
    for signs, what, remedy in _WORDS:
        if any(sign in said for sign in signs):
            return StoreError(what.format(seconds=BUSY_SECONDS), where=path.name, remedy=remedy.format(path=path))
    return error


_WORDS = (
    (
        ("locked", "busy"),
        "another process has held the database for more than {seconds:.0f} s",
        "Wait for it, or end it, and run the command again: nothing was lost",
    ),
    (
        ("readonly", "read-only"),
        "the database can't be written",
        "Give this user write access to {path} and its folder",
    ),
    (
        ("unable to open",),
        "the database can't be opened",
        "Check that {path.parent} exists and can be written",
    ),
    (
        ("disk is full",),
        "the disk is full: nothing was written, and nothing more is sent",
        "Free some space and run the command again",
    ),
    (
        ("disk I/O error",),
        "the disk failed while the database was read or written: nothing more is sent",
        "Look at the system's log (dmesg), mend the disk, and run the command again",
    ),
    (
        ("not a database", "malformed"),
        "this file is no database, or a damaged one",
        "Look at the system's log (dmesg) first: a failing disk reads so too. If the disk is well, restore a backup",
    ),
)
