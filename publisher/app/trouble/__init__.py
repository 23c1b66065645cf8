"""What is wrong now and needs a person, read from the ledger: the same for alerts, `publisher status` and the console.

Each trouble has a cause that stays the same for as long as it is the same trouble. Nothing here is remembered: what
is no longer found is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from publisher.app.trouble import coming, outlets, sending
from publisher.app.trouble.kind import Trouble
from publisher.model.project import Project
from publisher.store import Connection, sends

__all__ = ["KINDS", "MOST", "Trouble", "all_in"]

MOST = 200  # sends looked at: beyond that a person is at work already
# What `all_in` finds; an alert of one of these that it no longer finds is over.
KINDS = frozenset(
    {"channel", "token", "fallback", "held", "unknown", "failed", "late", "slot", "source", "flood", "article", "hook"}
)


def all_in(
    conn: Connection,
    project: Project,
    now: datetime,
    watched_since: datetime | None,
    needing: Sequence[RowMapping] | None = None,
) -> list[Trouble]:
    """Return everything that needs a person now.

    :param watched_since: since when slots have been watched; None: nobody watches them.
    :param needing: the sends that need a person, MOST at most; None: they are looked up.
    """
    zone = ZoneInfo(project.publication.timezone)
    needing = sends.needing_a_person(conn, MOST) if needing is None else needing
    is_any_in_doubt = len(needing) == MOST or any(send["unknown"] for send in needing)
    return [
        *outlets.channels(conn, project, now),
        *outlets.tokens(conn, project, now),
        *outlets.fallbacks(conn, project, now),
        *sending.waiting(conn, project, now, needing),
        *(sending.unknown(conn, now, zone) if is_any_in_doubt else ()),
        *sending.failed(conn, now, zone),
        *coming.late(conn, project, now, watched_since),
        *coming.missed(conn, project, now, watched_since),
        *coming.silent_sources(conn, project, now),
        *coming.stories(conn),
        *outlets.webhooks(conn, now),
    ]
