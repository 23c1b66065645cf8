"""Whom nobody writes to, and why. It survives an erasure: no address, only its keyed hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, or_, select, update

from publisher.model.event import EventKind
from publisher.store import farewells
from publisher.store.farewells import Farewell, Kind
from publisher.store.sql import upsert
from publisher.store.tables import subscribers, suppressions

ERASED = "erased"  # the scope of whoever had everything erased: only they themselves come back
LIFTED = "lifted: "  # before the scope of a suppression that holds no more


def add(conn: Connection, address_hash: str, scope: str, *, reason: str, now: datetime, actor: str) -> None:
    values = {"reason": reason, "made_at": now, "actor": actor}
    statement = upsert(conn, suppressions).values(address_hash=address_hash, scope=scope, **values)
    conn.execute(statement.on_conflict_do_nothing())
    kind = Kind.ERASED if scope == ERASED else Kind.SUPPRESSED
    farewells.note(conn, Farewell(kind, address_hash, scope, reason, actor, now))


def lift(
    conn: Connection, address_hash: str, *, why: str, now: datetime, actor: str, scope: str = ""
) -> list[RowMapping]:
    """Let an address be written to again; return the suppressions that stood until now.

    They stay, with who lifted them and why, under a scope that keeps nobody from being written to.

    :param scope: only the one of this scope.
    """
    words = f"; lifted by {actor}" + (f": {why}" if why else "")
    standing = [row for row in of(conn, address_hash) if not is_lifted(row) and scope in ("", row["scope"])]
    return [row for row in standing if _lift(conn, row, words, now)]


def _lift(conn: Connection, row: RowMapping, words: str, now: datetime) -> bool:
    scope = f"{LIFTED}{row['scope']} {now.isoformat(timespec='microseconds')}"
    same = (suppressions.c.address_hash == row["address_hash"], suppressions.c.scope == row["scope"])
    return (
        conn.execute(update(suppressions).where(*same).values(scope=scope, reason=row["reason"] + words)).rowcount == 1
    )


def is_lifted(suppression: RowMapping) -> bool:
    """Say whether a suppression holds no more."""
    return str(suppression["scope"]).startswith(LIFTED)


def holds(suppression: RowMapping) -> bool:
    """Say whether a suppression keeps anybody from writing: an erasure only keeps imports off."""
    return str(suppression["scope"]).startswith(("all", "list:"))


def is_of_mailbox(suppression: RowMapping) -> bool:
    """Say whether a suppression is about the mailbox, and not about what its owner wants."""
    reason = str(suppression["reason"])
    return reason.startswith(EventKind.HARD_BOUNCE) or "did not arrive" in reason or "bounced" in reason


def of(conn: Connection, address_hash: str) -> list[RowMapping]:
    """Return every suppression of an address, those that were lifted too, oldest first."""
    query = select(suppressions).where(suppressions.c.address_hash == address_hash)
    return list(conn.execute(query.order_by(suppressions.c.made_at, suppressions.c.scope)).mappings())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which suppressions are looked for; what is empty is not asked.

    :ivar reason: how the reason begins: ``hard bounce``, ``complained``.
    :ivar after: when and of what the last one of the page before was made.
    """

    reason: str = ""
    scope: str = ""
    actor: str = ""
    after: tuple[datetime, str, str] | None = None
    limit: int = 50


def find(conn: Connection, wanted: Wanted) -> list[RowMapping]:
    """Return suppressions that hold, newest first; ``subscriber_id`` and ``email`` are None where nobody is known."""
    made_at, key, scope = suppressions.c.made_at, suppressions.c.address_hash, suppressions.c.scope
    query = select(suppressions).where(~scope.startswith(LIFTED))
    if wanted.reason:
        query = query.where(suppressions.c.reason.startswith(wanted.reason, autoescape=True))
    query = query.where(scope == wanted.scope) if wanted.scope else query
    query = query.where(suppressions.c.actor == wanted.actor) if wanted.actor else query
    if wanted.after:
        at, last_key, last_scope = wanted.after
        later = or_(key > last_key, and_(key == last_key, scope > last_scope))
        query = query.where(or_(made_at < at, and_(made_at == at, later)))
    page = query.order_by(made_at.desc(), key, scope).limit(wanted.limit).subquery()
    with_people = (  # after the page is chosen: else everybody would be looked up
        select(subscribers.c.id.label("subscriber_id"), subscribers.c.email, page)
        .select_from(page.outerjoin(subscribers, subscribers.c.address_hash == page.c.address_hash))
        .order_by(page.c.made_at.desc(), page.c.address_hash, page.c.scope)
    )
    return list(conn.execute(with_people).mappings())


def newest(conn: Connection, limit: int) -> list[RowMapping]:
    """Return whom nobody writes to, newest first; ``email`` is None for one of whom only the hash is left."""
    query = (
        select(subscribers.c.email, suppressions)
        .select_from(suppressions.outerjoin(subscribers, subscribers.c.address_hash == suppressions.c.address_hash))
        .where(~suppressions.c.scope.startswith(LIFTED))
        .order_by(suppressions.c.made_at.desc(), suppressions.c.address_hash)
        .limit(limit)
    )
    return list(conn.execute(query).mappings())
