"""Patience with whoever guesses passwords: how long they wait, whether somebody has the name or nobody."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

PATIENT_WITH = 5  # wrong passwords in a row, before whoever tries has to wait
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
MOST = 1_000  # names that nobody has: at thirty tries a minute those of half an hour


def wait_after(failed: int, now: datetime) -> datetime | None:
    """Return until when no password is looked at, after so many wrong ones in a row; None: the next one is."""
    beyond = failed - PATIENT_WITH
    return now + min(FIRST_WAIT * 2 ** min(beyond, 10), LONGEST_WAIT) if beyond >= 0 else None


class Strangers:
    """Names that nobody has, and how often somebody tried to come in by them. In memory, for one process."""

    def __init__(self) -> None:
        self._tried: OrderedDict[str, tuple[int, datetime | None]] = OrderedDict()
        self._lock = Lock()

    def wait_until(self, name: str, now: datetime) -> datetime | None:
        """Return until when no password is looked at; None: the next one is."""
        with self._lock:
            until = self._tried.get(name, (0, None))[1]
        return until if until is not None and until > now else None

    def note(self, name: str, now: datetime) -> datetime | None:
        """Count a wrong password; return until when the next one isn't looked at."""
        with self._lock:
            failed = self._tried.pop(name, (0, None))[0] + 1
            self._tried[name] = (failed, wait_after(failed, now))
            if len(self._tried) > MOST:
                self._tried.popitem(last=False)
            return self._tried[name][1]
