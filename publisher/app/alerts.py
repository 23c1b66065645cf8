"""What people are told: a cause is written down once, told once, and told once more when it is over."""

from __future__ import annotations

import structlog

from publisher.clock import Clock
from publisher.errors import PublisherError
from publisher.store import Store, alerts

log = structlog.get_logger()


def begin(
    store: Store, clock: Clock, cause: str, *, what: str, affected: str, command: str, urgent: bool, channel: str = ""
) -> None:
    """Write down that a cause began. Never raises: who has trouble already must not get more from telling it."""
    try:
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
        return
    if is_new:
        log.error("alert", cause=cause, what=what, affected=affected, command=command)


def end(store: Store, clock: Clock, cause: str) -> None:
    """Write down that a cause is over. Never raises."""
    try:
        with store.read() as conn:
            is_open = any(row["cause"] == cause for row in alerts.open_ones(conn))
        if not is_open:
            return  # the common case, without asking for the write lock
        with store.write() as conn:
            alerts.clear(conn, cause, clock())
    except PublisherError as error:
        log.error("alert_not_written", cause=cause, error=str(error))
        return
    log.warning("alert_over", cause=cause)


def books_cause(send_id: int) -> str:
    """Return the cause of the alert about a send that doesn't balance; `publisher verify` clears it."""
    return f"books:{send_id}"
