"""Hours and days of a publication's own clock: quiet hours, and where a day ends. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_quiet(span: tuple[time, time], now: datetime, zone: ZoneInfo) -> bool:
    """Say whether the channel is to be silent at this moment; a span may go over midnight."""
    first, last = span
    here = now.astimezone(zone).time()
    return first <= here < last if first <= last else here >= first or here < last


def end_of_quiet(span: tuple[time, time], now: datetime, zone: ZoneInfo) -> datetime:
    here = now.astimezone(zone)
    end = datetime.combine(here.date(), span[1], zone)
    if end.astimezone(UTC) <= now:
        end = datetime.combine(here.date() + timedelta(days=1), span[1], zone)
    return end.astimezone(UTC)


def next_quiet(span: tuple[time, time], now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the channel falls silent next, told while it isn't."""
    here = now.astimezone(zone)
    start = datetime.combine(here.date(), span[0], zone)
    if start.astimezone(UTC) <= now:
        start = datetime.combine(here.date() + timedelta(days=1), span[0], zone)
    return start.astimezone(UTC)


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(now: datetime, zone: ZoneInfo) -> str:
    """Return the publication's day, as limits of a day are counted."""
    return now.astimezone(zone).date().isoformat()
