"""The ledger on PostgreSQL: several processes write at once, each row locked by who moves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from publisher.clock import steady
from publisher.errors import MaybeWrittenError, NotWrittenError, StoreError
from publisher.store import migrate
from publisher.store.address import parse, place
from publisher.store.database import Store
from publisher.store.keeper import Keeper
from publisher.store.permission import require_allowed
from publisher.store.plain import dumps
from publisher.store.sql import lock_number
from publisher.store.tables import facts
from publisher.store.trouble import explain, may_be_tried_again, may_be_written

OLDEST = 14
GRACE = 1.5  # seconds in which a process whose connection broke takes its lock again
TRIES = (0.0, 0.1, 1.0, 3.0)  # seconds before each try of a submitted write
TIME_KNOWN_FOR = 5.0  # seconds for which our own clock counts on from the time that the server told
T = TypeVar("T")

# A server, or a network, that falls silent is noticed within some 15 s, at either end.
CONNECTION = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "publisher",
}
SESSION = {
    "timezone": "UTC",
    "synchronous_commit": "on",
    "statement_timeout": "5min",  # an audience of millions is frozen in one statement
    "lock_timeout": "2s",  # a frozen process waits in the queue too, and gets its turn; whoever is not asks again
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
}
# No transaction spans anything slow: who is silent in one for so long is frozen, and holds rows that others need.
# Several such silences may follow one another, and a take-over must still come within the lease and five seconds.
WRITING = SESSION | {"idle_in_transaction_session_timeout": "1500ms"}
READING = SESSION | {
    "default_transaction_isolation": "repeatable read",  # one consistent picture
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "10min",
}


def _ask_time(conn: Connection) -> datetime:
    told: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return told.astimezone(UTC)


class PostgresqlStore(Store):
    """The ledger in a database of PostgreSQL, version 14 or newer."""

    def __init__(self, url: URL) -> None:
        super().__init__(place(url), engine_of(url, READING), engine_of(url, WRITING))
        self._locks = Keeper(engine_of(url, SESSION), self.in_words)
        self._free_since: dict[str, float] = {}
        self._turns: dict[str, Lock] = {}
        self._epoch = ""
        self._time: tuple[datetime | None, float] = (None, 0.0)  # the server's, and our steady one at that moment

    @classmethod
    def open_url(cls, text: str, *, to_upgrade: bool = False) -> PostgresqlStore:
        store = cls(parse(text))
        with store.in_words():
            store._refuse_old()
            migrate.admit(store._writers, to_upgrade=to_upgrade)
            with store.read() as conn:
                store._epoch = conn.execute(select(facts.c.value).where(facts.c.name == "epoch")).scalar_one()
        return store

    def submit(self, work: Callable[[Connection], T], turn: str = "") -> T:
        # A commit of its own: the server gathers those of many connections by itself.
        require_allowed()
        self.refuse_within_write()
        with self._turns.setdefault(turn, Lock()) if turn else nullcontext():
            return self._submit(work)

    def _submit(self, work: Callable[[Connection], T]) -> T:
        for wait in TRIES[:-1]:
            time.sleep(wait)
            try:
                return self._run(work)
            except NotWrittenError:
                continue
        time.sleep(TRIES[-1])
        return self._run(work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self.write() as conn:
            return work(conn)

    def now(self, conn: Connection | None = None) -> datetime:
        if conn is not None:
            return _ask_time(conn)
        told, at = self._time
        if told is None or steady() - at > TIME_KNOWN_FOR:
            with self.read() as asked:
                # After it, so that we are never ahead of the server.
                told, at = self._time = _ask_time(asked), steady()
        return told + timedelta(seconds=steady() - at)

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        number = self._number(name)
        self._locks.take(number)
        try:
            yield
        finally:
            self._locks.give_back(number)

    def is_held(self, name: str) -> bool:
        if self.seems_held(name):
            self._free_since.pop(name, None)
            return True
        # Its connection may be broken while it lives, and take the lock again in a moment.
        return time.monotonic() - self._free_since.setdefault(name, time.monotonic()) < GRACE

    def seems_held(self, name: str) -> bool:
        with self.read() as conn:
            number = self._number(name)
            return not conn.execute(select(func.pg_try_advisory_xact_lock_shared(number))).scalar_one()

    @contextmanager
    def alone(self, name: str, about: str) -> Iterator[str]:
        yield ""  # several processes may share this store

    def close(self) -> None:
        self._locks.close()
        super().close()

    def _number(self, name: str) -> int:
        # The epoch: several ledgers may live in one database, each in a schema of its own.
        return lock_number(f"{self._epoch}:{name}")

    def _refuse_old(self) -> None:
        with self.read() as conn:
            version = int(conn.exec_driver_sql("SHOW server_version_num").scalar_one())
        if version < OLDEST * 10_000:
            raise StoreError(
                f"this is PostgreSQL {version // 10_000}, which is too old",
                where=self.where,
                remedy=f"Use PostgreSQL {OLDEST} or newer, or leave DATABASE_URL out: the ledger is then a file",
            )

    def _translate(self, error: DBAPIError) -> Exception:
        what, remedy = explain(error)
        kind = NotWrittenError if may_be_tried_again(error) else StoreError
        return kind(what, where=self.where, remedy=remedy)

    def _in_commit(self, error: DBAPIError) -> Exception:
        if not may_be_written(error):
            return self._translate(error)
        return MaybeWrittenError(
            "the connection broke while a change was being committed, so that it may be there or not",
            where=self.where,
            remedy="Publisher looks again before it sends anything; commands may be run again",
        )


def engine_of(url: URL, settings: dict[str, str]) -> Engine:
    wanted = {name: value for name, value in CONNECTION.items() if name not in url.query}
    # Parameters are addresses and names: an error must not carry them into a log.
    engine = create_engine(
        url,
        connect_args=wanted,
        hide_parameters=True,
        json_serializer=dumps,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
    )

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: Any, _record: Any) -> None:
        told = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
        dbapi.execute(f"SELECT {told}")
        dbapi.commit()

    return engine
