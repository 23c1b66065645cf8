"""Editions of one slot in several languages."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, RowMapping, select

from publisher.store.tables import editions


def of_slot(conn: Connection, edition: RowMapping) -> list[RowMapping]:
    """Return all editions of an edition's slot, itself and those in other languages, oldest first."""
    mine = (editions.c.schedule == edition["schedule"], editions.c.slot == edition["slot"])
    return list(conn.execute(select(editions).where(*mine).order_by(editions.c.id)).mappings())


def languages_met(conn: Connection, schedule: str) -> list[str]:
    """Return the languages in which a schedule ever had an edition."""
    query = select(editions.c.language).where(editions.c.schedule == schedule).distinct()
    return list(conn.execute(query.order_by(editions.c.language)).scalars())


def schedules_among(rows: Iterable[RowMapping]) -> set[str]:
    """Return the schedules of which these editions are in more than one language. Pure."""
    met: dict[str, set[str]] = {}
    for row in rows:
        met.setdefault(row["schedule"], set()).add(row["language"])
    return {schedule for schedule, languages in met.items() if len(languages) > 1}
