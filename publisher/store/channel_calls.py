"""The last calls of a channel, found by its last sends: of calls there are too many to look through."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select

from publisher.store.tables import calls, sends

SENDS = 5  # the last ones of a channel, in which its last calls are

_SHOWN = (
    calls.c.id,
    calls.c.send_id,
    sends.c.edition_id,
    calls.c.state,
    calls.c.size,
    calls.c.opened_at,
    calls.c.spoke_at,
    calls.c.closed_at,
    calls.c.outcome,
    calls.c.status,
    calls.c.reason,
)


def latest(conn: Connection, channel: str, limit: int) -> list[RowMapping]:
    """Return a channel's last calls, newest first; ``edition_id`` is None for letters to one person."""
    mine = select(sends.c.id).where(sends.c.channel == channel).order_by(sends.c.id.desc()).limit(SENDS)
    found: list[RowMapping] = []
    for send_id in conn.execute(mine).scalars():
        query = select(*_SHOWN).join(sends, sends.c.id == calls.c.send_id).where(calls.c.send_id == send_id)
        found += conn.execute(query.order_by(calls.c.id.desc()).limit(limit)).mappings()
    return sorted(found, key=lambda row: int(row["id"]), reverse=True)[:limit]
