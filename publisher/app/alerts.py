"""What people are told: a cause is written down once, told once, and told once more when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import structlog

from publisher.app.trouble import KINDS, Trouble, all_in
from publisher.clock import Clock
from publisher.errors import PublisherError
from publisher.model.project import Project
from publisher.store import Store, alerts

log = structlog.get_logger()

# What an alert may be about: the first word of its cause. Each has its page in docs/operations.
TOLD = KINDS | {
    "approval",
    "books",
    "clock",
    "disk",
    "draft",
    "letter",
    "schedule-question",
    "schedules-refused",
    "slot-failed",
    "unmade",
}
PATIENCE = {"late": 60.0, "slot": 60.0}  # seconds that it must last: after a sleep all slots are late for a moment


def begin(
    store: Store, clock: Clock, cause: str, *, what: str, affected: str, command: str, urgent: bool, channel: str = ""
) -> bool:
    """Write down that a cause began; say whether it is new. Never raises: it is called by who has trouble already."""
    try:
        if _is_open(store, cause):
            return False  # the common case, without asking for the write lock
        with store.write() as conn:
            is_new = alerts.raise_alert(
                conn,
                cause=cause,
                what=what,
                affected=affected,
                command=command,
                urgent=urgent,
                channel=channel,
                now=clock(),
            )
    except PublisherError as error:
        log.error("alert_not_written", cause=cause, error=str(error))
        return False
    if is_new:
        log.error("alert", cause=cause, what=what, affected=affected, command=command)
    return is_new


def end(store: Store, clock: Clock, cause: str) -> None:
    """Write down that a cause is over. Never raises."""
    try:
        if not _is_open(store, cause):
            return
        with store.write() as conn:
            alerts.clear(conn, cause, clock())
    except PublisherError as error:
        log.error("alert_not_written", cause=cause, error=str(error))
        return
    log.warning("alert_over", cause=cause)


def open_causes(store: Store) -> set[str]:
    """Return the causes of the alerts that are open now."""
    with store.read() as conn:
        return {row["cause"] for row in alerts.open_ones(conn)}


def _is_open(store: Store, cause: str) -> bool:
    return cause in open_causes(store)


class Watch:
    """Looks at the ledger again and again: what is wrong becomes an alert, what no longer is ends it."""

    def __init__(self, since: datetime, steady: Callable[[], float] = time.monotonic) -> None:
        self._since = since
        self._steady = steady
        self._seen_at: dict[str, float] = {}

    def look(self, store: Store, project: Project, clock: Clock) -> None:
        """Look once."""
        with store.read() as conn:
            found = {trouble.cause: trouble for trouble in all_in(conn, project, clock(), self._since)}
            known = {row["cause"] for row in alerts.open_ones(conn)}
        self._seen_at = {cause: self._seen_at.get(cause, self._steady()) for cause in found}
        for cause, trouble in found.items():
            if cause not in known and self._lasts(trouble):
                _begin(store, clock, trouble)
        for cause in known - found.keys():
            if cause.partition(":")[0] in KINDS:
                end(store, clock, cause)

    def _lasts(self, trouble: Trouble) -> bool:
        return self._steady() - self._seen_at[trouble.cause] >= PATIENCE.get(trouble.kind, 0.0)


def _begin(store: Store, clock: Clock, trouble: Trouble) -> None:
    begin(
        store,
        clock,
        trouble.cause,
        what=trouble.what,
        affected=trouble.affected,
        command=trouble.command,
        urgent=trouble.urgent,
        channel=trouble.channel,
    )


def books_cause(send_id: int) -> str:
    """Return the cause of the alert about a send that doesn't balance; `publisher verify` clears it."""
    return f"books:{send_id}"
