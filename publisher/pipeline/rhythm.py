"""When a source is asked next: its own rhythm, what it asks for, and patience with one that fails. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from publisher.errors import PublisherError, SourceError
from publisher.model.article import Reading
from publisher.model.project import Source
from publisher.model.source import NOT_MOVED, Manners, Move, Turn
from publisher.store import RowMapping

DOWN = timedelta(hours=1)  # the longest wait for a server in trouble: it may be well again at any moment
REFUSED = timedelta(days=1)  # the longest wait where the address itself is refused
JITTER = 0.1  # of the wait: sources that were added together drift apart
MOST_JITTER = timedelta(minutes=5)
WHOLE_EACH = timedelta(days=1)  # a server that wrongly says "unchanged" is found out
A_DAY = timedelta(days=1)
MOVED_FOR_GOOD = 3  # polls on different days that name the same new address
GONE = 410
_PASSING = (408, 425, 429)  # refusals that say nothing about the address

Row = Mapping[str, Any] | RowMapping


def place_of(source: Source) -> str:
    """Digest of where a source is, as its file says it: what is known of one place means nothing at another."""
    return _digest(f"{source.kind}\n{source.location}")


@lru_cache(maxsize=10_000)  # of each source it is asked several times at each poll
def _digest(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:32]


def is_due(row: Row | None, source: Source, now: datetime) -> bool:
    """Say whether a source's turn has come."""
    if source.kind == "push":
        return False
    if row is None or row["place"] != place_of(source):
        return True
    if row["stopped_at"] is not None or (row["not_before"] or now) > now:
        return False
    next_at = row["next_poll_at"]
    if next_at is None or row["rhythm"] not in (None, source.every // timedelta(microseconds=1)):
        return True
    # What lies further ahead than any wait was written under a wrong clock.
    return bool(next_at <= now or next_at > now + max(source.every, A_DAY) * 2)


def may_not(row: Row | None, source: Source, now: datetime) -> str:
    """Say why a source may not be asked now, not even for an edition; empty: it may."""
    if row is None or row["place"] != place_of(source):
        return ""
    is_early = row["not_before"] is not None and row["not_before"] > now
    return (row["error"] or "") if row["stopped_at"] is not None or is_early else ""


def asks_whole(row: Row | None, source: Source, now: datetime) -> bool:
    """Say whether the next request must be for the whole document, without "anything new since?"."""
    if row is None or row["place"] != place_of(source) or row["whole_at"] is None:
        return True
    return not timedelta() <= now - row["whole_at"] < WHOLE_EACH


def address_of(row: Row | None, source: Source) -> str | None:
    """Return the address that a source has moved to for good; None while its own holds."""
    if row is None or row["place"] != place_of(source) or (row["moved_times"] or 0) < MOVED_FOR_GOOD:
        return None
    return str(row["moved_to"])


def after_good(source: Source, manners: Manners, now: datetime, chance: float) -> Turn:
    """Return the next turn of a source that was read.

    :param chance: from 0 to 1; where in the jitter it lies.
    """
    why = ""
    if manners.rest > source.every:
        why = f"it asks for {_span(manners.rest)} between two polls ({manners.asked_by})"
    at = now + _spread(max(source.every, manners.rest), chance)
    allowed = _next_allowed(at, manners)
    if allowed != at:
        why = "it asks not to be read at certain hours (skipHours, skipDays)"
        at = allowed + _spread(timedelta(), chance, MOST_JITTER)
    return Turn(at, why)


def after_bad(source: Source, failures: int, error: PublisherError, now: datetime, chance: float) -> Turn:
    """Return the next turn of a source that could not be read.

    :param failures: how often in a row it failed before.
    """
    status = error.status if isinstance(error, SourceError) else None
    asked = error.retry_after if isinstance(error, SourceError) else None
    if status == GONE:
        return Turn(None, failures=failures + 1, stopped=str(error))
    wait = _patience(source, failures, status)
    why = f"it failed {failures + 1} times in a row" if wait > source.every else ""
    if asked is not None and asked > wait:
        wait, why = asked, f"it asks to be left alone for {_span(asked)} (Retry-After)"
    return Turn(now + _spread(wait, chance), why, now + asked if asked else None, failures + 1)


def _patience(source: Source, failures: int, status: int | None) -> timedelta:
    """Twice as long after each failure; what lies on this machine is no guest's business."""
    if not _is_remote(source):
        return source.every
    is_refused = status is not None and 400 <= status < 500 and status not in _PASSING
    longest = max(source.every, REFUSED if is_refused else DOWN)
    return min(source.every * (1 << min(failures, 20)), longest)


def _is_remote(source: Source) -> bool:
    return source.kind != "folder" and source.location.lower().startswith(("http://", "https://", "${"))


def move_after(row: Row, source: Source, reading: Reading, now: datetime) -> Move:
    """Return where a source's address leads for good, after one more answer.

    An address that holds a secret is not written down: whatever a redirect makes of it may hold it too.
    """
    known = Move(row["moved_to"], row["moved_times"] or 0, row["moved_at"])
    if known.times >= MOVED_FOR_GOOD and reading.moved_to is None:
        return known  # its new address was asked, and is well
    if reading.moved_to is None or "${" in source.location:
        return NOT_MOVED
    if reading.moved_to != known.to or known.at is None:
        return Move(reading.moved_to, 1, now)
    return known if now - known.at < A_DAY else Move(known.to, known.times + 1, now)


def _next_allowed(at: datetime, manners: Manners) -> datetime:
    """Return the first moment from then on at which a source may be read; at most a week ahead."""
    for _ in range(24 * 7):
        if at.hour not in manners.skip_hours and at.weekday() not in manners.skip_days:
            break
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def _spread(wait: timedelta, chance: float, most: timedelta | None = None) -> timedelta:
    """Return a wait with its jitter: never shorter, at most a tenth and five minutes longer."""
    return wait + chance * (min(wait * JITTER, MOST_JITTER) if most is None else most)


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3_600} h"
