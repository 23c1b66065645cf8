"""Which articles a source does not have any more. A feed is a window: what newer ones pushed out is not gone. Pure.

An article is gone where the document reaches back beyond it and does not have it. How far a document reaches back is
read from its end; from a document in no order nothing can be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

NOW, NEWER = datetime.max.replace(tzinfo=UTC), 2**62  # of what the ledger has not seen yet
Age = tuple[datetime, int]  # date (or when it was first seen), and its number in the ledger: later is newer

APART = timedelta(days=30)  # the last items stand alone by more than this: they are kept there, the window is above
MOST_OUT_OF_ORDER = 0.2  # of the neighbours: a few are pinned to the top


def floor_of(ages: Sequence[Age]) -> Age | None:
    """Return the age of the oldest article that a document's window reaches; None where that can't be told.

    :param ages: of its items, in the document's order.
    """
    if len(ages) < 3:
        return ages[-1] if ages else None
    pairs = list(pairwise(ages))
    rising = sum(first < second for first, second in pairs)
    falling = sum(first > second for first, second in pairs)
    if min(rising, falling) > max(1, MOST_OUT_OF_ORDER * len(pairs)) or rising == falling:
        return None
    ordered = list(ages) if falling > rising else list(ages)[::-1]
    while len(ordered) > 2 and ordered[-2][0] - ordered[-1][0] > APART:
        ordered.pop()
    return ordered[-1]
