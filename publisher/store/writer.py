"""Group commit: small writes of many threads, made durable together by one."""

from __future__ import annotations

import os
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from publisher.errors import StoreError, UnkeptError
from publisher.store import farewells

if TYPE_CHECKING:
    from publisher.store.database import Store

MOST = 64  # writes in one commit
T = TypeVar("T")


class _Job:
    """One small write, and what came of it."""

    __slots__ = ("_done", "error", "has_said", "result", "work")

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.has_said = False  # farewells, which the journal keeps
        self._done = Lock()  # far lighter than an Event
        self._done.acquire()

    def wait(self) -> None:
        self._done.acquire()

    def finish(self, error: BaseException | None = None) -> None:
        self.error = self.error or error
        self._done.release()


class Writer:
    """One thread that writes for all. Started at the first write, and again in a process that was forked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._starting = Lock()
        self._thread: Thread | None = None
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._pid = 0
        self._is_closed = False

    def submit(self, work: Callable[[Connection], T]) -> T:
        """Run the work in a group's transaction, and return its result after the commit."""
        self._store.refuse_within_write()
        job = _Job(work)
        with self._starting:
            self._start()
            self._queue.put(job)
        job.wait()
        if job.error is not None:
            raise job.error
        result: T = job.result
        return result

    def close(self) -> None:
        """Write what is waiting, and take nothing more."""
        with self._starting:
            self._is_closed = True
            thread = self._thread if self._pid == os.getpid() else None
            self._thread = None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        if self._is_closed:
            raise StoreError("the ledger is closed", where=self._store.where)
        if self._thread is None or self._pid != os.getpid():
            self._queue, self._pid = SimpleQueue(), os.getpid()
            self._thread = Thread(target=self._write_forever, args=(self._queue,), name="writer", daemon=True)
            self._thread.start()

    def _write_forever(self, queue: SimpleQueue[_Job | None]) -> None:
        is_open = True
        while is_open:
            group, is_open = _take_group(queue)
            if group:
                self._write(group)

    def _write(self, group: list[_Job]) -> None:
        failed: BaseException | None = None
        try:
            with self._store.write() as conn:
                for job in group:
                    self._run(conn, job, is_alone=len(group) == 1)
        except BaseException as error:  # noqa: BLE001 -- told to everybody whose work was in the group
            failed = error
        for job in group:
            is_theirs = job.has_said or not isinstance(failed, UnkeptError)  # all is written; the journal lacks a part
            job.finish(failed if is_theirs else None)

    def _run(self, conn: Connection, job: _Job, *, is_alone: bool) -> None:
        """Run one job within a savepoint: what fails, fails alone."""
        said = farewells.count(conn)
        if not is_alone:
            conn.exec_driver_sql("SAVEPOINT job")
        try:
            with self._store.in_words():
                job.result = job.work(conn)
            job.has_said = farewells.count(conn) > said
        except Exception as error:
            job.error = error  # raised in the thread that submitted it
            if is_alone:
                raise
            farewells.forget(conn, after=said)
            try:
                conn.exec_driver_sql("ROLLBACK TO job")
            except DBAPIError:
                raise error from None  # a full disk takes the whole transaction with it
        if not is_alone:
            conn.exec_driver_sql("RELEASE job")


def _take_group(queue: SimpleQueue[_Job | None]) -> tuple[list[_Job], bool]:
    """Wait for one job and take those that wait behind it; False when nothing comes any more."""
    group: list[_Job] = []
    job = queue.get()
    while job is not None:
        group.append(job)
        if len(group) == MOST:
            return group, True
        try:
            job = queue.get_nowait()
        except Empty:
            return group, True
    return group, False
