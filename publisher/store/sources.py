"""Sources as the ledger knows them: when they were polled, and how it went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from publisher.store.sql import upsert
from publisher.store.tables import sources


def ensure(conn: Connection, name: str) -> RowMapping:
    """Return the source's row, making it at first sight. Until the transaction ends nobody else writes of it."""
    query = select(sources).where(sources.c.name == name).with_for_update(key_share=True)
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        conn.execute(upsert(conn, sources).values(name=name, title="", backfilled=0).on_conflict_do_nothing())
        row = conn.execute(query).mappings().one()
    return row


def find(conn: Connection, name: str) -> RowMapping | None:
    return conn.execute(select(sources).where(sources.c.name == name)).mappings().one_or_none()


def every(conn: Connection) -> list[RowMapping]:
    return list(conn.execute(select(sources).order_by(sources.c.name)).mappings())


def record_good_poll(
    conn: Connection,
    source_id: int,
    at: datetime,
    *,
    title: str,
    etag: str | None,
    last_modified: str | None,
    is_baseline: bool = True,
) -> None:
    """Write down a good poll; validators go with the articles in one transaction, from the same answer.

    :param is_baseline: what was found is all that was there: what comes later is new.
    """
    row = conn.execute(select(sources.c.baseline_at).where(sources.c.id == source_id)).scalar_one()
    values: dict[str, Any] = {"polled_at": at, "good_at": at, "error": None}
    values |= {"etag": etag, "last_modified": last_modified, "baseline_at": row or (at if is_baseline else None)}
    if title:
        values["title"] = title
    conn.execute(update(sources).where(sources.c.id == source_id).values(values))


def record_backfill(conn: Connection, source_id: int, number: int) -> None:
    conn.execute(update(sources).where(sources.c.id == source_id).values(backfilled=number))


def record_bad_poll(conn: Connection, source_id: int, at: datetime, error: str) -> None:
    conn.execute(update(sources).where(sources.c.id == source_id).values(polled_at=at, error=error))
