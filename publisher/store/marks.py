"""How far the ledger is, as it says itself: a number that only rises, and that its journal repeats."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from publisher.store.sql import take_turn
from publisher.store.tables import facts

NAME = "mark"
BACKUP = "backed-up"


def epoch(conn: Connection) -> str:
    """Return by which name this ledger is told from every other one."""
    return str(conn.execute(select(facts.c.value).where(facts.c.name == "epoch")).scalar_one())


def number(conn: Connection) -> int:
    """Return how far it is; 0: nobody has said so yet."""
    return int(conn.execute(select(facts.c.value).where(facts.c.name == NAME)).scalar_one_or_none() or 0)


def backed_up_at(conn: Connection) -> datetime | None:
    """Return when the newest backup was made; None: there is none yet."""
    said = conn.execute(select(facts.c.value).where(facts.c.name == BACKUP)).scalar_one_or_none()
    return datetime.fromisoformat(said) if said else None


def set_backed_up(conn: Connection, now: datetime) -> None:
    """Write down that a backup was made."""
    take_turn(conn, BACKUP)
    conn.execute(delete(facts).where(facts.c.name == BACKUP))
    conn.execute(insert(facts).values(name=BACKUP, value=now.isoformat()))


def rise(conn: Connection, beyond: int = 0) -> int:
    """Go on by one, and beyond what somebody else says; return the new number."""
    take_turn(conn, NAME)
    new = max(number(conn), beyond) + 1
    conn.execute(delete(facts).where(facts.c.name == NAME))
    conn.execute(insert(facts).values(name=NAME, value=str(new)))
    return new
