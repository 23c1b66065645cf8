"""The versions of schedules.yaml that were accepted; each edition names its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from publisher.store import staff
from publisher.store.sql import upsert
from publisher.store.tables import actions, project_versions


def accept(conn: Connection, digest: str, text: str, now: datetime, actor: str) -> int:
    """Return the id of this version of schedules.yaml, writing it down at first sight."""
    query = select(project_versions.c.id).where(project_versions.c.digest == digest)
    if conn.execute(query).scalar_one_or_none() is None:
        values = {"digest": digest, "text": text, "accepted_at": now, "actor": actor}
        conn.execute(upsert(conn, project_versions).values(values).on_conflict_do_nothing())
    return int(conn.execute(query).scalar_one())


def get(conn: Connection, version_id: int) -> RowMapping:
    return conn.execute(select(project_versions).where(project_versions.c.id == version_id)).mappings().one()


@dataclass(frozen=True, slots=True)
class Holding:
    """Since when a version holds, or held last, and by whom."""

    since: datetime
    actor: str


def note_holding(conn: Connection, version_id: int, now: datetime, actor: str) -> None:
    """Write down that an earlier version holds again, or one that had given way to an earlier one."""
    staff.write_down(conn, actor, "let an earlier schedules.yaml hold again", about=_about(version_id), now=now)


def latest(conn: Connection, *, before: int = 0, limit: int = 50) -> list[RowMapping]:
    """Return versions without their texts and templates, the newest first.

    :param before: only those that came before the one with this id; 0: from the newest on.
    """
    columns = [column for column in project_versions.c if column.name not in ("text", "templates")]
    query = select(*columns).order_by(project_versions.c.id.desc()).limit(limit)
    return list(conn.execute(query.where(project_versions.c.id < before) if before else query).mappings())


def find(conn: Connection, version_id: int) -> RowMapping | None:
    query = select(project_versions).where(project_versions.c.id == version_id)
    return conn.execute(query).mappings().one_or_none()


def before(conn: Connection, version_id: int) -> RowMapping | None:
    """Return the version that came right before one; None where that was the first."""
    query = select(project_versions).where(project_versions.c.id < version_id)
    return conn.execute(query.order_by(project_versions.c.id.desc()).limit(1)).mappings().one_or_none()


def by_digest(conn: Connection, digest: str) -> RowMapping | None:
    query = select(project_versions).where(project_versions.c.digest == digest)
    return conn.execute(query).mappings().one_or_none()


def held_since(conn: Connection, row: RowMapping) -> Holding:
    """Return since when a version holds, or since when it held last."""
    mine = actions.c.about == _about(row["id"])
    again = conn.execute(select(actions).where(mine).order_by(actions.c.id.desc()).limit(1)).mappings().one_or_none()
    return Holding(again["at"], again["actor"]) if again else Holding(row["accepted_at"], row["actor"])


def _about(version_id: int) -> str:
    return f"version:{version_id}"
