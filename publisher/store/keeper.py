"""Locks that end with this process: advisory locks of PostgreSQL on one connection that does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from threading import Event, Lock, Thread

import structlog
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from publisher.errors import StoreError

log = structlog.get_logger()

LOOK = 0.25  # seconds between two looks at the connection


class Keeper:
    """Holds locks as long as the process lives, and takes them again where the connection broke.

    :param in_words: turns the driver's errors into ours.
    """

    def __init__(self, engine: Engine, in_words: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._in_words = in_words
        self._mine: set[int] = set()
        self._using = Lock()
        self._conn: Connection | None = None
        self._stop = Event()
        self._thread: Thread | None = None

    def take(self, number: int) -> None:
        """Take a lock that nobody else has."""
        with self._using, self._in_words():
            _take(self._connection(), number)
            self._mine.add(number)
            if self._thread is None:
                self._stop.clear()
                self._thread = Thread(target=self._watch, args=(self._stop,), name="locks", daemon=True)
                self._thread.start()

    def give_back(self, number: int) -> None:
        with self._using:
            self._mine.discard(number)
            if self._conn is not None:
                with suppress(SQLAlchemyError):  # with the connection the lock is gone as well
                    self._conn.execute(select(func.pg_advisory_unlock(number)))
            if not self._mine:
                self._drop()
                self._stop.set()
                self._stop, self._thread = Event(), None

    def close(self) -> None:
        with self._using:
            self._mine.clear()
            self._stop.set()
            self._drop()
        self._engine.dispose()

    def _connection(self) -> Connection:
        if self._conn is None:
            self._conn = self._engine.connect()
        return self._conn

    def _watch(self, stop: Event) -> None:
        while not stop.wait(LOOK):
            with self._using:
                if not stop.is_set():
                    self._look()

    def _look(self) -> None:
        try:
            with self._in_words():
                if self._conn is None:
                    for number in self._mine:
                        _take(self._connection(), number)
                    log.warning("locks_taken_again", count=len(self._mine))
                self._connection().execute(select(1))
        except StoreError as error:
            log.error("locks_lost", error=str(error))
            self._drop()

    def _drop(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            with suppress(SQLAlchemyError):
                conn.invalidate()
                conn.close()


def _take(conn: Connection, number: int) -> None:
    # Waits: the server may not have noticed yet that our last connection is gone.
    conn.execute(select(func.pg_advisory_lock(number)))
