"""The embedded engine: threads of one process carry the verbs from door to door. Nothing to install."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog

from publisher.clock import Clock
from publisher.errors import PublisherError

log = structlog.get_logger()

LOOK_AGAIN = timedelta(seconds=0.5)  # another process may have put work at a door without waking us
STOP_PATIENCE = 30.0  # seconds for calls under way


@dataclass(frozen=True, slots=True)
class Duties:
    """The verbs, wired: what the engine drives without knowing what they do."""

    advance: Callable[[], None]  # produce, address, settle whatever waits at their doors
    channels: Callable[[], Sequence[str]]
    dispatch: Callable[[str], bool]  # one call of a channel; False when nothing is due
    next_due_at: Callable[[str], datetime | None]
    clock: Clock


class Embedded:
    """Threads that drive the duties until they are told to stop."""

    def __init__(self, duties: Duties, threads_per_channel: int = 4) -> None:
        self._duties = duties
        self._threads_per_channel = threads_per_channel
        self._stop = Event()
        self._work = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Begin; returns at once."""
        self._threads = [Thread(target=self._advance_forever, name="verbs", daemon=True)]
        for channel in self._duties.channels():
            self._threads += [
                Thread(target=self._dispatch_forever, args=(channel,), name=f"{channel}-{number}", daemon=True)
                for number in range(self._threads_per_channel)
            ]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that there may be work."""
        self._work.set()

    def stop(self) -> bool:
        """Claim nothing more and wait for the calls under way; False if some didn't end in time."""
        self._stop.set()
        self._work.set()
        for thread in self._threads:
            thread.join(STOP_PATIENCE)
        return not any(thread.is_alive() for thread in self._threads)

    def _advance_forever(self) -> None:
        while not self._stop.is_set():
            self._work.wait(LOOK_AGAIN.total_seconds())
            self._work.clear()
            self._guarded(self._duties.advance)

    def _dispatch_forever(self, channel: str) -> None:
        while not self._stop.is_set():
            if self._guarded(lambda: self._duties.dispatch(channel)):
                self._work.set()  # a call was answered: perhaps its send is done
            else:
                self._stop.wait(LOOK_AGAIN.total_seconds())

    def _guarded(self, duty: Callable[[], bool | None]) -> bool:
        """Carry out a duty; trouble is said and tried again, since what waits at a door stays there."""
        try:
            return bool(duty())
        except PublisherError as error:
            log.error("duty_failed", error=str(error))
        except Exception:
            log.exception("duty_failed")
        return False


def drain(duties: Duties, is_over: Callable[[], bool], tell: Callable[[str], None]) -> None:
    """Drive the duties in this thread's time until it is over: what `send` and `try` do.

    Deliveries that are to be tried again later are waited for; `tell` says so once a minute.
    """
    told_at: datetime | None = None
    stop = Event()
    with ThreadPoolExecutor(max_workers=8) as pool, _set_at_the_end(stop):
        while True:
            duties.advance()
            if any(list(pool.map(lambda channel: _empty(duties, channel, stop), duties.channels()))):
                continue
            duties.advance()
            if is_over():
                return
            later = earliest(duties.next_due_at(channel) for channel in duties.channels())
            now = duties.clock()
            if later is not None and later > now and (told_at is None or now - told_at > timedelta(minutes=1)):
                told_at = now
                tell(f"waiting until {later.astimezone():%H:%M:%S} to try again (Ctrl-C leaves it to `publisher run`)")
            stop.wait(LOOK_AGAIN.total_seconds())


@contextmanager
def _set_at_the_end(stop: Event) -> Iterator[None]:
    """Say stop however the block ends: at Ctrl-C calls under way are finished, and nothing more is begun."""
    try:
        yield
    finally:
        stop.set()


def _empty(duties: Duties, channel: str, stop: Event) -> bool:
    worked = False
    while not stop.is_set() and duties.dispatch(channel):
        worked = True
    return worked


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
