"""The tries of a call that was said, or asked about, more than once: each with its time and what was answered.

A call that was said once has none: what came of it stands with the call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from publisher.model.states import DeliveryState
from publisher.store.sql import among
from publisher.store.tables import deliveries, outcomes, tries

FIRST, ASK = "first", "ask"  # how it was tried, beside "repeat"
ANSWERED = ("closed_at", "outcome", "reason", "status", "words")  # what a call, too, says of its last answer


def begin(conn: Connection, call: RowMapping, number: int, how: str, now: datetime) -> None:
    """Write down that a call is about to be said again, or asked about; before the first time, what came of it so far.

    :param call: as it was before. Its send is locked.
    """
    if conn.execute(select(tries.c.number).where(tries.c.call_id == call["id"]).limit(1)).one_or_none() is None:
        said = {"how": FIRST, "spoke_at": call["spoke_at"], **_answered(call)}
        conn.execute(insert(tries).values(call_id=call["id"], number=call["tries"] or 1, **said))
    conn.execute(insert(tries).values(call_id=call["id"], number=number, how=how, spoke_at=now))


def close(conn: Connection, call_id: int, number: int, said: Mapping[str, Any]) -> None:
    """Write down what came of a try.

    :param said: what the call says from now on.
    """
    mine = (tries.c.call_id == call_id, tries.c.number == number)
    conn.execute(update(tries).where(*mine).values(_answered(said)))


def end_doubt(conn: Connection, call_id: int, delivery_ids: Sequence[int]) -> None:
    """Take away what earlier tries said of deliveries that their call is about to settle; a person's word stays."""
    mine = (among(deliveries.c.id, delivery_ids), deliveries.c.call_id == call_id)
    doubted = select(deliveries.c.id).where(*mine, deliveries.c.state == DeliveryState.UNKNOWN)
    conn.execute(delete(outcomes).where(outcomes.c.call_id == call_id, outcomes.c.delivery_id.in_(doubted)))


def of_calls(conn: Connection, call_ids: Sequence[int]) -> Mapping[int, Sequence[RowMapping]]:
    """Return the tries of calls, by call, oldest first; of one that was said once there are none."""
    query = select(tries).where(among(tries.c.call_id, call_ids)).order_by(tries.c.call_id, tries.c.number)
    found: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in conn.execute(query).mappings():
        found[row["call_id"]].append(row)
    return found


def _answered(said: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    return {name: said[name] for name in ANSWERED}
