"""Where a verdict leaves a delivery. Pure but for the jitter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random

from publisher.model.call import Outcome, Scope, Verdict
from publisher.model.states import SENTENCES, DeliveryState

D = DeliveryState

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a verdict leaves a delivery."""

    state: DeliveryState
    due_at: datetime | None = None
    reason: str | None = None
    attempts: int = 0  # more than are counted so far


def land(verdict: Verdict, *, attempt: int, give_up_at: datetime | None, now: datetime) -> Landing:
    """Say what a verdict means for a delivery.

    :param give_up_at: when trying ends, counted from the first attempt.
    """
    if verdict.outcome is Outcome.SENT:
        return Landing(D.SENT)
    if verdict.outcome is Outcome.UNKNOWN:
        return Landing(D.UNKNOWN)
    if verdict.outcome is Outcome.REFUSED and verdict.scope is not Scope.ACCOUNT:
        return Landing(D.FAILED)
    if verdict.outcome is Outcome.REFUSED:
        return Landing(D.PENDING, now)  # the account was refused, not the reader, who waits for another channel or day
    again = max(verdict.until or now, now + backoff(attempt))
    if give_up_at is not None and again > give_up_at:
        return Landing(D.FAILED, reason=f"gave up after {attempt} attempts: {verdict.reason}")
    return Landing(D.PENDING, again)


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after so many attempts: three times longer each time, with jitter."""
    wait: timedelta = min(FIRST_RETRY * 3 ** min(max(0, attempt - 1), 10), LONGEST_RETRY)
    jitter = 0.75 + random() / 2  # noqa: S311 -- no secret
    return wait * jitter


def in_its_send(landing: Landing, is_cancelled: bool) -> Landing:
    """A delivery of a cancelled send that certainly did not leave is cancelled too, never pending."""
    if is_cancelled and landing.state is D.PENDING:
        return Landing(D.CANCELLED, reason=SENTENCES["cancelled"])
    return landing
