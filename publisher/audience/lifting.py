"""The way back for a reader who was suppressed wrongly: a person says so, with a reason that stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model.event import EventKind
from publisher.model.staff import May
from publisher.store import RowMapping, Store, staff, subscribers, suppressions
from publisher.store.permission import allowed


@dataclass(frozen=True, slots=True)
class Lifted:
    """What a lift did."""

    lifted: tuple[RowMapping, ...] = ()  # the suppressions that stood until now
    complaint: str = ""  # why nothing was done: the reader had called a letter spam, in the provider's words


@allowed(May.OPERATE)
def lift(store: Store, address_hash: str, *, why: str, even_complaints: bool, now: datetime, actor: str) -> Lifted:
    """Let an address be written to again. A complaint stands unless it is said that it doesn't."""
    with store.write() as conn:
        standing = [row for row in suppressions.of(conn, address_hash) if not suppressions.is_lifted(row)]
        complaints = [str(row["reason"]) for row in standing if is_complaint(row)]
        if complaints and not even_complaints:
            return Lifted(complaint=complaints[0])
        lifted = suppressions.lift(conn, address_hash, why=why, now=now, actor=actor)
        if lifted:
            person = subscribers.find(conn, address_hash)
            about = f"subscriber:{person.id}" if person else ""
            scopes = ", ".join(str(row["scope"]) for row in lifted)
            staff.write_down(conn, actor, f"lifted a suppression ({scopes})", about=about, now=now)
    return Lifted(tuple(lifted))


def is_complaint(row: RowMapping) -> bool:
    """Say whether a reader was suppressed because they called a letter spam."""
    return str(row["reason"]).startswith(EventKind.COMPLAINED)
