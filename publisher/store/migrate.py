"""Bring the schema up: an empty file is made, a known one is left, an unknown one is refused."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, insert, inspect, text

from publisher.errors import StoreError
from publisher.store.tables import facts

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

SCRIPTS = Path(__file__).parent / "migrations"
HEAD = "0002"  # the newest migration; a test keeps it so. Known here, so that opening a ledger needs no Alembic


def scripts() -> ScriptDirectory:
    """Return the migrations that this version knows."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


def bring_up(engine: Engine) -> None:
    """Run what is missing in one transaction, so that a migration is there wholly or not at all."""
    if _stamp(engine) != HEAD:
        _migrate(engine)


def _stamp(engine: Engine) -> str | None:
    """Return the revision that stands in the database; None for an empty one."""
    with engine.connect() as conn, conn.begin():
        if not inspect(conn).has_table("alembic_version"):
            return None
        return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _migrate(engine: Engine) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    directory = scripts()
    with engine.connect() as plain:
        conn = plain.execution_options(publisher_write=True)
        with conn.begin():
            context = MigrationContext.configure(conn)
            current = context.get_current_revision()  # again, now that nobody else can write
            if current == HEAD:
                return
            _refuse_unknown(directory, current)
            with Operations.context(context):
                for revision in reversed(list(directory.iterate_revisions("head", current))):
                    revision.module.upgrade()
                    context._ensure_version_table()
                    context.stamp(directory, revision.revision)
            if current is None:
                conn.execute(insert(facts).values(name="epoch", value=secrets.token_hex(8)))


def _refuse_unknown(directory: ScriptDirectory, current: str | None) -> None:
    known = {revision.revision for revision in directory.walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"the database has schema {current}, which this version doesn't know",
            remedy="Run the version of Publisher that made it, or a newer one",
        )
