"""One face over the database: short read and write transactions, errors in words for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from publisher.errors import StoreError
from publisher.store import migrate

BUSY_SECONDS = 30.0


class Store:
    """The ledger of one project.

    :param path: the SQLite file; made by `create`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)
        # Writers of one process take turns here instead of spinning on the file's lock.
        self._turn = RLock()

    @classmethod
    def create(cls, path: Path) -> Store:
        """Open the ledger, making or refusing it: a schema that this version doesn't know is an error."""
        store = cls(path)
        with store._words():
            migrate.bring_up(store._engine)
        return store

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent picture."""
        with self._words(), self._engine.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction, exclusive from its first statement, durable when it ends without an error."""
        with self._words(), self._turn, self._engine.connect() as plain:
            conn = plain.execution_options(publisher_write=True)
            with conn.begin():
                yield conn

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, DatabaseError) as error:
            raise _translate(error, self.path) from error


def _engine(path: Path) -> Engine:
    arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # Parameters are addresses and names: an error must not carry them into a log.
    engine = create_engine(f"sqlite:///{path}", connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: sqlite3.Connection, _record: Any) -> None:
        # The driver's own BEGIN is deferred and fails at once on an upgrade, whatever the timeout: we say BEGIN.
        dbapi.isolation_level = None
        dbapi.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded only before the first table
        dbapi.execute("PRAGMA journal_mode = WAL")
        dbapi.execute("PRAGMA synchronous = FULL")
        dbapi.execute("PRAGMA foreign_keys = ON")
        dbapi.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("publisher_write") else "BEGIN")

    return engine


def _translate(error: DatabaseError, path: Path) -> Exception:
    """Say what the driver's error means to the person who runs Publisher."""
    said = str(error.orig)
    where = path.name
    if "locked" in said or "busy" in said:
        return StoreError(
            f"another process has held the database for more than {BUSY_SECONDS:.0f} s",
            where=where,
            remedy="Wait for it, or end it, and run the command again: nothing was lost",
        )
    if "readonly" in said or "read-only" in said:
        return StoreError(
            "the database can't be written", where=where, remedy=f"Give this user write access to {path} and its folder"
        )
    if "unable to open" in said:
        return StoreError(
            "the database can't be opened", where=where, remedy=f"Check that {path.parent} exists and can be written"
        )
    if "disk is full" in said:
        return StoreError("the disk is full", where=where, remedy="Free some space and run the command again")
    if "not a database" in said or "malformed" in said:
        return StoreError("this file is no database, or a damaged one", where=where, remedy="Restore it from a backup")
    return error
