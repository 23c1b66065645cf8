"""The ledger's schema: made in an empty database, brought up when a person says so, and else only compared."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, insert, inspect, text

from publisher.errors import StoreError
from publisher.store.sql import be_patient, share_turn, take_turn
from publisher.store.tables import facts, metadata

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

SCRIPTS = Path(__file__).parent / "migrations"
TURN = "migrate"
HEAD = "0021"  # the newest migration; a test keeps it so. Known here, so that opening a ledger needs no Alembic


@dataclass(frozen=True, slots=True)
class Step:
    """A migration: its number, and in words what it is for."""

    number: str
    words: str


@cache
def scripts() -> ScriptDirectory:
    """Return the migrations that this version knows."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


def admit(engine: Engine, readers: Engine | None = None, *, to_upgrade: bool = False) -> None:
    """Make an empty database a ledger, leave one of this version as it is, and refuse every other.

    :param readers: looks at it, without waiting for whoever is writing.
    :param to_upgrade: one of an earlier version is let in; then there has to be one.
    :raises StoreError: it is of another version, half a ledger, or no ledger.
    """
    stamp = schema(readers or engine)
    if stamp == HEAD:
        return
    if to_upgrade and stamp is None:
        raise StoreError("there is no ledger yet, so nothing to upgrade", remedy="`publisher run` makes one")
    if stamp is not None:
        _refuse_unknown(scripts(), stamp)
    if stamp is not None and not to_upgrade:
        raise StoreError(
            f"the ledger has schema {stamp} of an earlier version of Publisher, and this one works with {HEAD}",
            remedy="Run `publisher upgrade`: it makes a backup first",
        )
    if stamp is None:
        migrate_to(engine, HEAD)


def schema(engine: Engine) -> str | None:
    """Return which schema the database has; None for an empty one."""
    with engine.connect() as conn, conn.begin():
        return _stamp(conn)


def is_current(conn: Connection) -> bool:
    """Say whether the schema is still the one that this version works with: a look that costs nothing."""
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def keep_off(conn: Connection) -> bool:
    """Keep migrations off until this transaction ends; say whether none is being run."""
    return share_turn(conn, TURN)


def migrate_to(engine: Engine, target: str) -> list[Step]:
    """Run the migrations up to one of them in one transaction, so that they are there wholly or not at all.

    Alone: of two processes that start at once one waits, and finds it done. Return what was run.
    """
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    directory = scripts()
    with engine.connect() as conn, conn.begin():
        take_turn(conn, TURN, patience="60s")
        be_patient(conn)
        current = _stamp(conn)  # again, now that nobody else can write
        if current == target:
            return []
        _refuse_unknown(directory, current)
        context = MigrationContext.configure(conn)
        missing = list(reversed(list(directory.iterate_revisions(target, current))))
        with Operations.context(context):
            for revision in missing:
                revision.module.upgrade()
                context._ensure_version_table()
                context.stamp(directory, revision.revision)
        if current is None:
            conn.execute(insert(facts).values(name="epoch", value=secrets.token_hex(8)))
        return [Step(revision.revision, _first_sentence(revision.doc)) for revision in missing]


def _first_sentence(words: str) -> str:
    return " ".join(words.split("\n\n")[0].split()).rstrip(".")


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
