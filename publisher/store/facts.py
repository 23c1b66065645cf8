"""Facts about this ledger that every process must know: whether all sending is held."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from publisher.store.sql import insert_new
from publisher.store.tables import facts

HELD = "held"


@dataclass(frozen=True, slots=True)
class Held:
    """All sending is held: no call begins until a person releases it."""

    actor: str
    why: str  # may be empty
    since: datetime


def held(conn: Connection) -> Held | None:
    """Return who holds all sending; None when nobody does. Every claim asks this."""
    said = conn.execute(select(facts.c.value).where(facts.c.name == HELD)).scalar_one_or_none()
    if said is None:
        return None
    known = json.loads(said)
    return Held(known["actor"], known["why"], datetime.fromisoformat(known["since"]))


def hold_everything(conn: Connection, *, actor: str, why: str, now: datetime) -> bool:
    """Hold all sending; say whether it wasn't held already. The first hold's words stay."""
    value = json.dumps({**asdict(Held(actor, why, now)), "since": now.isoformat()})
    return insert_new(conn, facts, name=HELD, value=value)


def release_everything(conn: Connection) -> bool:
    """Let sending go on; say whether it was held."""
    return conn.execute(delete(facts).where(facts.c.name == HELD)).rowcount == 1
