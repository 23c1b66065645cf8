"""Sealed totals: what is left of a message's deliveries and calls that were let go, under a keyed seal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from publisher.errors import BooksError
from publisher.model.tokens import is_sealed, seal_of
from publisher.store.sql import upsert
from publisher.store.tables import sealed_totals

Total = RowMapping | Mapping[str, Any]  # a row of `sealed_totals`


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals with the newest of its keys, and knows what any of them sealed: whoever has none can't change a total."""

    keys: Sequence[bytes] = field(repr=False)  # oldest first

    def seal(self, total: Total) -> str:
        return seal_of(_words(total), self.keys[-1])

    def holds(self, total: Total) -> bool:
        """Say whether a total is as it was sealed."""
        return is_sealed(_words(total), total["seal"], self.keys)


def _words(total: Total) -> str:
    said = [total["message_id"], total["send_id"], total["counted"], total["calls"]]
    return json.dumps([*said, total["sealed_at"].astimezone(UTC).isoformat()], sort_keys=True)


def of_send(conn: Connection, send_id: int) -> list[RowMapping]:
    """Return the totals of a send, by message."""
    query = select(sealed_totals).where(sealed_totals.c.send_id == send_id).order_by(sealed_totals.c.message_id)
    return list(conn.execute(query).mappings())


def counted(conn: Connection, send_id: int) -> Counter[str]:
    """Return how many of a send's deliveries were let go, by state."""
    return sum(by_message(conn, send_id).values(), Counter())


def by_message(conn: Connection, send_id: int) -> dict[int, Counter[str]]:
    """Return how many of each message's deliveries were let go, by state."""
    return {row["message_id"]: _numbers(row["counted"]) for row in of_send(conn, send_id)}


def _numbers(said: Any) -> Counter[str]:
    """Read what a total counts; what somebody made of it that is no number counts nothing, and breaks its seal."""
    counts = said.items() if isinstance(said, dict) else ()
    return Counter({str(state): number for state, number in counts if isinstance(number, int)})


def add(
    conn: Connection,
    sealer: Sealer,
    send_id: int,
    message_id: int,
    *,
    counted: Mapping[str, int] | None = None,
    calls: int = 0,
    now: datetime,
) -> None:
    """Add to a message's total, in the transaction that lets them go. The caller has locked the send.

    :raises BooksError: somebody changed what was sealed: nothing more of it is let go.
    """
    query = select(sealed_totals).where(sealed_totals.c.message_id == message_id)
    before = conn.execute(query).mappings().one_or_none()
    if before is not None and not sealer.holds(before):
        raise BooksError(
            f"the sealed total of message {message_id} of send {send_id} is not as it was written",
            send_id=send_id,
            remedy="Nothing more of it is let go. Keep the database, and look with `publisher verify`",
        )
    sum_of = Counter(before["counted"] if before else {})
    sum_of.update(counted or {})
    total = {"send_id": send_id, "counted": dict(sum_of), "calls": calls + (before["calls"] if before else 0)}
    total |= {"sealed_at": now, "message_id": message_id}
    total["seal"] = sealer.seal(total)
    row = upsert(conn, sealed_totals).values(total)
    conn.execute(row.on_conflict_do_update(index_elements=["message_id"], set_=total))
