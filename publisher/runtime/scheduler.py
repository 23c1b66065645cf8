"""APScheduler wakes us at slots and polls; what is due is decided from the ledger, by whoever is woken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from publisher.clock import now as wall_clock
from publisher.model.project import Project, When
from publisher.runtime.slots import slots_after

WAKE_AT_LEAST = timedelta(seconds=5)  # a suspended laptop or a stepped clock is noticed


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler ships no types
    """Fires at a schedule's slots, by our own rules for daylight saving."""

    def __init__(self, when: When, zone: ZoneInfo) -> None:
        self._when = when
        self._zone = zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        slot = next(slots_after(self._when, self._zone, previous or now), None)
        return None if slot is None else slot.due_at


def start(
    project: Project, *, fire: Callable[[], None], poll: Mapping[str, Callable[[], object]]
) -> BackgroundScheduler:
    """Start waking: `fire` at every slot and at least each 5 s, each source's poll at its own rhythm.

    Jobs live in memory and are rebuilt from the file; a job only sets the work off and is never the work's record.
    """
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone=ZoneInfo("UTC"), job_defaults=defaults)
    zone = ZoneInfo(project.publication.timezone)
    for schedule in project.schedules.values():
        if not schedule.when.new:
            scheduler.add_job(fire, SlotTrigger(schedule.when, zone), id=f"slot:{schedule.name}")
    scheduler.add_job(fire, IntervalTrigger(seconds=WAKE_AT_LEAST.total_seconds()), id="wake")
    for name, poll_source in poll.items():
        every = project.sources[name].every
        trigger = IntervalTrigger(seconds=every.total_seconds(), timezone=ZoneInfo("UTC"))
        scheduler.add_job(poll_source, trigger, id=f"poll:{name}", next_run_time=wall_clock())
    scheduler.start()
    return scheduler
