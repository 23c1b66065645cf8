"""Who agreed to an edition: one row for each person and version. A row is never taken out, only made void."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from publisher.model.states import ENDED
from publisher.store.sends import REGULAR
from publisher.store.tables import approvals, insert_row

CHECK = "approval"  # the reason of a send that waits for it; it says which message that is by its digest
SHOWN = 10  # hex digits of a version: nobody has to be kept from making up another edition with the same


def version_of(digests: Iterable[tuple[str, str]]) -> str:
    """Return the version of an edition.

    :param digests: of each entry of `send:` its key and its message's digest; empty for one without a message.
    """
    lines = sorted(f"{entry} {digest}" for entry, digest in digests)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:SHOWN]


def reason(edition_id: int, by: int, agreed: Sequence[str], digest: str, missed: str = "") -> dict[str, Any]:
    """Return what stands beside a send that waits for approval.

    :param missed: when it should have been approved; empty: there is time.
    """
    counted = f"{len(agreed)} of {by} agreed" if agreed else f"{by} must agree" if by > 1 else "one must agree"
    what = f"it was not approved by {missed}: {counted}" if missed else f"it waits for approval: {counted}"
    return {"check": CHECK, "blocks": True, "what": what, "remedy": f"publisher approve {edition_id}", "digest": digest}


def reason_of(send: RowMapping) -> dict[str, Any] | None:
    """Return the reason of a send that waits for approval; None where it doesn't."""
    return next((dict(each) for each in send["reasons"] if each["check"] == CHECK), None)


def waiting(sends: Iterable[RowMapping]) -> list[RowMapping]:
    """Return which of an edition's sends wait for approval."""
    return [send for send in sends if send["kind"] == REGULAR and send["state"] not in ENDED and reason_of(send)]


def version_waiting(sends: Iterable[RowMapping]) -> str:
    """Return the version of an edition whose sends wait for approval; empty where none does."""
    found = waiting(sends)
    return version_of((send["entry"], (reason_of(send) or {})["digest"]) for send in found) if found else ""


def of_edition(conn: Connection, edition_id: int) -> list[RowMapping]:
    """Return the approvals that hold, oldest first."""
    query = select(approvals).where(approvals.c.edition_id == edition_id, approvals.c.void_at.is_(None))
    return list(conn.execute(query.order_by(approvals.c.id)).mappings())


def is_early(conn: Connection, edition: RowMapping) -> bool:
    """Say whether an edition was locked before its slot, because somebody approved it."""
    is_before = edition["locked_at"] is not None and edition["locked_at"] < edition["due_at"]
    return is_before and bool(of_edition(conn, edition["id"]))


def waits_for_slot(conn: Connection, edition: RowMapping, now: datetime) -> bool:
    """Say whether an edition is approved and its slot hasn't come: until then people may open it again."""
    return bool(now < edition["due_at"]) and is_early(conn, edition)


def agreed(conn: Connection, edition_id: int, version: str) -> tuple[str, ...]:
    """Return who agreed to exactly this version, each once."""
    rows = of_edition(conn, edition_id)
    return tuple(dict.fromkeys(row["actor"] for row in rows if row["version"] == version))


def add(conn: Connection, edition_id: int, version: str, actor: str, now: datetime) -> bool:
    """Write down that somebody agrees to a version; say whether they had not yet. The caller has locked the edition."""
    if actor in agreed(conn, edition_id, version):
        return False
    insert_row(conn, approvals, edition_id=edition_id, version=version, actor=actor, made_at=now)
    return True


def void(conn: Connection, edition_id: int, actor: str, now: datetime) -> int:
    """Make an edition's approvals void; return how many held until now."""
    mine = (approvals.c.edition_id == edition_id, approvals.c.void_at.is_(None))
    return conn.execute(update(approvals).where(*mine).values(void_at=now, void_by=actor)).rowcount
