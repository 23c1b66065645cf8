"""How a source is read: what it asks of its readers, and when its turn comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source asks to be read."""

    rest: timedelta = timedelta()  # not again before this is over
    asked_by: str = ""  # what said so: Cache-Control, ttl
    skip_hours: frozenset[int] = frozenset()  # of the day, UTC
    skip_days: frozenset[int] = frozenset()  # Monday is 0, UTC


@dataclass(frozen=True, slots=True)
class Turn:
    """When a source is asked next."""

    next_poll_at: datetime | None  # None: a person has to start it again
    why: str = ""  # why later than its own rhythm; empty: it isn't
    not_before: datetime | None = None  # its server asked to be left alone until then, by slots too
    failures: int = 0  # polls in a row that gave nothing
    stopped: str = ""  # why it is not asked any more; empty: it is


@dataclass(frozen=True, slots=True)
class Move:
    """Where a source's address leads for good, as its server says."""

    to: str | None = None
    times: int = 0  # polls that said the same, a day or more apart
    at: datetime | None = None  # when the last of them was


NOT_MOVED = Move()
