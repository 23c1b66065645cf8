"""Each schedule as people look for it: when it fires, what comes next, whether it is paused, what it sent last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping

from publisher.model.firing import in_words
from publisher.model.project import Schedule
from publisher.runtime.slots import slots_after
from publisher.store import schedules

if TYPE_CHECKING:
    from publisher.app.core import App

NEXT = 3  # slots


@dataclass(frozen=True, slots=True)
class View:
    """One schedule as it stands."""

    schedule: Schedule
    fires: str  # in words
    slots: tuple[datetime, ...]  # the next ones; of one that is paused none fires
    row: RowMapping | None  # what the ledger knows of it
    last: RowMapping | None  # its newest edition

    @property
    def name(self) -> str:
        return self.schedule.name

    @property
    def is_paused(self) -> bool:
        return self.row is not None and self.row["paused_at"] is not None

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.via for entry in self.schedule.send))

    def is_found_by(self, words: str) -> bool:
        """Say whether each word stands in its name, its lists, its channels or its sources."""
        said = " ".join((self.name, *self.schedule.mails_to, *self.channels, *self.schedule.pick.sources))
        return all(word in said.casefold() for word in words.casefold().split())


def views(app: App, chosen: Iterable[Schedule] | None = None) -> list[View]:
    """Return schedules in the order of the file; None: all."""
    with app.store.read() as conn:
        rows, last = schedules.every(conn), schedules.last_editions(conn)
    return [_view(app, each, rows, last) for each in (app.project.schedules.values() if chosen is None else chosen)]


def _view(app: App, schedule: Schedule, rows: Mapping[str, RowMapping], last: Mapping[str, RowMapping]) -> View:
    found = () if schedule.when.new else slots_after(schedule.when, app.zone, app.clock())
    slots = tuple(slot.due_at for slot in islice(found, NEXT))
    return View(schedule, in_words(schedule.when), slots, rows.get(schedule.name), last.get(schedule.name))


GROUPS = ("paused", "today", "tomorrow", "week", "later", "new", "never")


def group_of(view: View, app: App) -> str:
    """Return by which heading people look for it: by the day on which it fires next."""
    if view.is_paused:
        return "paused"
    if view.schedule.when.new:
        return "new"
    if not view.slots:
        return "never"
    days = (view.slots[0].astimezone(app.zone).date() - app.clock().astimezone(app.zone).date()).days
    return "today" if days <= 0 else "tomorrow" if days == 1 else "week" if days < 7 else "later"
