"""The addresses on a listing: which were read, which were left out and why, and which are tried again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from publisher.model.article import Link
from publisher.model.identity import canonical_url
from publisher.store.sql import among, upsert
from publisher.store.tables import source_links

_AT_ONCE = 1_000  # rows of one statement: over 50,000 psycopg 3.3 lost its connection


def tried(conn: Connection, source_id: int, urls: Iterable[str]) -> Mapping[str, int | None]:
    """Return how often each address was tried in vain; None: it is done with. Those never met are left out."""
    by_link = {canonical_url(url): url for url in urls}
    table = source_links.c
    query = select(table.link, table.done, table.tries)
    query = query.where(table.source_id == source_id, among(table.link, by_link))
    return {by_link[row.link]: None if row.done else row.tries for row in conn.execute(query)}


def record(conn: Connection, source_id: int, links: Iterable[Link], now: datetime) -> None:
    """Write down what became of addresses; one that is to be tried again counts its tries."""
    rows = {
        canonical_url(link.url): {
            "source_id": source_id,
            "link": canonical_url(link.url),
            "done": link.done,
            "tries": 1,
            "reason": link.reason,
            "seen_at": now,
        }
        for link in links
    }
    if rows:
        made = upsert(conn, source_links)
        new, tries = made.excluded, source_links.c.tries + 1
        said = {"done": new.done, "reason": new.reason, "seen_at": new.seen_at, "tries": tries}
        keys = [source_links.c.source_id, source_links.c.link]
        statement, values = made.on_conflict_do_update(index_elements=keys, set_=said), list(rows.values())
        for start in range(0, len(values), _AT_ONCE):
            conn.execute(statement, values[start : start + _AT_ONCE])
