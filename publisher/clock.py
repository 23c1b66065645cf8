"""The one place that says "now", or counts seconds that nobody sets.

Everything else is handed a time, so that tests and plans can choose it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def steady() -> float:
    """Return seconds that no one can set, and that go on while the machine sleeps, where the system counts that."""
    return time.clock_gettime(_STEADY)


def require_aware(moment: datetime) -> datetime:
    """Return the moment in UTC; refuse a naive one, which would mean another hour on another machine."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}")
    return moment.astimezone(UTC)
