"""Bring the schema up: an empty file is made, a known one is left, an unknown one is refused."""

from __future__ import annotations

import secrets
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert

from publisher.errors import StoreError
from publisher.store.tables import facts

SCRIPTS = Path(__file__).parent / "migrations"


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


def bring_up(engine: Engine) -> None:
    """Run what is missing in one transaction, so that a migration is there wholly or not at all."""
    directory = scripts()
    head = directory.get_current_head()
    with engine.connect() as plain:
        if _current(engine) == head:
            return
        conn = plain.execution_options(publisher_write=True)
        with conn.begin():
            context = MigrationContext.configure(conn)
            current = context.get_current_revision()  # again, now that nobody else can write
            if current == head:
                return
            _refuse_unknown(directory, current)
            with Operations.context(context):
                for revision in reversed(list(directory.iterate_revisions("head", current))):
                    revision.module.upgrade()
                    context._ensure_version_table()
                    context.stamp(directory, revision.revision)
            if current is None:
                conn.execute(insert(facts).values(name="epoch", value=secrets.token_hex(8)))


def _current(engine: Engine) -> str | None:
    with engine.connect() as conn, conn.begin():
        return MigrationContext.configure(conn).get_current_revision()


def _refuse_unknown(directory: ScriptDirectory, current: str | None) -> None:
    known = {revision.revision for revision in directory.walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"the database has schema {current}, which this version doesn't know",
            remedy="Run the version of Publisher that made it, or a newer one",
        )
