"""The calendar: what went out, what waits and what comes, by schedule and channel, mail and posts in one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.app.standing import paused
from publisher.model.daytimes import to_utc
from publisher.model.project import BREAKING, Schedule
from publisher.model.states import EditionState, SendState
from publisher.runtime.slots import Slot, slots_between
from publisher.store import Connection, RowMapping, facts, schedules, timetable

if TYPE_CHECKING:
    from publisher.app.core import App

MOST_SLOTS = 5_000  # to come, that are worked out for one page
FEWEST = 60  # of one schedule, however many there are
OFTEN = 12  # slots within a day: a schedule that has more is told of in a line, not slot by slot
LOOKED = 2 * OFTEN + 1  # slots by which that is found out
MOST_ROWS = 5_000  # of the ledger
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
PLANNED = "planned"
E, S = EditionState, SendState
STOPPED = (S.HELD, S.PAUSED, S.WAITING)  # a person is needed
ON_ITS_WAY = (S.SENDING, S.ADDRESSED)


class What(StrEnum):
    """What stands in the calendar."""

    SLOT = "slot"  # to come, or come and not decided yet
    EDITION = "edition"
    QUEUED = "queued"  # one message that has a turn of its own, later than its edition's slot
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing at its moment."""

    at: datetime  # aware UTC
    what: What
    schedule: str
    slot: str  # its key
    channels: tuple[str, ...]
    lists: tuple[str, ...] = ()  # whom its mails go to
    state: str = PLANNED
    why: str = ""  # it was skipped, cancelled or held
    language: str = ""  # where the slot has several editions, that of this one
    edition: int | None = None
    send: int | None = None  # of one message alone
    sent: int = 0  # deliveries
    is_practice: bool = False

    @property
    def order(self) -> tuple[datetime, str, str, str, str, int]:
        """Its place in the order of the calendar; no two things have the same."""
        return self.at, self.schedule, self.slot, self.language, self.what, self.send or self.edition or 0


@dataclass(frozen=True, slots=True)
class Band:
    """A schedule that is told of in a line for the whole stretch: paused, for each new article, or too often."""

    schedule: Schedule
    channels: tuple[str, ...]
    paused: str = ""  # why
    slots: tuple[datetime, ...] = ()  # the next ones of one that comes more than OFTEN times a day


@dataclass(frozen=True, slots=True)
class Cut:
    """A schedule of which no slot after a moment was worked out: there are too many."""

    schedule: str
    after: datetime


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clocks are set on this day."""

    at: datetime  # aware, in the publication's zone: the first moment by the new time
    before: time  # what they show when they are set
    after: time  # and what from then on

    @property
    def is_back(self) -> bool:
        """Say whether the times between come twice; else they don't come at all."""
        return self.after < self.before


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the publication's zone."""

    date: date
    items: tuple[Item, ...]
    change: ClockChange | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """A stretch of time."""

    items: tuple[Item, ...]  # in order
    bands: tuple[Band, ...]
    cuts: tuple[Cut, ...]


def calendar(app: App, since: datetime, until: datetime, *, schedule: str = "", channel: str = "") -> Calendar:
    """Return what was and what comes from `since` on and before `until`. Writes nothing, and asks no source.

    :param schedule: only of this one; empty: of all.
    :param channel: only what goes by this one; empty: by any.
    """
    with app.store.read() as conn:
        known = schedules.every(conn)
        names = [schedule] if schedule else sorted({*known, *app.project.schedules, BREAKING})
        rows = timetable.editions_between(conn, names, since, until, limit=MOST_ROWS)
        past = [*_editions(conn, app, rows), *_others(conn, since, until)]
    chosen = [each for each in app.project.schedules.values() if schedule in ("", each.name)]
    chosen = [each for each in chosen if not channel or channel in _channels(each)]
    ahead = _Ahead(app, known, since, until, most=max(FEWEST, MOST_SLOTS // max(len(chosen), 1)))
    had = {(row["schedule"], row["slot"], row["language"]) for row in rows}
    for each in chosen:
        ahead.look(each, had, is_alone=bool(schedule))
    items = [each for each in (*past, *ahead.items) if _is_asked_for(each, schedule, channel)]
    return Calendar(tuple(sorted(items, key=lambda each: each.order)), tuple(ahead.bands), tuple(ahead.cuts))


def _is_asked_for(item: Item, schedule: str, channel: str) -> bool:
    return schedule in ("", item.schedule) and (not channel or channel in item.channels)


def days(found: Calendar, first: date, count: int, zone: ZoneInfo) -> list[Day]:
    """Return a calendar by days of the zone."""
    by_day: defaultdict[date, list[Item]] = defaultdict(list)
    for item in found.items:
        by_day[item.at.astimezone(zone).date()].append(item)
    every = [first + number * DAY for number in range(count)]
    return [Day(day, tuple(by_day[day]), clock_change(day, zone)) for day in every]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a day begins."""
    return to_utc(datetime.combine(day, time()), zone)


def clock_change(day: date, zone: ZoneInfo) -> ClockChange | None:
    """Return how the clocks are set on a day; None where they aren't."""
    low, high = midnight(day, zone), midnight(day + DAY, zone)
    before, after = low.astimezone(zone).utcoffset(), high.astimezone(zone).utcoffset()
    if before == after or before is None:
        return None
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    local = high.astimezone(zone)
    return ClockChange(local, (high + before).time(), local.time())


# --- what is to come --------------------------------------------------------------------------------------------------


class _Ahead:
    """Works out what is not decided yet, schedule by schedule.

    :param most: slots of one schedule.
    """

    def __init__(
        self, app: App, known: Mapping[str, RowMapping], since: datetime, until: datetime, *, most: int
    ) -> None:
        self._app, self._known = app, known
        self._since, self._until = since - MOMENT, until - MOMENT
        self._most = most
        self.items: list[Item] = []
        self.bands: list[Band] = []
        self.cuts: list[Cut] = []

    def look(self, schedule: Schedule, had: set[tuple[str, str, str]], *, is_alone: bool) -> None:
        """Take in a schedule's slots.

        :param had: the slots that have an edition, each with its language.
        :param is_alone: it is the only one that is asked for: all its slots are wanted, however many.
        """
        row = self._known.get(schedule.name)
        why = paused(row)
        if why or schedule.when.new:
            self.bands.append(Band(schedule, _channels(schedule), why))
            return
        begun = max(self._since, row["considered_until"] if row else self._app.clock())
        slots = self._slots(schedule, begun, LOOKED)
        if not is_alone and _is_often(slots):
            self.bands.append(Band(schedule, _channels(schedule), slots=tuple(slot.due_at for slot in slots[:3])))
            return
        slots = slots if len(slots) < LOOKED else self._slots(schedule, begun, self._most + 1)
        if len(slots) > self._most:
            self.cuts.append(Cut(schedule.name, slots[self._most - 1].due_at))
        views = [(view, self._app.project.language_of(view)) for view in schedule.by_language]
        for slot in slots[: self._most]:
            missing = [view for view, language in views if (schedule.name, slot.key, language) not in had]
            self.items += [_planned(view, slot) for view in missing]

    def _slots(self, schedule: Schedule, after: datetime, most: int) -> list[Slot]:
        return slots_between(schedule.when, self._app.zone, after, self._until, most=most)


def _is_often(slots: Sequence[Slot]) -> bool:
    """Say whether more than OFTEN of these slots lie within a day."""
    pairs = zip(slots, slots[OFTEN:], strict=False)
    return any(later.due_at - earlier.due_at < DAY for earlier, later in pairs)


def _planned(view: Schedule, slot: Slot) -> Item:
    language = view.languages.only
    return Item(slot.due_at, What.SLOT, view.name, slot.key, _channels(view), view.mails_to, language=language)


def _channels(schedule: Schedule) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.via for entry in schedule.send))


# --- what the ledger has ----------------------------------------------------------------------------------------------


def _editions(conn: Connection, app: App, rows: Sequence[RowMapping]) -> Iterator[Item]:
    """Yield the editions with what became of them."""
    mine: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for send in timetable.sends_of(conn, [row["id"] for row in rows]):
        mine[send["edition_id"]].append(send)
    held = {each: facts.held_edition(conn, each) for each in facts.held_editions(conn)}
    for row in rows:
        sends = mine[row["id"]]
        schedule = app.project.schedules.get(row["schedule"])
        view = schedule.in_language(row["language"]) if schedule else None
        state, why = _standing(row, sends, held.get(row["id"]))
        lists = tuple(dict.fromkeys(name for send in sends for name in send["audience"]))
        yield Item(
            row["due_at"],
            What.EDITION,
            row["schedule"],
            row["slot"],
            _of_sends(sends) or (_channels(view) if view else ()),
            lists or (view.mails_to if view else ()),
            state,
            why,
            row["language"] if view and view.languages.only else "",
            row["id"],
            sent=sum(send["sent"] for send in sends),
            is_practice=row["practice"] is not None,
        )


def _others(conn: Connection, since: datetime, until: datetime) -> Iterator[Item]:
    """Yield what stands at a moment of its own: turns in a queue, corrections and withdrawals."""
    for row in timetable.queued(conn, since, until, limit=MOST_ROWS):
        yield _message(row, What.QUEUED, row["due_at"])
    for row in timetable.following(conn, since, until, limit=MOST_ROWS):
        yield _message(row, What(row["kind"]), row["made_at"])


def _message(row: RowMapping, what: What, at: datetime) -> Item:
    return Item(
        at,
        what,
        row["schedule"],
        row["slot"],
        (row["channel"],),
        tuple(row["audience"]),
        row["state"],
        _blocking(row),
        edition=row["edition_id"],
        send=row["id"],
        sent=row["sent"],
        is_practice=row["practice"] is not None,
    )


def _of_sends(rows: Iterable[RowMapping]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row["channel"] for row in rows))


def _standing(row: RowMapping, sends: Sequence[RowMapping], held: facts.Held | None) -> tuple[str, str]:
    """Return how an edition stands, in one word of those that people see, and why."""
    if row["state"] in (E.SKIPPED, E.CANCELLED):
        return row["state"], row["reason"]
    stopped = next((send for send in sends if send["state"] in STOPPED), None)
    if stopped is not None:
        return stopped["state"], _blocking(stopped)
    if held is not None:
        return S.HELD, facts.as_reason(held, row["id"])["what"]
    if any(send["state"] in ON_ITS_WAY for send in sends):
        return S.SENDING, ""
    worst = next((word for word in ("unknown", "failed") if any(send[word] for send in sends)), "")
    if row["state"] == E.CLOSED and not worst and any(send["sent"] for send in sends):
        return "sent", ""
    return worst or row["state"], row["reason"]


def _blocking(send: RowMapping) -> str:
    return next((reason["what"] for reason in send["reasons"] if reason["blocks"]), "")
