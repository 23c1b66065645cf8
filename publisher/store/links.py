"""The addresses on a listing: which were read, which were left out and why, and which are tried again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, literal, select, true

from publisher.model.article import Link
from publisher.store.sql import among, each_of, upsert
from publisher.store.tables import source_links


def tried(conn: Connection, source_id: int, names: Iterable[str]) -> Mapping[str, int | None]:
    """Return how often each link was tried in vain; None: it is done with. Those never met are left out."""
    table = source_links.c
    query = select(table.link, table.done, table.tries)
    query = query.where(table.source_id == source_id, among(table.link, names))
    return {row.link: None if row.done else row.tries for row in conn.execute(query)}


def record(conn: Connection, source_id: int, links: Iterable[Link], now: datetime) -> None:
    """Write down what became of addresses; one that is to be tried again counts its tries.

    Those of which the same is to be said are one statement: a baseline may have tens of thousands.
    """
    alike: defaultdict[tuple[bool, str], dict[str, None]] = defaultdict(dict)
    for name, link in {link.name: link for link in links}.items():
        alike[link.done, link.reason][name] = None
    for (done, reason), names in alike.items():
        _record_alike(conn, source_id, names, done=done, reason=reason, now=now)


def _record_alike(
    conn: Connection, source_id: int, names: Iterable[str], *, done: bool, reason: str, now: datetime
) -> None:
    table = source_links.c
    said = {table.source_id: source_id, table.done: done, table.tries: 1, table.reason: reason, table.seen_at: now}
    values = [literal(value, column.type) for column, value in said.items()]
    # WHERE: else SQLite takes ON CONFLICT for a part of the SELECT.
    rows = select(each_of(conn, names), *values).where(true())
    made = upsert(conn, source_links).from_select([table.link, *said], rows)
    new = {"done": made.excluded.done, "reason": made.excluded.reason, "seen_at": made.excluded.seen_at}
    conn.execute(
        made.on_conflict_do_update(index_elements=[table.source_id, table.link], set_={**new, "tries": table.tries + 1})
    )
