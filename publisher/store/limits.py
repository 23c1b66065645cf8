"""Limits that all processes share and that survive restarts: a row for each, changed in the transaction that claims."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from publisher.store.sql import upsert
from publisher.store.tables import domains, limits


def free_at(conn: Connection, name: str) -> datetime | None:
    """Return the limit's theoretical arrival time (GCRA), its row locked; None before it was ever used."""
    query = select(limits.c.free_at).where(limits.c.name == name).with_for_update()
    found: datetime | None = conn.execute(query).scalar_one_or_none()
    return found


def set_free_at(conn: Connection, name: str, moment: datetime) -> None:
    statement = upsert(conn, limits).values(name=name, free_at=moment)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"free_at": moment}))


def daily(channel: str) -> str:
    """Return the name of a channel's daily limit."""
    return f"day:{channel}"


def used_on(conn: Connection, name: str, day: str, *, lock: bool = True) -> int:
    """Return how much of a daily limit was used on that day, its row locked.

    :param lock: False only looks: nothing is to be taken of it.
    """
    query = select(limits.c.used).where(limits.c.name == name, limits.c.day == day)
    return int(conn.execute(query.with_for_update() if lock else query).scalar_one_or_none() or 0)


def set_used(conn: Connection, name: str, day: str, used: int) -> None:
    statement = upsert(conn, limits).values(name=name, day=day, used=used)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"day": day, "used": used}))


def forget(conn: Connection, prefix: str) -> None:
    """Drop the rows whose names begin so."""
    conn.execute(delete(limits).where(limits.c.name.startswith(prefix, autoescape=True)))


def domain_ids(conn: Connection, names: list[str]) -> dict[int, str]:
    """Return the mail domains among these that the ledger knows, by id."""
    query = select(domains.c.id, domains.c.name).where(domains.c.name.in_(names))
    return {row.id: row.name for row in conn.execute(query)}
