"""The embedded engine: threads of one process carry the verbs from door to door. Nothing to install."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Thread

import structlog

from publisher.errors import PublisherError, StoreError
from publisher.runtime.engine import Duties
from publisher.store import Connection, afterwards

log = structlog.get_logger()

LOOK_AGAIN = 0.5  # seconds: another process may have put work at a door without waking us
STOP_PATIENCE = 30.0  # seconds for calls under way
STUCK_AFTER = 30.0  # seconds for which the ledger refused the same duty: a database that restarts is back by then
RECOVERS_WITHIN = 120.0  # seconds; it looks each half second
TURNS_WITHIN = 1_800.0  # seconds for what else it does: freezing an audience, or making an edition, may take long
COLLECT_AFTER = (50_000, 20, 20)  # objects, then collections of the younger generation
WATCH = 0.1  # seconds between two looks at whether it is over


@dataclass(slots=True)
class _Lane:
    """The threads of one channel. One looks for work again and again; the others sleep until there is some."""

    channel: str
    work: Event = field(default_factory=Event)
    closed: Event = field(default_factory=Event)
    threads: list[Thread] = field(default_factory=list)


class Embedded:
    """Threads that drive the duties until they are told to stop."""

    def __init__(self, duties: Duties) -> None:
        self._duties = duties
        self._stop = duties.ending
        self._work = Event()
        self._verbs = Thread(target=self._advance_forever, name="verbs", daemon=True)
        # Apart from the verbs: making an edition or freezing an audience can take longer than the dead may wait.
        self._recovery = Thread(target=self._recover_forever, name="recovery", daemon=True)
        self._lanes: dict[str, _Lane] = {}
        self._turned: dict[str, float] = {}  # duties, and when each last began or ended, well or not
        self._refused: dict[str, tuple[float, StoreError]] = {}  # duties that the ledger refuses, and since when
        self._left: list[_Lane] = []  # of channels that are gone or changed; their calls end as they do

    def start(self) -> None:
        """Begin; returns at once."""
        _collect_rarely()
        self._open_lanes()
        self._verbs.start()
        self._recovery.start()

    def wake(self) -> None:
        """Say that there may be work."""
        self._work.set()

    def enqueue(self, conn: Connection, channel: str) -> None:
        """Wake the channel once the caller's transaction has committed: before that its threads would look in vain."""
        afterwards.note(conn, partial(self.ring, channel))

    def ring(self, channel: str) -> None:
        """Let the threads of a channel look for work at once."""
        if channel in self._lanes:
            self._lanes[channel].work.set()

    def recover(self) -> None:
        self._guarded("recover", self._duties.recover)

    def trouble(self) -> StoreError | None:
        """Return what the ledger has answered to the same duty for so long that it won't pass by itself."""
        latest = time.monotonic() - STUCK_AFTER
        return next((error for since, error in list(self._refused.values()) if since < latest), None)

    def is_turning(self) -> bool:
        """Say whether its threads come round, though perhaps in vain: a ledger that is away stops none of them."""
        lanes = list(self._lanes.values())
        threads = [self._verbs, self._recovery, *(thread for lane in lanes for thread in lane.threads)]
        spans = {"recover": RECOVERS_WITHIN, "advance": TURNS_WITHIN}
        spans |= {f"dispatch {lane.channel}": TURNS_WITHIN for lane in lanes}
        now = time.monotonic()
        late = [name for name, span in spans.items() if now - self._turned.get(name, now) > span]
        return not late and all(thread.is_alive() for thread in threads)

    def stop(self) -> bool:
        """Claim nothing more and wait for the calls under way; False if some didn't end in time."""
        self._stop.set()
        self._work.set()
        lanes = [*self._lanes.values(), *self._left]
        for lane in lanes:
            lane.work.set()
        deadline = time.monotonic() + STOP_PATIENCE
        threads = [self._verbs, self._recovery, *(thread for lane in lanes for thread in lane.threads)]
        for thread in threads:
            if thread.ident is not None:  # else it was never started: the console's port was taken
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _advance_forever(self) -> None:
        while not self._stop.is_set():
            self._work.wait(LOOK_AGAIN)
            self._work.clear()
            if not self._stop.is_set():
                self._open_lanes()
                self._guarded("advance", self._duties.advance)

    def _recover_forever(self) -> None:
        while not self._stop.wait(LOOK_AGAIN):
            self.recover()

    def _open_lanes(self) -> None:
        """Have threads for each channel of the file as it is now."""
        wanted = self._duties.channels()
        for gone in [name for name, lane in self._lanes.items() if wanted.get(name) != len(lane.threads)]:
            lane = self._lanes.pop(gone)
            lane.closed.set()
            lane.work.set()
            self._left.append(lane)
        for name, threads in wanted.items():
            if name not in self._lanes:
                self._lanes[name] = self._staffed(_Lane(name), threads)

    def _staffed(self, lane: _Lane, threads: int) -> _Lane:
        lane.threads = [
            Thread(target=self._serve, args=(lane, number == 0), name=f"{lane.channel}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in lane.threads:
            thread.start()
        return lane

    def _serve(self, lane: _Lane, is_scout: bool) -> None:
        was_busy = False
        while not (self._stop.is_set() or lane.closed.is_set()):
            if self._guarded(f"dispatch {lane.channel}", lambda: self._duties.dispatch(lane.channel)):
                was_busy = True
                lane.work.set()
                continue
            if was_busy:
                self._work.set()  # perhaps a send is done
                was_busy = False
            lane.work.clear()
            if self._stop.is_set() or lane.closed.is_set():
                lane.work.set()  # it was set for the end, and just cleared: the lane's other threads wait for it
                return
            lane.work.wait(self._pause(lane.channel) if is_scout else None)

    def _pause(self, channel: str) -> float:
        """Return how long the channel's scout sleeps: not beyond the moment at which a limit lets it go on."""
        free_at = self._duties.free_at(channel)
        wait = (free_at - self._duties.clock()).total_seconds() if free_at else LOOK_AGAIN
        return min(LOOK_AGAIN, wait) if wait > 0 else LOOK_AGAIN  # a moment that has passed was of use already

    def _guarded(self, name: str, duty: Callable[[], object]) -> bool:
        """Carry out a duty; trouble is said and tried again, since what waits at a door stays there."""
        self._turned[name] = time.monotonic()
        try:
            done = bool(duty())
            self._refused.pop(name, None)
            return done
        except PublisherError as error:
            if isinstance(error, StoreError):
                self._refused.setdefault(name, (time.monotonic(), error))
            log.error("duty_failed", error=str(error))
        except Exception:
            log.exception("duty_failed")
        finally:
            self._turned[name] = time.monotonic()
        return False


def _collect_rarely() -> None:
    """Let Python look for cycles rarely, and not among what is loaded by now.

    Each reader of a call is several objects, and nearly none is part of a cycle: the search took a tenth of a send.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def drain(duties: Duties, is_over: Callable[[], bool], say_what_waits: Callable[[], bool]) -> None:
    """Drive the duties until it is over: what `send` and `try` do.

    What goes on later is waited for, and looked at once a minute. At Ctrl-C calls under way are finished, and nothing
    more is begun.

    :param say_what_waits: says what goes on later, where that is news, and whether anything does.
    :raises StoreError: the ledger takes nothing more: its disk is full, or its server does not come back.
    """
    engine = Embedded(duties)
    said_at: datetime | None = None
    duties.advance()
    engine.start()
    try:
        while not is_over():
            now = duties.clock()
            if (said_at is None or now - said_at > timedelta(minutes=1)) and say_what_waits():
                said_at = now
            if (trouble := engine.trouble()) is not None:
                raise trouble
            duties.ending.wait(WATCH)
    finally:
        engine.stop()
