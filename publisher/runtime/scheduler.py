"""APScheduler wakes us at slots; what is due is decided from the ledger, by whoever is woken."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from publisher.model.project import Project, When
from publisher.runtime.duty import Duty
from publisher.runtime.slots import slots_after

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
    """Wakes the duties at every slot and at least each 5 s.

    Jobs live in memory and are rebuilt from the file; a job only sets the work off and is never the work's record.

    :param fire: fires what is due.
    :param others: further duties that are woken each 5 s.
    :param look: notes that someone is watching; must be quick.
    """

    def __init__(
        self,
        *,
        fire: Callable[[], object],
        look: Callable[[], object],
        others: Sequence[Duty] = (),
    ) -> None:
        self._fire = Duty("slots", fire)
        self._duties = [self._fire, *others]
        self._look = look
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(timezone=ZoneInfo("UTC"), job_defaults=defaults)

    @property
    def last_tick_at(self) -> float:
        """When slots were last looked at, to the end and without a failure, on the monotonic clock."""
        return self._fire.done_at

    def is_alive(self) -> bool:
        """Say whether slots are looked at; by the monotonic clock, which a stepped one neither stops nor feigns."""
        return time.monotonic() - self.last_tick_at <= STALLED_AFTER

    def is_turning(self) -> bool:
        """Say whether slots are looked at, though perhaps in vain: nobody wakes them where APScheduler has ended."""
        return all(duty.is_turning() for duty in self._duties)

    def start(self, project: Project) -> None:
        """Begin; returns at once."""
        self._scheduler.add_job(self._wake, IntervalTrigger(seconds=WAKE_AT_LEAST.total_seconds()), id="wake")
        self.plan(project)
        for duty in self._duties:
            duty.start()
            duty.wake()
        self._scheduler.start()

    def plan(self, project: Project) -> None:
        """Wake at the slots of this project from now on."""
        for job in self._scheduler.get_jobs():
            if job.id.startswith("slot:"):
                job.remove()
        zone = ZoneInfo(project.publication.timezone)
        for schedule in project.schedules.values():
            if not schedule.when.new:
                trigger = SlotTrigger(schedule.when, zone)
                self._scheduler.add_job(self._fire.wake, trigger, id=f"slot:{schedule.name}")

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
