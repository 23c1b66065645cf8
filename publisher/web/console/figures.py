"""Figures: charts of what left, what came back, who reads and how fast news reach them; each as a table, too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app import figures
from publisher.app.figures import BAD, WATCHED, Delay, Grown, Told, Tried
from publisher.model.call import Outcome
from publisher.speech import day_label
from publisher.web.acts import Acts
from publisher.web.charts import Chart, Series
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HOURS = {"day": 24, "two-days": 48, "week": 168}
DAYS = {"month": 30, "quarter": 90, "year": 366}
BY_DEFAULT = 14  # days of how fast news reach readers
MARKS = 8  # labels that an axis has room for
MOST_LISTS = 6  # that are drawn; the table has them all
LOOKS = {
    Outcome.SENT: "state-sent",
    Outcome.DEFERRED: "state-pending",
    Outcome.UNKNOWN: "state-unknown",
    Outcome.REFUSED: "state-failed",
}

Back = Annotated[Literal["day", "two-days", "week"], Query()]
Far = Annotated[Literal["month", "quarter", "year"], Query()]


class HourRecord(BaseModel):
    """What calls said of deliveries in an hour; one that was put off and tried again is told of each time."""

    at: datetime
    sent: int
    refused: int
    deferred: int
    unknown: int


class HoursRecord(BaseModel):
    """Deliveries by the hour."""

    zone: str
    each: int = Field(description="1: all were counted. Else one of so many requests was, chosen by chance.")
    hours: list[HourRecord]


class DayOfBounces(BaseModel):
    """What became of the mails whose send began on a day, by what providers said until now."""

    day: date
    accepted: int
    bounced: int
    complained: int
    bounce_rate: float | None = Field(description="Per cent; null where nothing was accepted.")
    complaint_rate: float | None = Field(description="Per cent; null where nothing was accepted.")


class ListRecord(BaseModel):
    """How many read a list."""

    name: str
    readers: list[int] = Field(description="At the end of each day; of the last, now.")


class ListsRecord(BaseModel):
    """How lists grew."""

    days: list[date]
    lists: list[ListRecord]


class DayOfDelays(BaseModel):
    """How long it took from an article's publication until a letter with it was accepted, for a day's letters."""

    day: date
    letters: int
    median_minutes: int | None = Field(description="Null where no article says when it was published.")
    p90_minutes: int | None = Field(description="Nine of ten took no longer.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of the figures."""
    router = APIRouter(default_response_class=HTMLResponse)
    _interface(app, acts)

    @router.get("/figures")
    def shown(hours: str = "two-days", days: str = "month") -> Response:
        hours = hours if hours in HOURS else "two-days"
        days = days if days in DAYS else "month"
        return pages.page(
            "figures.html",
            here="figures",
            hours=hours,
            days=days,
            tried=(tried := figures.tried(app, HOURS[hours])),
            told=(told := figures.told(app, DAYS[days])),
            grown=(grown := figures.grown(app, DAYS[days])),
            delays=(delays := figures.delays(app, BY_DEFAULT)),
            draw=Drawn(app, pages.spoken, tried, told, grown, delays),
            limits=(WATCHED, BAD),
            most_lists=MOST_LISTS,
        )

    return router


def _interface(app: App, acts: Acts) -> None:
    @acts.api.get("/figures/deliveries", response_model=HoursRecord)
    def deliveries(back: Back = "two-days") -> HoursRecord:
        """Return what became of deliveries, hour by hour."""
        found = figures.tried(app, HOURS[back])
        hours = [
            HourRecord(at=hour.at.astimezone(app.zone), **{each.value: hour.counts.get(each, 0) for each in Outcome})
            for hour in found.hours
        ]
        return HoursRecord(zone=app.zone.key, each=found.each, hours=hours)

    @acts.api.get("/figures/bounces", response_model=list[DayOfBounces])
    def bounces(back: Far = "month") -> list[DayOfBounces]:
        """Return how many mails bounced and how many readers complained, day by day."""
        return [
            DayOfBounces(
                day=each.day,
                accepted=each.accepted,
                bounced=each.bounced,
                complained=each.complained,
                bounce_rate=each.bounce_rate,
                complaint_rate=each.complaint_rate,
            )
            for each in figures.told(app, DAYS[back])
        ]

    @acts.api.get("/figures/lists", response_model=ListsRecord)
    def lists(back: Far = "month") -> ListsRecord:
        """Return how many read each list, day by day."""
        found = figures.grown(app, DAYS[back])
        every = [ListRecord(name=name, readers=list(readers)) for name, readers in found.lists.items()]
        return ListsRecord(days=list(found.days), lists=every)

    @acts.api.get("/figures/delays", response_model=list[DayOfDelays])
    def delays() -> list[DayOfDelays]:
        """Return how long news took from publication to the inbox, day by day."""
        return [
            DayOfDelays(day=each.day, letters=each.letters, median_minutes=each.median, p90_minutes=each.p90)
            for each in figures.delays(app, BY_DEFAULT)
        ]


class Drawn:
    """The charts of the page. What is said of each comes from the page, which knows its language."""

    def __init__(
        self, app: App, language: str, tried: Tried, told: Sequence[Told], grown: Grown, delays: Sequence[Delay]
    ) -> None:
        self._app, self._language = app, language
        self._tried, self._told, self._grown, self._delays = tried, told, grown, delays

    def deliveries(self, title: str, says: str, names: dict[str, str]) -> Chart:
        hours = self._tried.hours
        series = [
            Series(names[outcome], look, [hour.counts[outcome] for hour in hours]) for outcome, look in LOOKS.items()
        ]
        local = [hour.at.astimezone(self._app.zone) for hour in hours]
        if len(hours) > HOURS["two-days"]:
            marked = [number for number, at in enumerate(local) if at.hour == 0]
            return Chart("deliveries", title, says, [self._label(at) for at in local], series, marked=marked)
        return Chart("deliveries", title, says, [f"{at:%H:%M}" for at in local], series, marked=_marks(len(hours)))

    def bounces(self, title: str, says: str, name: str) -> Chart:
        series = [Series(name, "state-failed", [each.bounce_rate for each in self._told])]
        return Chart("bounces", title, says, *self._by_day(series), told="{:.1f} %".format, least=0.1)

    def complaints(self, title: str, says: str, names: tuple[str, str, str]) -> Chart:
        series = [Series(names[0], "state-unknown", [each.complaint_rate for each in self._told])]
        limits = [
            Series(names[number], look, [limit] * len(self._told))
            for number, look, limit in ((1, "watched", WATCHED), (2, "refusing", BAD))
        ]
        return Chart("complaints", title, says, *self._by_day(series), limits=limits, told="{:.1f} %".format, least=0.1)

    def lists(self, title: str, says: str) -> Chart:
        largest = sorted(self._grown.lists.items(), key=lambda each: -each[1][-1])[:MOST_LISTS]
        series = [Series(name, f"list-{number}", readers) for number, (name, readers) in enumerate(largest)]
        days = [self._label(day) for day in self._grown.days]
        return Chart("lists", title, says, days, series, marked=_marks(len(days)))

    def delays(self, title: str, says: str, names: tuple[str, str]) -> Chart:
        series = [
            Series(names[0], "state-taken", [each.median for each in self._delays]),
            Series(names[1], "state-pending", [each.p90 for each in self._delays]),
        ]
        days = [self._label(each.day) for each in self._delays]
        return Chart("delays", title, says, days, series, marked=_marks(len(days)), told="{:,.0f} min".format)

    def _label(self, day: date) -> str:
        return day_label(day, self._language)

    def _by_day(self, series: list[Series]) -> tuple[list[str], list[Series], list[int]]:
        days = [self._label(each.day) for each in self._told]
        return days, series, _marks(len(days))


def _marks(count: int) -> list[int]:
    """Return which of so many labels are shown: as many as there is room for, the last among them."""
    step = max(-(-count // MARKS), 1)
    return list(range(count - 1, -1, -step))[::-1]
