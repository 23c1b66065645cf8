"""The last calls of a channel, found by its last sends: of calls there are too many to look through."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, or_, select

from publisher.store.tables import calls, sends

SENDS = 5  # the last ones of a channel, in which its last calls are
DEEP = 2_000  # calls of each, among which are those of the channels that carried it before

_SHOWN = (
    calls.c.id,
    calls.c.send_id,
    sends.c.edition_id,
    calls.c.state,
    calls.c.size,
    calls.c.opened_at,
    calls.c.spoke_at,
    calls.c.closed_at,
    calls.c.tries,
    calls.c.outcome,
    calls.c.status,
    calls.c.reason,
)


def latest(conn: Connection, channel: str, limit: int) -> list[RowMapping]:
    """Return a channel's last calls, newest first; ``edition_id`` is None for letters to one person.

    Those of a send that another channel took over from it are among them, and the other's are not.
    """
    entry = sends.c.entry
    is_its_own = or_(entry == channel, entry.startswith(f"{channel}:", autoescape=True))
    mine = select(sends.c.id).where(or_(sends.c.channel == channel, is_its_own)).order_by(sends.c.id.desc())
    found: list[RowMapping] = []
    for send_id in conn.execute(mine.limit(SENDS)).scalars():
        recent = select(calls.c.id).where(calls.c.send_id == send_id).order_by(calls.c.id.desc()).limit(DEEP)
        query = select(*_SHOWN).join(sends, sends.c.id == calls.c.send_id)
        query = query.where(calls.c.id.in_(recent.scalar_subquery()), calls.c.channel == channel)
        found += conn.execute(query.order_by(calls.c.id.desc()).limit(limit)).mappings()
    return sorted(found, key=lambda row: int(row["id"]), reverse=True)[:limit]
