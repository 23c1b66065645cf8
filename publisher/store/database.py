"""One face over the database: short read and write transactions, errors in words for people."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from publisher.clock import Clock
from publisher.clock import now as wall_clock
from publisher.errors import NotWrittenError, StoreError, UnkeptError
from publisher.store import afterwards, farewells, migrate, owed
from publisher.store.farewells import Farewell
from publisher.store.journal import Journal
from publisher.store.permission import require_allowed

T = TypeVar("T")


class _TakenBack(Exception):  # noqa: N818 -- no error: the end of a rehearsal
    """Ends a transaction without a trace."""


class Store(ABC):
    """The ledger of one project, on SQLite or on PostgreSQL.

    :param where: how errors call it; never with a password.
    :ivar journal: where it is kept who is not to be written to, whatever is restored; None: nowhere.
    :ivar guard: asked at the beginning of each write, and raises where there may be none; None: every write may be.
    """

    def __init__(self, where: str, readers: Engine, writers: Engine) -> None:
        self.where = where
        self._readers = readers
        self._writers = writers
        self._mine = threading.local()
        self.journal: Journal | None = None
        self.guard: Callable[[Connection], None] | None = None

    @staticmethod
    def create(path: Path, clock: Clock = wall_clock, *, to_upgrade: bool = False) -> Store:
        """Open the ledger in a SQLite file, making or refusing it: the schema of another version is an error."""
        from publisher.store.sqlite import SqliteStore

        return SqliteStore.open_file(path, clock, to_upgrade=to_upgrade)

    @staticmethod
    def open(target: str | Path, clock: Clock = wall_clock, *, to_upgrade: bool = False) -> Store:
        """Open the ledger at a ``postgresql://`` address, or in a SQLite file.

        :param to_upgrade: one of an earlier version is let in, for nothing but `upgrade`; then there has to be one.
        """
        if isinstance(target, Path):
            return Store.create(target, clock, to_upgrade=to_upgrade)
        # Here: a ledger on SQLite needs no driver for PostgreSQL.
        from publisher.store.postgresql import PostgresqlStore

        return PostgresqlStore.open_url(target, to_upgrade=to_upgrade)

    def schema(self) -> str:
        """Return the number of the newest migration that was run here."""
        with self.in_words():
            return migrate.schema(self._readers) or ""

    def upgrade(self) -> list[migrate.Step]:
        """Run the migrations that are missing, wholly or not at all; return which those were."""
        with self.in_words():
            return migrate.migrate_to(self._writers, migrate.HEAD)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent picture."""
        with self.in_words(), self._readers.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction, durable when it ends without an error.

        On SQLite it is alone from its first statement. On PostgreSQL others write at the same time: see `sends.lock`.

        :raises NotAllowedError: somebody asks for it by the console, and no verb has allowed it.
        """
        require_allowed()
        with self._write() as conn:
            yield conn

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        self.refuse_within_write()
        with self.in_words(), self._turn(), self._writers.connect() as conn:
            self._mine.is_writing = True
            try:
                with self._transaction(conn):
                    if self.guard is not None:
                        self.guard(conn)
                    yield conn
                    said = farewells.take(conn) if self.journal is not None else []
                    part = owed.note(conn, said) if said else ""
                for call in afterwards.take(conn):
                    call()
                if part:
                    self._keep(conn, part, said)
            finally:
                self._mine.is_writing = False
                farewells.take(conn)  # of what was taken back
                afterwards.take(conn)

    def _keep(self, conn: Connection, part: str, said: Sequence[Farewell]) -> None:
        """Write into the journal who is not to be written to, before anybody is told that it is done.

        It is committed: whatever fails from here on, the ledger owes it to the journal, and the work is not run again.

        :param part: under which the ledger owes it.
        """
        assert self.journal is not None  # noqa: S101 -- else nothing is owed
        try:
            self.journal.append(said)
        except StoreError as error:
            raise UnkeptError(error.what, where=error.where, remedy=error.remedy) from error
        with _quiet(), conn.begin():  # what can't be settled is said twice, which means what it means once
            owed.settle(conn, [part])

    @contextmanager
    def rehearsal(self) -> Iterator[Connection]:
        """A write transaction that is taken back when it ends: what a write would find, and nothing written."""
        with suppress(_TakenBack), self._write() as conn:
            yield conn
            raise _TakenBack

    @contextmanager
    def _transaction(self, conn: Connection) -> Iterator[None]:
        begun = conn.begin()
        try:
            yield
        except BaseException:
            # Where the connection is gone, so is the transaction: the first error is the one to tell.
            with _quiet():
                begun.rollback()
            raise
        try:
            begun.commit()
        except DBAPIError as error:
            with _quiet():
                begun.rollback()
            raise self._in_commit(error) from error

    @abstractmethod
    def submit(self, work: Callable[[Connection], T], turn: str = "") -> T:
        """Run a small write and return what it returned, once that is durable.

        :param turn: names what this process's writes would wait for one another for anyway, such as the limits of a
            channel. They may be made to wait here instead of at the database, where a process that freezes
            would stand in the others' way once for each of its threads.

        Small writes of several threads may share one commit, and one that fails, fails alone. `work` may be run again
        where the first time certainly left nothing behind, so it does nothing but read and write this connection.
        """

    @abstractmethod
    def now(self, conn: Connection | None = None) -> datetime:
        """Return the time by the clock that everybody who shares this ledger goes by."""

    @abstractmethod
    def hold(self, name: str) -> AbstractContextManager[None]:
        """Hold a lock that ends with this process, however it ends; nobody else has asked for it yet."""

    @abstractmethod
    def is_held(self, name: str) -> bool:
        """Say whether a living process holds the lock."""

    def seems_held(self, name: str) -> bool:
        """Say whether the lock is held at this moment: for people to look at, never to take something over."""
        return self.is_held(name)

    @abstractmethod
    def alone(self, name: str, about: str) -> AbstractContextManager[str]:
        """Be the only one of a kind on this ledger, where it allows only one; yield what the one there says of itself.

        :param about: what to say of ourselves.
        """

    def close(self) -> None:
        """End every connection; what was submitted is written first."""
        self._writers.dispose()
        self._readers.dispose()
        if self.journal is not None:
            self.journal.close()

    def refuse_within_write(self) -> None:
        """Raise where this thread has a write transaction open: it would wait for itself for ever."""
        if getattr(self._mine, "is_writing", False):
            raise RuntimeError("a write within a write: use the connection of the first")

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Turn the driver's errors into ours."""
        try:
            yield
        except DBAPIError as error:
            raise self._translate(error) from error
        except PoolTimeoutError as error:
            raise NotWrittenError(
                "all connections of this process are in use", where=self.where, remedy="Try again in a moment"
            ) from error

    def _turn(self) -> AbstractContextManager[object]:
        """Wait until this thread may write."""
        return nullcontext()

    @abstractmethod
    def _translate(self, error: DBAPIError) -> Exception:
        """Say what the driver's error means to the person who runs Publisher; the error itself where nobody knows."""

    def _in_commit(self, error: DBAPIError) -> Exception:
        """As `_translate`, for an error that the commit itself met with."""
        return self._translate(error)


@contextmanager
def _quiet() -> Iterator[None]:
    try:
        yield
    except DBAPIError:
        return
