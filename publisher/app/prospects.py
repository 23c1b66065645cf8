"""When, and to whom, an article may go out next: told to whoever has just written it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.app import composing
from publisher.app.articles import SETTLE, is_inside
from publisher.app.standing import paused
from publisher.model.article import LedgerArticle, Standing
from publisher.model.project import Schedule
from publisher.pipeline import compose
from publisher.pipeline.pacing import paced
from publisher.runtime.slots import slots_after
from publisher.store import articles, schedules

if TYPE_CHECKING:
    from publisher.app.core import App


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one schedule may do with an article."""

    schedule: str
    to: str  # daily by letters; mastodon
    at: datetime | None = None  # when it may go at the earliest; None: see why_not
    why_not: str = ""  # why it stays out


def prospects_of(app: App, article_id: int) -> list[Prospect]:
    """Return what each schedule that reads an article's source may do with it; nothing where it waits for a person."""
    with app.store.read() as conn:
        found = articles.find(conn, [article_id]).get(article_id)
        rows = schedules.every(conn)
    if found is None or found.standing is not Standing.NEW:
        return []
    return [
        _prospect(app, _edition_for(found, each), found, paused(rows.get(each.name)))
        for each in app.project.schedules.values()
        if not each.pick.sources or found.source in each.pick.sources
    ]


def _edition_for(article: LedgerArticle, schedule: Schedule) -> Schedule:
    """Return a schedule as the edition in an article's language has it; as its first where none is in it."""
    editions = schedule.by_language
    return next((each for each in editions if each.languages.has(article.article.language)), editions[0])


def _prospect(app: App, schedule: Schedule, article: LedgerArticle, why_paused: str) -> Prospect:
    to = "; ".join(_addressees(schedule))
    at = _next_at(app, schedule, article)
    if why_paused:
        return Prospect(schedule.label, to, why_not=f"the schedule is paused: {why_paused}")
    if at is None:
        return Prospect(schedule.label, to, why_not="the schedule has no slot any more")
    if schedule.when.outside == "drop" and not is_inside(app, schedule.when, article.first_seen_at):
        return Prospect(schedule.label, to, why_not="it came outside the schedule's hours (outside: drop)")
    alone = replace(schedule, pick=replace(schedule.pick, at_least=1))
    left = compose.decide(alone, [article], elsewhere={}, now=at).left
    return Prospect(schedule.label, to, why_not=left[0][1]) if left else Prospect(schedule.label, to, at)


def _next_at(app: App, schedule: Schedule, article: LedgerArticle) -> datetime | None:
    rest = composing.rests(app, SETTLE if schedule.when.new else timedelta())[article.source]
    ready_at = max(rest.ends_at(article), app.clock())
    if schedule.when.new:
        return paced(schedule, app.zone, ready_at, earlier=())
    slot = next(slots_after(schedule.when, app.zone, ready_at), None)
    return slot.due_at if slot else None


def _addressees(schedule: Schedule) -> Iterator[str]:
    for entry in schedule.send:
        yield f"{', '.join(entry.to)} by {entry.via}" if entry.to else entry.via
