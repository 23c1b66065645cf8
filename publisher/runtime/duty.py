"""A standing duty: something that is done again and again beside the schedules, and whose trouble stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import structlog

from publisher.errors import PublisherError

log = structlog.get_logger()

STOP_PATIENCE = 5.0  # seconds


class Duty:
    """A thread that carries out a duty until it is told to stop.

    :param every: asked before each wait: the file may have changed it.
    """

    def __init__(self, name: str, duty: Callable[[], object], every: Callable[[], timedelta]) -> None:
        self._name = name
        self._duty = duty
        self._every = every
        self._stop = Event()
        self._thread = Thread(target=self._forever, name=name, daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait a little for what is being done."""
        self._stop.set()
        self._thread.join(STOP_PATIENCE)

    def run_once(self) -> None:
        """Carry it out once; trouble is said and tried again."""
        try:
            self._duty()
        except PublisherError as error:
            log.error("duty_failed", duty=self._name, error=str(error))
        except Exception:
            log.exception("duty_failed", duty=self._name)

    def _forever(self) -> None:
        while not self._stop.wait(self._every().total_seconds()):
            self.run_once()
