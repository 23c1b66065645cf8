"""What a source asks of those who read it: how long to leave it alone, and at which hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from lxml import etree

from publisher.clock import now as wall_clock
from publisher.model.source import Manners

LONGEST = timedelta(days=1)  # that a source is left alone because it asked for it
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.I)
_NEVER_FRESH = re.compile(r"\b(?:no-cache|no-store)\b", re.I)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def of_answer(headers: Mapping[str, str]) -> timedelta:
    """Return for how long an answer stays fresh: RFC 9111, max-age less the answer's age, else Expires less Date."""
    control = headers.get("Cache-Control", "")
    if _NEVER_FRESH.search(control):
        return timedelta()
    found = _MAX_AGE.search(control)
    if found:
        return _within(timedelta(seconds=int(found[1]) - _number(headers.get("Age", ""))))
    expires = _date(headers.get("Expires", ""))
    return _within(expires - _said_at(headers)) if expires else timedelta()


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long a server asks not to be asked again, in seconds or until a date; None where it doesn't."""
    said = headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return _within(timedelta(seconds=_number(said)))
    until = _date(said)
    return _within(until - _said_at(headers)) if until else None


def of_feed(root: etree._Element) -> Manners:
    """Return what an RSS feed says of itself: ``ttl`` in minutes, ``skipHours`` and ``skipDays`` in UTC."""
    minutes = _number(_first(root, "ttl"))
    hours = frozenset(_number(text) % 24 for text in _all(root, "skipHours", "hour") if text.isdecimal())
    days = frozenset(_DAYS.index(text.lower()) for text in _all(root, "skipDays", "day") if text.lower() in _DAYS)
    # Whoever skips every hour or day has misunderstood the element: then it says nothing.
    return Manners(
        rest=_within(timedelta(minutes=minutes)),
        asked_by="ttl" if minutes else "",
        skip_hours=hours if len(hours) < 24 else frozenset(),
        skip_days=days if len(days) < 7 else frozenset(),
    )


def joined(answer: timedelta, feed: Manners) -> Manners:
    """Return what the server and the feed ask together: the longer rest."""
    if answer <= feed.rest:
        return feed
    return Manners(answer, "Cache-Control", feed.skip_hours, feed.skip_days)


def _within(rest: timedelta) -> timedelta:
    return min(max(rest, timedelta()), LONGEST)


def _said_at(headers: Mapping[str, str]) -> datetime:
    """Return the server's own time: its clock may be as wrong as it likes."""
    return _date(headers.get("Date", "")) or wall_clock()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 11 else 0


def _first(root: etree._Element, name: str) -> str:
    node = next(iter(root.iterfind(f"{{*}}channel/{{*}}{name}")), None)
    return (node.text or "").strip() if node is not None else ""


def _all(root: etree._Element, parent: str, name: str) -> list[str]:
    return [(node.text or "").strip() for node in root.iterfind(f"{{*}}channel/{{*}}{parent}/{{*}}{name}")]
