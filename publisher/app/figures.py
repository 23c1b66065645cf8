"""What charts are drawn from: deliveries by the hour, bounces and complaints, lists, how fast news arrive."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from publisher.app.calendar import DAY, midnight
from publisher.model.call import Outcome
from publisher.store import RowMapping, figures
from publisher.store.figures import HOUR, MINUTE
from publisher.store.sends import REGULAR, STANDING
from publisher.store.tables import EPOCH

if TYPE_CHECKING:
    from publisher.app.core import App

AN_HOUR = timedelta(hours=1)
WATCHED, BAD = 0.1, 0.3  # per cent of complaints: above the first providers look closer, above the second they refuse


@dataclass(frozen=True, slots=True)
class Hour:
    """What calls said of deliveries in an hour; one that was put off and tried again is told of each time."""

    at: datetime  # its beginning
    counts: Mapping[Outcome, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Tried:
    """What left by the hour."""

    hours: tuple[Hour, ...]
    each: int  # for how many each call that was looked at stands: more than 1 where there are too many to count all

    @property
    def totals(self) -> dict[Outcome, int]:
        return {outcome: sum(hour.counts[outcome] for hour in self.hours) for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the mails of a day, by what providers said until now."""

    day: date
    accepted: int  # letters that providers took
    bounced: int  # of these, did not arrive
    complained: int  # of these, whose reader called it spam

    @property
    def bounce_rate(self) -> float | None:
        """Per cent; None where nothing was accepted."""
        return _percent(self.bounced, self.accepted)

    @property
    def complaint_rate(self) -> float | None:
        """Per cent; None where nothing was accepted."""
        return _percent(self.complained, self.accepted)


@dataclass(frozen=True, slots=True)
class Grown:
    """How many read each list at the end of each day; of the last day, now."""

    days: tuple[date, ...]
    lists: Mapping[str, tuple[int, ...]]


@dataclass(slots=True)
class Delay:
    """How long it took from an article's publication until a letter with it was accepted, for the letters of a day."""

    day: date
    letters: int = 0
    by_minute: Counter[int] = field(default_factory=Counter)  # minutes it took: how often

    @property
    def median(self) -> int | None:
        """Minutes; None where no article says when it was published."""
        return _quantile(self.by_minute, 0.5)

    @property
    def p90(self) -> int | None:
        """Minutes within which nine of ten came."""
        return _quantile(self.by_minute, 0.9)


def tried(app: App, hours: int) -> Tried:
    """Return what calls said of deliveries in the last so many hours, the present one included."""
    end = _hour(app.clock()) + AN_HOUR
    begin = end - hours * AN_HOUR
    with app.store.read() as conn:
        some = figures.calls_between(conn, begin, end)
        found = figures.tried(conn, some, HOUR)
        left_out = _of_practice(app, figures.sends_with(conn, {row[0] for row in found}))
    counted: defaultdict[int, Counter[Outcome]] = defaultdict(Counter)
    for send_id, hour, outcome, count in found:
        if send_id not in left_out:
            counted[hour][Outcome(outcome)] += count
    every = [begin + number * AN_HOUR for number in range(hours)]
    return Tried(tuple(Hour(at, counted[_number(at)]) for at in every), some.each)


def told(app: App, count: int) -> list[Told]:
    """Return what was said of the mails of each of the last so many days, by the day on which their send began."""
    days = _days(app, count)
    with app.store.read() as conn:
        begun = figures.sends_begun(conn, midnight(days[0], app.zone))
        said = figures.told_later(conn, midnight(days[0], app.zone))
    left_out = _of_practice(app, {row["id"]: row for row in begun})
    found = {day: [0, 0, 0] for day in days}
    for row in begun:
        if row["id"] in left_out or not _is_mail(row):
            continue
        bounced, complained = said.get(row["id"], (0, 0))
        sums = found.get(row["started_at"].astimezone(app.zone).date(), [0, 0, 0])
        for place, number in enumerate((row["sent"] + bounced, bounced, complained)):
            sums[place] += number
    return [Told(day, *sums) for day, sums in found.items()]


def grown(app: App, count: int) -> Grown:
    """Return how many read each list on each of the last so many days."""
    days = _days(app, count)
    with app.store.read() as conn:
        now = figures.readers_now(conn)
        moved = figures.came_and_went(conn, midnight(days[0], app.zone))
    net: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for name, quarter, more in moved:
        net[name][(EPOCH + quarter * timedelta(minutes=15)).astimezone(app.zone).date()] += more
    return Grown(tuple(days), {name: _backwards(readers, days, net[name]) for name, readers in now.items()})


def delays(app: App, count: int) -> list[Delay]:
    """Return how long news took to their readers, for the letters of each of the last so many days."""
    days = _days(app, count)
    begin, end = midnight(days[0], app.zone), midnight(days[-1] + DAY, app.zone)
    with app.store.read() as conn:
        some = figures.calls_between(conn, begin, end)
        sent = [row for row in figures.tried(conn, some, MINUTE) if row[2] == Outcome.SENT]
        known = figures.sends_with(conn, {row[0] for row in sent})
        published = figures.published(conn, {row["edition_id"] for row in known.values() if row["edition_id"]})
    left_out = _of_practice(app, known)
    found = {day: Delay(day) for day in days}
    for send_id, minute, _, letters in sent:
        send, at = known[send_id], EPOCH + minute * timedelta(minutes=1)
        day = found.get(at.astimezone(app.zone).date())
        if day is not None and send_id not in left_out and send["kind"] == REGULAR and _is_mail(send):
            day.letters += letters
            for published_at in published.get(send["edition_id"], ()):
                day.by_minute[max((at - published_at) // timedelta(minutes=1), 0)] += letters
    return list(found.values())


def _of_practice(app: App, rows: Mapping[int, RowMapping]) -> set[int]:
    """Return which sends never left this machine; while the project practises, they are all there is."""
    return set() if app.is_practice else {number for number, row in rows.items() if row["practice"] is not None}


def _is_mail(send: RowMapping) -> bool:
    return bool(send["audience"]) or send["kind"] == STANDING


def _days(app: App, count: int) -> list[date]:
    today = app.clock().astimezone(app.zone).date()
    return [today - number * DAY for number in reversed(range(count))]


def _backwards(readers: int, days: Iterable[date], net: Mapping[date, int]) -> tuple[int, ...]:
    """Return how many there were at the end of each day, from how many there are and how many came and went since."""
    found = []
    for day in reversed(list(days)):
        found.append(readers)
        readers -= net[day]
    return tuple(reversed(found))


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _number(hour: datetime) -> int:
    return (hour - EPOCH) // AN_HOUR


def _percent(some: int, of: int) -> float | None:
    return 100 * some / of if of else None


def _quantile(counted: Counter[int], share: float) -> int | None:
    """Return the least number that so large a share of all is not above; None of nothing."""
    rest = share * sum(counted.values())
    for number in sorted(counted):
        rest -= counted[number]
        if counted[number] > 0 and rest <= 0:
            return number
    return None
