"""Which channels warm up a new domain: the day, its number, and how much of that is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from publisher.model.hours import day_of
from publisher.model.project import Project
from publisher.model.warming import days_of
from publisher.speech.phrases import _, ngettext
from publisher.store import Connection, limits


@dataclass(frozen=True, slots=True)
class Warming:
    """A channel that warms up."""

    channel: str
    day: int  # the first is 1; 0: it begins with the first letter
    days: int
    most: int  # recipients of this day, or of the first
    used: int

    def __str__(self) -> str:
        if not self.day:
            return ngettext(
                "warms up from its first letter on: %(count)s day, %(most)s recipients on the first",
                "warms up from its first letter on: %(count)s days, %(most)s recipients on the first",
                self.days,
                most=self.most,
            )
        return _(
            "warms up: day %(day)s of %(days)s, %(used)s of today's %(most)s recipients are used",
            day=self.day,
            days=self.days,
            used=self.used,
            most=self.most,
        )


def warming(conn: Connection, project: Project, now: datetime) -> Iterator[Warming]:
    """Yield the channels whose warm-up is not over."""
    today = day_of(now, ZoneInfo(project.publication.timezone))
    for rules in map(project.rules_of, project.channels):
        if rules.warm_up is None:
            continue
        first = limits.first_day(conn, limits.warming(rules.name, rules.sends_as))
        day = 0 if first is None else max(0, (date.fromisoformat(today) - first).days) + 1
        most = limits.number_of(conn, rules, today)
        if day <= days_of(rules.warm_up) and most is not None:
            used = limits.used_on(conn, limits.daily(rules.name), today, lock=False)
            yield Warming(rules.name, day, days_of(rules.warm_up), most, used)
