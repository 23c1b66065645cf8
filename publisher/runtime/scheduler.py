"""APScheduler wakes us at slots and polls; what is due is decided from the ledger, by whoever is woken."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock, Thread
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from publisher.clock import now as wall_clock
from publisher.model.project import Project, When
from publisher.runtime.duty import Duty
from publisher.runtime.slots import slots_after

log = structlog.get_logger()

WAKE_AT_LEAST = timedelta(seconds=5)  # a suspended laptop or a stepped clock is noticed
STALLED_AFTER = 120.0  # seconds: it wakes each 5 s; polling slow sources for an edition may take a while
STOP_PATIENCE = 10.0  # seconds for what is being composed


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler ships no types
    """Fires at a schedule's slots, by our own rules for daylight saving."""

    def __init__(self, when: When, zone: ZoneInfo) -> None:
        self._when = when
        self._zone = zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        slot = next(slots_after(self._when, self._zone, previous or now), None)
        return None if slot is None else slot.due_at


class Ticker:
    """Wakes the duties at every slot and at least each 5 s, and polls each source at its own rhythm.

    Jobs live in memory and are rebuilt from the file; a job only sets the work off and is never the work's record.

    :param fire: fires what is due.
    :param others: further duties that are woken each 5 s.
    :param poll: looks at the source of this name.
    :param look: notes that someone is watching; must be quick.
    """

    def __init__(
        self,
        *,
        fire: Callable[[], object],
        poll: Callable[[str], object],
        look: Callable[[], object],
        others: Sequence[Duty] = (),
    ) -> None:
        self._fire = Duty("slots", fire)
        self._duties = [self._fire, *others]
        self._poll = poll
        self._look = look
        self._polling: set[str] = set()
        self._lock = Lock()
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(timezone=ZoneInfo("UTC"), job_defaults=defaults)
        self._rhythms: dict[str, timedelta] = {}  # of the sources that have a job

    @property
    def last_tick_at(self) -> float:
        """When slots were last looked at, to the end and without a failure, on the monotonic clock."""
        return self._fire.done_at

    def is_alive(self) -> bool:
        """Say whether slots are looked at; by the monotonic clock, which a stepped one neither stops nor feigns."""
        return time.monotonic() - self.last_tick_at <= STALLED_AFTER

    def start(self, project: Project) -> None:
        """Begin; returns at once."""
        self._scheduler.add_job(self._wake, IntervalTrigger(seconds=WAKE_AT_LEAST.total_seconds()), id="wake")
        self.plan(project)
        for duty in self._duties:
            duty.start()
            duty.wake()
        self._scheduler.start()

    def plan(self, project: Project) -> None:
        """Wake at the slots of this project from now on, and poll its sources."""
        for job in self._scheduler.get_jobs():
            if job.id.startswith("slot:"):
                job.remove()
        zone = ZoneInfo(project.publication.timezone)
        for schedule in project.schedules.values():
            if not schedule.when.new:
                trigger = SlotTrigger(schedule.when, zone)
                self._scheduler.add_job(self._fire.wake, trigger, id=f"slot:{schedule.name}")
        self._plan_polls({name: source.every for name, source in project.sources.items()})

    def _plan_polls(self, wanted: dict[str, timedelta]) -> None:
        for name, every in {**self._rhythms, **wanted}.items():
            if wanted.get(name) == self._rhythms.get(name):
                continue  # its rhythm goes on
            if name in self._rhythms:
                self._scheduler.remove_job(f"poll:{name}")
            if name in wanted:
                trigger = IntervalTrigger(seconds=every.total_seconds(), timezone=ZoneInfo("UTC"))
                now = wall_clock()
                self._scheduler.add_job(self._begin_poll, trigger, [name], id=f"poll:{name}", next_run_time=now)
        self._rhythms = wanted

    def shutdown(self) -> None:
        """Wake nobody any more, and wait for what is being composed."""
        self._scheduler.shutdown(wait=False)
        for duty in self._duties:
            duty.end()
        until = time.monotonic() + STOP_PATIENCE
        for duty in self._duties:
            duty.stop(max(0.0, until - time.monotonic()))

    def _wake(self) -> None:
        self._look()
        for duty in self._duties:
            duty.wake()

    def _begin_poll(self, name: str) -> None:
        """Poll in a thread of its own, unless the last poll of this source has not come to its end yet."""
        with self._lock:
            if name in self._polling:
                return
            self._polling.add(name)
        Thread(target=self._poll_to_the_end, args=(name,), name=f"poll-{name}", daemon=True).start()

    def _poll_to_the_end(self, name: str) -> None:
        try:
            self._poll(name)
        except Exception:
            log.exception("poll_failed", source=name)
        finally:
            with self._lock:
                self._polling.discard(name)
