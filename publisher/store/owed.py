"""What the journal lacks: it stands in the ledger from the commit that says it until the journal has it.

Whatever breaks or ends in between, the next who can writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from publisher.store.farewells import Farewell
from publisher.store.journal import Line, read, written
from publisher.store.sql import among
from publisher.store.tables import facts

PREFIX = "owed:"


def note(conn: Connection, said: Sequence[Farewell]) -> str:
    """Keep lines, as the journal would (no address stands in them); return under which name."""
    name = f"{PREFIX}{uuid4().hex}"
    conn.execute(insert(facts).values(name=name, value="\n".join(written(said, ""))))
    return name


def lines(conn: Connection) -> dict[str, list[Line]]:
    """Return what the journal lacks, each part under its own name."""
    found = conn.execute(select(facts).where(facts.c.name.startswith(PREFIX)).order_by(facts.c.name))
    return {row.name: [read(line) for line in row.value.splitlines()] for row in found}


def settle(conn: Connection, names: Sequence[str]) -> None:
    """Forget parts that the journal has by now."""
    conn.execute(delete(facts).where(among(facts.c.name, names)))
