"""The project's templates that go with the version that holds: each text is kept once, under its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from publisher.store.sql import among, upsert
from publisher.store.tables import project_versions, templates

Names = Mapping[str, str]  # name of a template: digest of its text


@dataclass(frozen=True, slots=True)
class Going:
    """The templates that go with a version, and since when."""

    names: Names
    since: datetime


def going_with(conn: Connection, version_id: int) -> Going | None:
    """Return the templates of a version; None: each machine has its own."""
    columns = (project_versions.c.templates, project_versions.c.templates_at)
    names, since = conn.execute(select(*columns).where(project_versions.c.id == version_id)).one()
    return None if names is None else Going(names, since)


def let_go(conn: Connection, version_id: int, going: Going) -> None:
    """Let templates, which are kept already, go with a version from now on."""
    values = {"templates": dict(going.names), "templates_at": going.since}
    conn.execute(update(project_versions).where(project_versions.c.id == version_id).values(values))


def keep(conn: Connection, texts: Mapping[str, str]) -> None:
    """Keep texts under their digests; what is there already isn't written again."""
    for digest, text in texts.items():
        conn.execute(upsert(conn, templates).values(digest=digest, text=text).on_conflict_do_nothing())


def texts_of(conn: Connection, names: Names) -> dict[str, str]:
    """Return what stands in each of these templates, by name."""
    query = select(templates.c.digest, templates.c.text).where(among(templates.c.digest, sorted({*names.values()})))
    kept = {row.digest: row.text for row in conn.execute(query)}
    return {name: kept[digest] for name, digest in names.items()}


def forget_unused(conn: Connection) -> None:
    """Let go of the texts that go with no version any more."""
    of_versions = conn.execute(select(project_versions.c.templates)).scalars()
    used = {digest for names in of_versions for digest in (names or {}).values()}
    if gone := sorted({*conn.execute(select(templates.c.digest)).scalars()} - used):
        conn.execute(delete(templates).where(among(templates.c.digest, gone)))
