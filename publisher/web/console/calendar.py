"""The calendar: a week or a month of slots and what became of them, mail and posts in one grid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app.calendar import DAY, OFTEN, Band, Calendar, Item, What, calendar, days, midnight
from publisher.app.plan import YEARS
from publisher.clock import require_aware
from publisher.errors import UsageError
from publisher.model.project import BREAKING
from publisher.web.acts import Acts
from publisher.web.console.addresses import address
from publisher.web.console.paging import PAGE, Limit, Mark, Page, Word, cut, pack, unpack
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

SHOWN = {"day": 1_000, "week": 10, "month": 4}  # things of a day; more than that folds
FOLDED = {"day": 0, "week": 20, "month": 8}  # that stand in the fold; the day's own page has them all
LONGEST = timedelta(days=62)  # that is asked for at once
SAID = 20  # characters of what was asked in vain that are said back
WEEK = 7
FORMS = {"day": r"(\d{4})-(\d{2})-(\d{2})", "week": r"(\d{4})-W(\d{2})", "month": r"(\d{4})-(\d{2})"}
REST = {"day": "", "week": "-1", "month": "-01"}  # of the first day's date, what such a name leaves out


@dataclass(frozen=True, slots=True)
class Span:
    """What a page of the calendar shows: a day, a week, or the whole weeks of a month, Monday first."""

    view: str  # day, week, month
    first: date
    count: int  # of days
    said: str  # as its address says it: 2026-11-24, 2026-W48, 2026-11
    earlier: str  # empty: there is nothing earlier that a calendar knows
    later: str
    month: int = 0  # the days of others are only there to fill the weeks

    @property
    def last(self) -> date:
        return self.first + (self.count - 1) * DAY

    @property
    def middle(self) -> date:
        """A day of the month that most of it is in."""
        return self.first + self.count // 2 * DAY


class SlotRecord(BaseModel):
    """One thing in the calendar."""

    at: datetime
    what: What
    schedule: str
    slot: str = Field(description="The key of its slot; with the schedule it names one slot for ever.")
    channels: list[str]
    lists: list[str] = Field(description="Whom its mails go to.")
    state: str = Field(description="`planned`, or how the edition, or the one message, stands.")
    why: str = Field(description="Why it was skipped, cancelled or held.")
    language: str = Field(description="Of an edition whose slot has several; else empty.")
    edition: int | None
    sent: int = Field(description="Deliveries that its providers accepted.")
    practice: bool


class BandRecord(BaseModel):
    """A schedule that is told of as a whole: it is paused, waits for new articles, or comes very often."""

    schedule: str
    channels: list[str]
    paused: str = Field(description="Why; empty: it is not paused.")
    slots: list[datetime] = Field(description="The next ones of a schedule that comes more than 12 times a day.")


class CutRecord(BaseModel):
    """A schedule with more slots than are worked out at once."""

    schedule: str
    after: datetime = Field(description="Later ones are left out: ask for a shorter time.")


class Slots(Page[SlotRecord]):
    """A stretch of the calendar."""

    zone: str = Field(description="The publication's.")
    bands: list[BandRecord]
    cuts: list[CutRecord]


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of the calendar."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/calendar")
    def grid(day: Word = "", week: Word = "", month: Word = "", schedule: Word = "", channel: Word = "") -> Response:
        today = app.clock().astimezone(app.zone).date()
        said = {"day": day, "month": month, "week": week}
        view = next((name for name, value in said.items() if value), "week")
        span = _asked(view, said[view])
        trouble = "" if span or not said[view] else said[view][:SAID]
        span = span or span_of(view, today)
        begin, end = midnight(span.first, app.zone), midnight(span.last + DAY, app.zone)
        found = calendar(app, begin, end, schedule=schedule, channel=channel)
        return pages.page(
            "calendar.html",
            here="calendar",
            span=span,
            days=days(found, span.first, span.count, app.zone),
            found=found,
            today=today,
            now=app.clock(),
            trouble=trouble,
            most=SHOWN[span.view],
            folded=SHOWN[span.view] + FOLDED[span.view],
            schedule=schedule,
            channel=channel,
            schedules=list(app.project.schedules),
            channels=list(app.project.channels),
            link=_Links(app, schedule, channel),
            several=_several(found.items),
            posts={name for name in app.project.channels if name not in _mail_channels(app)},
            often=OFTEN,
            BREAKING=BREAKING,
        )

    @acts.api.get("/slots", response_model=Slots)
    def slots(
        since: Annotated[datetime, Query(alias="from")],
        to: datetime,
        schedule: Word = "",
        channel: Word = "",
        after: Mark = "",
        limit: Limit = PAGE,
    ) -> Slots:
        """Return what was and what comes in a stretch of at most 62 days, in order."""
        begin, end = (_moment(app, said) for said in (since, to))
        if not begin < end <= begin + LONGEST:
            raise UsageError("`from` and `to` are no stretch of time", remedy=f"At most {LONGEST.days} days, forward")
        found = calendar(app, begin, end, schedule=schedule, channel=channel)
        return _page_of(app, found, after, limit)

    return router


# --- which days -------------------------------------------------------------------------------------------------------


def span_of(view: str, day: date) -> Span:
    """Return the day, the week or the month that a day is in."""
    if view == "day":
        return Span(view, day, 1, f"{day}", _said(f"{day - DAY}"), _said(f"{day + DAY}"))
    if view == "week":
        monday = day - day.weekday() * DAY
        said, earlier, later = (_week_name(monday + number * WEEK * DAY) for number in (0, -1, 1))
        return Span(view, monday, WEEK, said, earlier, later)
    begin, end = day.replace(day=1), date(day.year + day.month // 12, day.month % 12 + 1, 1)
    first = begin - begin.weekday() * DAY
    count = -(-(end - first).days // WEEK) * WEEK
    earlier, later = (_said(f"{each:%Y-%m}") for each in (begin - DAY, end))
    return Span(view, first, count, f"{begin:%Y-%m}", earlier, later, day.month)


def _week_name(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return _said(f"{year}-W{week:02}")


def _said(name: str) -> str:
    """Return how an address says a stretch of time; empty where no calendar is certain of it."""
    return name if int(name[:4]) in YEARS else ""


def _asked(view: str, said: str) -> Span | None:
    """Return the stretch of time that was asked for; None where it is none."""
    found = re.fullmatch(FORMS[view], said.strip(), re.ASCII)
    if found is None or int(found[1]) not in YEARS:
        return None
    try:
        first = date.fromisoformat(found[0] + REST[view])
    except ValueError:  # there is no 30 February, and not every year has a 53rd week
        return None
    return span_of(view, first)


# --- what the page shows ----------------------------------------------------------------------------------------------


class _Links:
    """The addresses that the page leads to, with what is filtered by."""

    def __init__(self, app: App, schedule: str, channel: str) -> None:
        self._app = app
        self._kept = {"schedule": schedule, "channel": channel}

    def to(self, view: str, said: str = "") -> str:
        return address("/calendar", **{view: said}, **self._kept)

    def around(self, view: str, day: date) -> str:
        """The stretch of time that a day is in."""
        return self.to(view, span_of(view, day).said)

    def alone(self, span: Span, schedule: str) -> str:
        """The same for one schedule, which then shows all its slots."""
        return address("/calendar", **{span.view: span.said}, **(self._kept | {"schedule": schedule}))

    def item(self, item: Item) -> str:
        """What a thing opens to: its edition; or what would go out at the slot, if it were now. Empty: nothing."""
        if item.edition is not None:
            return f"/editions/{item.edition}"
        return self.preview(item.schedule, item.language, item.at.astimezone(self._app.zone).isoformat())

    def preview(self, schedule: str, language: str = "", at: str = "") -> str:
        said = urlencode({name: value for name, value in (("at", at), ("language", language)) if value})
        return f"/schedules/{quote(schedule, safe='')}/preview{'?' if said else ''}{said}"


def _mail_channels(app: App) -> set[str]:
    """Return the channels by which letters go to lists."""
    return {entry.via for each in app.project.schedules.values() for entry in each.send if entry.to}


def _several(items: Sequence[Item]) -> set[tuple[str, str]]:
    """Return the slots of which more than one edition stands here, each in a language of its own."""
    counted = Counter((item.schedule, item.slot) for item in items if item.language)
    return {slot for slot, count in counted.items() if count > 1}


# --- what a program is told -------------------------------------------------------------------------------------------


def _moment(app: App, said: datetime) -> datetime:
    """Return a moment that a program said, by the publication's clock where it names no zone.

    :raises UsageError: no calendar is certain of it.
    """
    if said.year not in YEARS:
        raise UsageError("`from` and `to` are in no year of a calendar", remedy="Write them like 2026-11-24T07:00")
    return require_aware(said if said.tzinfo else said.replace(tzinfo=app.zone))


def _page_of(app: App, found: Calendar, after: str, limit: int) -> Slots:
    last = unpack(after, str)[0] if after else ""
    items, mark = cut([item for item in found.items if _place(item) > last], limit, lambda item: pack(_place(item)))
    return Slots(
        zone=app.zone.key,
        items=[_record(app, item) for item in items],
        bands=[_band_record(app, band) for band in found.bands],
        cuts=[CutRecord(schedule=cut.schedule, after=cut.after.astimezone(app.zone)) for cut in found.cuts],
        after=mark,
    )


def _place(item: Item) -> str:
    """Return an item's place in the order, as text that sorts as it does."""
    at, *rest, number = item.order
    return " ".join([f"{at:%Y-%m-%dT%H:%M:%S.%f}", *rest, f"{number:020}"])


def _band_record(app: App, band: Band) -> BandRecord:
    slots = [slot.astimezone(app.zone) for slot in band.slots]
    return BandRecord(schedule=band.schedule.name, channels=list(band.channels), paused=band.paused, slots=slots)


def _record(app: App, item: Item) -> SlotRecord:
    same = ("what", "schedule", "slot", "state", "why", "language", "edition", "sent")
    said: dict[str, Any] = {name: getattr(item, name) for name in same}
    said |= {"channels": list(item.channels), "lists": list(item.lists), "practice": item.is_practice}
    return SlotRecord(**said, at=item.at.astimezone(app.zone))
