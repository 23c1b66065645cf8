"""Which articles a source does not have any more. A feed is a window: what newer ones pushed out is not gone. Pure.

An article is gone where the document reaches back beyond it and does not have it. How far a document reaches back is
read from its end; from a document in no order nothing can be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

APART = timedelta(days=30)  # the last items stand alone by more than this: they are kept there, the window is above
MOST_OUT_OF_ORDER = 0.2  # of the neighbours: a few are pinned to the top


@dataclass(frozen=True, slots=True)
class Place:
    """One item of a document: its date where it has one, its number in the ledger where that knows it."""

    date: datetime | None
    id: int | None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a document reaches back: for articles with a date, and by their number for those without one."""

    since: datetime | None = None
    after: int | None = None


def reach_of(places: Sequence[Place]) -> Reach:
    """Return how far a document reaches back; nothing where that can't be told.

    :param places: its items, in the document's order.
    """
    dates = _falling([place.date for place in places if place.date is not None])
    while len(dates) > 2 and dates[-2] - dates[-1] > APART:
        dates.pop()
    # Numbers are given as articles are first seen: in a document in the order of its dates they rise with these.
    ids = _falling([place.id for place in places if place.id is not None and place.date is None])
    return Reach(dates[-1] if dates else None, ids[-1] if ids else None)


def _falling(ages: list[Any]) -> list[Any]:
    """Return these with the newest first, if they are in an order at all; else none."""
    pairs = list(pairwise(ages))
    rising = sum(first < second for first, second in pairs)
    falling = sum(first > second for first, second in pairs)
    if len(ages) < 3:
        return ages
    if min(rising, falling) > max(1, MOST_OUT_OF_ORDER * len(pairs)) or rising == falling:
        return []
    return ages if falling > rising else ages[::-1]
