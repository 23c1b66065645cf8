"""What a new reader of a list may expect: how many mails a week, and when the next issue comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from publisher.model.message import Welcome
from publisher.model.project import Schedule
from publisher.runtime.slots import slots_after, slots_between
from publisher.store import RowMapping, project_versions, schedules
from publisher.store.sends import SHARED_FOR

if TYPE_CHECKING:
    from publisher.app.core import App

WEEKS = 4  # that are counted: some mails come every other week
MOST = 2_000  # slots that are counted


def expect(app: App, list_name: str) -> tuple[Welcome, datetime]:
    """Return what is to come to all of a list, and since when that is the answer.

    A mail that comes with each new article can't be counted, one to a part of the list is not everybody's.
    """
    now = app.clock()
    with app.store.read() as conn:
        known = schedules.every(conn)
        version_id = schedules.accepted_version(conn)
        accepted_at = [project_versions.get(conn, version_id)["accepted_at"]] if version_id else []
    to_all = [each for each in app.project.schedules.values() if _writes_to_all(each, list_name)]
    awake = [each for each in to_all if not _is_paused(known.get(each.name))]
    per_week = 0 if any(each.when.new for each in awake) else _per_week(app, awake, now)
    said = Welcome(per_week, min((at for each in awake if (at := _next(app, each, now))), default=None))
    paused_at = [row["paused_at"] for each in to_all if (row := known.get(each.name)) and row["paused_at"]]
    return said, max([now - SHARED_FOR, *accepted_at, *paused_at, *(_last(app, each, now) for each in awake)])


def _writes_to_all(schedule: Schedule, list_name: str) -> bool:
    return any(list_name in entry.to and not entry.segment for entry in schedule.send)


def _is_paused(row: RowMapping | None) -> bool:
    return row is not None and row["paused_at"] is not None


def _per_week(app: App, awake: list[Schedule], now: datetime) -> int:
    """Return how many mails a week come; 0 where it is less than one, or more than can be counted."""
    until = now + timedelta(weeks=WEEKS)
    counted = 0
    for each in awake:
        coming = takewhile(lambda slot: slot.due_at <= until, slots_after(each.when, app.zone, now))
        counted += sum(1 for _ in islice(coming, MOST))
    return 0 if counted >= MOST else round(counted / WEEKS)


def _next(app: App, schedule: Schedule, now: datetime) -> datetime | None:
    return next((slot.due_at for slot in slots_after(schedule.when, app.zone, now)), None)


def _last(app: App, schedule: Schedule, now: datetime) -> datetime:
    """Return when the issue before came; no earlier than words are kept for."""
    begun = now - SHARED_FOR
    return max((slot.due_at for slot in slots_between(schedule.when, app.zone, begun, now)), default=begun)
