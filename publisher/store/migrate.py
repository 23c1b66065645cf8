"""Bring the schema up: an empty file is made, a known one is left, an unknown one is refused."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, insert, inspect, text

from publisher.errors import StoreError
from publisher.store.sql import take_turn
from publisher.store.tables import facts, metadata

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

SCRIPTS = Path(__file__).parent / "migrations"
HEAD = "0019"  # the newest migration; a test keeps it so. Known here, so that opening a ledger needs no Alembic


def scripts() -> ScriptDirectory:
    """Return the migrations that this version knows."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


def bring_up(engine: Engine, readers: Engine | None = None) -> None:
    """Run what is missing in one transaction, so that a migration is there wholly or not at all.

    :param readers: looks whether anything is missing, without waiting for whoever is writing.
    """
    with (readers or engine).connect() as conn, conn.begin():
        stamp = _stamp(conn)
    if stamp != HEAD:
        migrate_to(engine, HEAD)


def migrate_to(engine: Engine, target: str) -> None:
    """Run the migrations up to one of them, alone: two processes that start at once don't both migrate."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    directory = scripts()
    with engine.connect() as conn, conn.begin():
        take_turn(conn, "migrate", patience="60s")
        current = _stamp(conn)  # again, now that nobody else can write
        if current == target:
            return
        _refuse_unknown(directory, current)
        context = MigrationContext.configure(conn)
        with Operations.context(context):
            for revision in reversed(list(directory.iterate_revisions(target, current))):
                revision.module.upgrade()
                context._ensure_version_table()
                context.stamp(directory, revision.revision)
        if current is None:
            conn.execute(insert(facts).values(name="epoch", value=secrets.token_hex(8)))


def _stamp(conn: Connection) -> str | None:
    """Return the revision that stands in the database; None for an empty one.

    :raises StoreError: there are tables of ours without a revision, or several revisions: not the work of `migrate_to`.
    """
    names = set(inspect(conn).get_table_names())
    found: list[str] = []
    if "alembic_version" in names:
        found = list(conn.execute(text("SELECT version_num FROM alembic_version")).scalars())
    if len(found) > 1 or (not found and names & set(metadata.tables)):
        raise StoreError(
            "the database holds half a ledger, or tables of another program",
            remedy="Restore the ledger from a backup, or let Publisher have a database of its own",
        )
    return found[0] if found else None


def _refuse_unknown(directory: ScriptDirectory, current: str | None) -> None:
    known = {revision.revision for revision in directory.walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"the database has schema {current}, which this version doesn't know",
            remedy="Run the version of Publisher that made it, or a newer one",
        )
