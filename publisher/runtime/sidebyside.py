"""The same work for many names at once: a bounded number of threads, and none that the slow keep from the others."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

THREADS = 16
APART = 4  # more threads, for those that were slow the last time
SLOW = 3.0  # seconds


class SideBySide(Generic[T]):
    """Works for names, each in one thread at a time.

    A name whose work was slow the last time waits for threads of its own, so that however many such there are, the
    others go on. Threads live while there is work; they end with the process, whatever they are waiting for.

    :param work: may raise; whoever asked is told.
    :param slow: from how many seconds on work counts as slow.
    """

    def __init__(
        self, work: Callable[[str], T], *, threads: int = THREADS, apart: int = APART, slow: float = SLOW
    ) -> None:
        self._work = work
        self._slow_from = slow
        self._lock = Lock()
        self._under_way: dict[str, Future[T]] = {}
        self._slow: set[str] = set()
        self._lanes = (_Lane(threads), _Lane(apart))

    def ask(self, name: str, *, urgent: bool = False, apart: bool = False) -> Future[T]:
        """Begin the work for a name soon, and return what will come of it; where it is under way already, of that.

        :param urgent: before all that is not begun yet.
        :param apart: it is expected to be slow.
        """
        with self._lock:
            future = self._under_way.get(name)
            lane = self._lanes[1 if apart or name in self._slow else 0]
            if future is None:
                future = self._under_way[name] = Future()
                lane.waiting.append(name)
            if urgent:
                for each in self._lanes:
                    if name in each.waiting:
                        each.waiting.remove(name)
                        each.waiting.appendleft(name)
            if lane.running < lane.threads and lane.waiting:
                lane.running += 1
                Thread(target=self._go_on, args=(lane,), name="side-by-side", daemon=True).start()
            return future

    @property
    def is_busy(self) -> bool:
        """Say whether anything is under way, or waits."""
        return bool(self._under_way)

    def end(self) -> None:
        """Begin nothing more; what is under way comes to its end."""
        with self._lock:
            for lane in self._lanes:
                for name in lane.waiting:
                    self._under_way.pop(name).cancel()
                lane.waiting.clear()

    def _go_on(self, lane: _Lane) -> None:
        while True:
            with self._lock:
                if not lane.waiting:
                    lane.running -= 1
                    return
                name = lane.waiting.popleft()
                future = self._under_way[name]
            self._do(name, future)

    def _do(self, name: str, future: Future[T]) -> None:
        begun = time.monotonic()
        try:
            result, error = self._work(name), None
        except BaseException as raised:  # noqa: BLE001 -- told to everybody who asked
            error = raised
        with self._lock:
            del self._under_way[name]
            (self._slow.add if time.monotonic() - begun > self._slow_from else self._slow.discard)(name)
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


class _Lane:
    """Names that wait for one of some threads."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.running = 0
        self.waiting: deque[str] = deque()
