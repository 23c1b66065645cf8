"""An oracle for slots, written from the rules alone: it walks through real time minute by minute, eye on the clock.

It shares nothing with `publisher.runtime.slots`: no cron parser, no arithmetic over gaps. A cron is given to it as a
function that says whether a nominal minute matches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.model.project import When

MINUTE = timedelta(minutes=1)
FROM, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)

Matches = Callable[[datetime], bool]


@dataclass(frozen=True)
class Transition:
    """The moment at which a zone's clock jumps, and what it shows without and with the jump (nominal)."""

    zone: ZoneInfo
    at: datetime
    without: datetime
    shown: datetime


def transitions(zone: ZoneInfo) -> list[Transition]:
    """Find every jump of a zone's clock from 2024 to 2030, by looking at each day and halving."""
    found = []
    moment = FROM
    while moment < UNTIL:
        later = moment + timedelta(days=1)
        if offset(moment, zone) != offset(later, zone):
            low, high = moment, later
            while high - low > MINUTE:
                middle = low + (high - low) // 2 // MINUTE * MINUTE
                low, high = (middle, high) if offset(middle, zone) == offset(moment, zone) else (low, middle)
            found.append(Transition(zone, high, reading(low, zone) + MINUTE, reading(high, zone)))
        moment = later
    return found


def offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def reading(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def readings(zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return every real minute with what the local clock shows."""
    count = (until - since) // MINUTE
    return [(moment, reading(moment, zone)) for moment in (since + number * MINUTE for number in range(count))]


def fixed(minutes: list[tuple[datetime, datetime]], matches: Matches) -> list[tuple[str, datetime]]:
    """A fixed time fires when the clock first shows it or jumps over it; what it jumps over at once is one slot."""
    found = []
    reached = minutes[0][1]
    for moment, shown in minutes[1:]:
        if shown <= reached:
            continue  # a time that it has shown before
        passed = [reached + step * MINUTE for step in range(1, (shown - reached) // MINUTE + 1)]
        first = next((nominal for nominal in passed if matches(nominal)), None)
        if first is not None:
            found.append((f"{first:%Y-%m-%dT%H:%M}", moment))
        reached = shown
    return found


def rhythm(minutes: list[tuple[datetime, datetime]], matches: Matches) -> list[tuple[str, datetime]]:
    """A rhythm fires at every real minute at which the clock shows a matching time."""
    return [(f"{moment:%Y-%m-%dT%H:%MZ}", moment) for moment, shown in minutes[1:] if matches(shown)]


def cases(jump: Transition) -> Iterator[tuple[When, Callable[..., list[tuple[str, datetime]]], Matches]]:
    """Yield schedules about a jump, each with the rule and the times that it means."""
    times = sorted({_clock(jump.without, m) for m in (-1, 0, 15)} | {_clock(jump.shown, m) for m in (-30, -1, 0, 1)})
    middle = _clock(min(jump.without, jump.shown) + abs(jump.shown - jump.without) // 2, 0)
    for at in sorted({*times, middle}):
        yield When(at=(at,)), fixed, _at(at)
        yield When(cron=f"{at.minute} {at.hour} * * *"), fixed, _at(at)
    yield When(at=tuple(reversed(times))), fixed, _at(*times)
    here = jump.shown.hour
    hours = sorted({(here + step) % 24 for step in (-1, 0, 1)})
    listed = f"5,20,50 {','.join(map(str, hours))} * * *"
    yield When(cron=listed), fixed, lambda t: t.minute in (5, 20, 50) and t.hour in hours
    yield When(cron="*/30 * * * *"), rhythm, lambda t: t.minute % 30 == 0
    yield When(cron="7 * * * *"), rhythm, lambda t: t.minute == 7
    yield When(cron="0 */2 * * *"), rhythm, lambda t: t.minute == 0 and t.hour % 2 == 0
    yield When(cron=f"*/20 {here} * * *"), rhythm, lambda t: t.minute % 20 == 0 and t.hour == here


def _clock(nominal: datetime, minutes: int) -> time:
    return (nominal + minutes * MINUTE).time()


def _at(*times: time) -> Matches:
    return lambda nominal: nominal.time() in times
