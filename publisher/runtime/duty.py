"""A standing duty: something that is done again and again, in a thread of its own, and whose trouble stops nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import structlog

from publisher.errors import PublisherError

log = structlog.get_logger()

STOP_PATIENCE = 5.0  # seconds
STANDS_STILL = 900.0  # seconds beyond its time after which a duty doesn't only take long: a call ends by its lease


class Duty:
    """A thread that carries out a duty whenever it is woken: being late with it delays nothing else.

    :param every: asked before each wait, how long it sleeps at most; None: until it is woken.
    """

    def __init__(self, name: str, work: Callable[[], object], every: Callable[[], timedelta] | None = None) -> None:
        self.name = name
        self.done_at = time.monotonic()  # when it last succeeded: one that stalls or only fails stands still
        self.turned_at = self.done_at  # when it last began or ended, well or not
        self._work = work
        self._every = every
        self._bell = Event()
        self._stop = Event()
        self._thread = Thread(target=self._forever, name=name, daemon=True)

    def start(self) -> None:
        """Begin to wait; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        self._bell.set()

    def end(self) -> None:
        """Begin nothing more; returns at once."""
        self._stop.set()
        self._bell.set()

    def stop(self, patience: float = STOP_PATIENCE) -> None:
        """Begin nothing more, and wait a little for what is being done."""
        self.end()
        self._thread.join(patience)

    def is_turning(self) -> bool:
        """Say whether it comes round at all, though perhaps in vain: a ledger that is away stops no duty."""
        pause = self._every().total_seconds() if self._every else 0.0
        return self._thread.is_alive() and time.monotonic() - self.turned_at <= pause + STANDS_STILL

    def run_once(self) -> None:
        """Carry it out now; trouble is said, and it is tried again at the next time."""
        self.turned_at = time.monotonic()
        try:
            self._work()
        except PublisherError as error:
            log.error("duty_failed", duty=self.name, error=str(error))
        except Exception:
            log.exception("duty_failed", duty=self.name)
        else:
            self.done_at = time.monotonic()
        self.turned_at = time.monotonic()

    def _forever(self) -> None:
        while True:
            self._bell.wait(None if self._every is None else self._every().total_seconds())
            self._bell.clear()
            if self._stop.is_set():
                return
            self.run_once()
