"""The calls between claim and answer: which there are, and waiting a little for them to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.app import standing
from publisher.store import Store, by_hand

PATIENCE = 10.0  # seconds that a command waits for calls under way
LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class CallNow:
    """A call between claim and answer: it ends as it does."""

    id: int
    send_id: int
    channel: str
    readers: int
    since: datetime


def under_way(store: Store, send_ids: Sequence[int] | None) -> list[CallNow]:
    """Return the calls between claim and answer, of these sends or (None) of all."""
    with store.read() as conn:
        rows = by_hand.calls_under_way(conn, None if send_ids is None else list(send_ids))
    return [CallNow(row["id"], row["send_id"], row["channel"], row["size"], row["opened_at"]) for row in rows]


def of_edition(store: Store, edition_id: int) -> list[CallNow]:
    mine = [send.id for send in standing.sends_of(store, edition_id)]
    return under_way(store, mine) if mine else []


def wait_for(
    store: Store, calls: Sequence[CallNow], patience: float = PATIENCE, pause: Callable[[float], None] = time.sleep
) -> list[CallNow]:
    """Wait a little for these calls to end; return those that have not."""
    end = time.monotonic() + patience
    named = {call.id for call in calls}
    while named:
        going_on = [call for call in under_way(store, [call.send_id for call in calls]) if call.id in named]
        if not going_on or time.monotonic() >= end:
            return going_on
        pause(LOOK_EVERY)
    return []
