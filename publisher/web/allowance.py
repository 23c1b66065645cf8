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
