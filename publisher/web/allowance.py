"""How often something may be asked: so many at once, then so many a minute. In memory, for one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock


class Allowance:
    """A bucket that fills again.

    :param per_minute: how many come back in a minute, and how many it holds.
    :param steady: seconds of a clock that never goes back.
    """

    def __init__(self, per_minute: int, steady: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._steady = steady
        self._left = float(per_minute)
        self._at = steady()
        self._lock = Lock()

    def take(self) -> int:
        """Take one. Return 0, or after how many seconds there is one again."""
        with self._lock:
            now = self._steady()
            self._left = min(self._per_minute, self._left + (now - self._at) * self._per_minute / 60)
            self._at = now
            if self._left >= 1:
                self._left -= 1
                return 0
            return int((1 - self._left) * 60 / self._per_minute) + 1


class Allowances:
    """One of these for each of those who ask: so that nobody uses up what others need.

    :param per_minute: as of an `Allowance`.
    :param most: how many are remembered; of those who came first the bucket is full again when they come back.
    """

    def __init__(self, per_minute: int, *, most: int = 10_000) -> None:
        self._per_minute = per_minute
        self._most = most
        self._each: dict[str, Allowance] = {}
        self._lock = Lock()

    def of(self, name: str) -> Allowance:
        """Return the bucket of whoever asks by this name."""
        with self._lock:
            if name not in self._each and len(self._each) >= self._most:
                del self._each[next(iter(self._each))]
            return self._each.setdefault(name, Allowance(self._per_minute))
