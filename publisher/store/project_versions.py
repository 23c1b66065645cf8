"""The versions of schedules.yaml that were accepted; each edition names its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from publisher.store.sql import upsert
from publisher.store.tables import project_versions


def accept(conn: Connection, digest: str, text: str, now: datetime, actor: str) -> int:
    """Return the id of this version of schedules.yaml, writing it down at first sight."""
    query = select(project_versions.c.id).where(project_versions.c.digest == digest)
    if conn.execute(query).scalar_one_or_none() is None:
        values = {"digest": digest, "text": text, "accepted_at": now, "actor": actor}
        conn.execute(upsert(conn, project_versions).values(values).on_conflict_do_nothing())
    return int(conn.execute(query).scalar_one())


def get(conn: Connection, version_id: int) -> RowMapping:
    return conn.execute(select(project_versions).where(project_versions.c.id == version_id)).mappings().one()
