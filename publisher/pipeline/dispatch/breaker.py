"""A channel that reaches nobody rests; one whose account is refused stops. Either hands on what certainly didn't go."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import random

import structlog

from publisher.errors import PublisherError
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline.dispatch.desk import Desk
from publisher.senders.verdicts import OUT_OF_TIME
from publisher.store import Connection, Store, channels, sends

log = structlog.get_logger()

FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)
TOO_MANY_REQUESTS = 429


def note(conn: Connection, channel: str, answer: Answer, now: datetime, *, is_counted: bool) -> None:
    """Write down what an answer says about the channel itself. Nothing is written while all is well.

    :param is_counted: the network counts the account's requests: the rest that the answer asks for is the account's.
    """
    row = channels.get(conn, channel)
    failures = row["failures"] if row else 0
    is_accounts = is_counted and answer.rest is not None
    if asks_to_wait(answer) and not is_accounts:
        channels.rest(conn, channel, failures=0, until=answer.verdict.until, reason=answer.verdict.reason)
    elif _reached_nobody(answer):
        until = now + _rest_after(failures + 1) if failures + 1 >= channels.FAILURES else None
        channels.rest(conn, channel, failures=failures + 1, until=until, reason=answer.verdict.reason)
        if until is not None:
            log.warning("channel_rests", channel=channel, until=until.isoformat(timespec="seconds"))
    elif failures or (row and row["open_until"]):
        channels.recover(conn, channel)


def asks_to_wait(answer: Answer) -> bool:
    """Say whether there were too many requests, and the provider says when it takes more."""
    return answer.status == TOO_MANY_REQUESTS and answer.verdict.until is not None


def _reached_nobody(answer: Answer) -> bool:
    """Say whether the provider gave no answer at all, or was not itself: timeouts, refused connections, 5xx."""
    if answer.status is not None:
        return answer.status >= 500
    if OUT_OF_TIME in answer.verdict.reason:
        return False  # our own word: the requests before it were answered
    return answer.verdict.outcome in (Outcome.DEFERRED, Outcome.UNKNOWN)


def _rest_after(failures: int) -> timedelta:
    rest: timedelta = min(FIRST_REST * 2 ** min(failures - channels.FAILURES, 10), LONGEST_REST)
    jitter = 0.75 + random() / 2  # noqa: S311 -- no secret
    return rest * jitter


def stop_account(conn: Connection, channel: str, refusal: Verdict, now: datetime) -> None:
    """Stop the channel after one refusal of the account: repeating it would only make matters worse."""
    channels.stop(conn, channel, reason=f"the provider refused the account: {refusal.reason.rstrip('.')}", now=now)
    log.error("channel_stopped", channel=channel, why=refusal.reason)


def stop_unusable(store: Store, desk: Desk, channel: str, error: PublisherError) -> None:
    """Stop a channel that can't even be built, until it can: an unknown sender, a missing secret."""
    with store.write() as conn:
        channels.stop(conn, channel, reason=str(error).rstrip("."), now=desk.clock(), unusable=True)
    stand_aside(store, desk, channel)


def stand_aside(store: Store, desk: Desk, channel: str) -> bool:
    """Let what waits behind a channel that can't carry it go by its fallback, or pause it; say whether any did."""
    now = desk.clock()
    with store.read() as conn:
        look = channels.look(conn, channel, now)
        is_aside = look.is_stopped or look.is_failing(now)
        movable = sends.claimable_on(conn, channel, by_another=True) if is_aside else []
        waiting = sends.claimable_on(conn, channel) if look.is_stopped else movable
        row = channels.get(conn, channel)
        reason = (row["reason"] or "") if row else ""
        fallback = _usable_fallback(conn, desk, channel)
    if not waiting or not (look.is_stopped or fallback):
        return False
    for send_id in waiting:
        with store.write() as conn:
            if fallback and send_id in movable:
                sends.hand_over(conn, send_id, channel, fallback, f"{channel} can't send now ({reason})")
            else:
                sends.pause_for(conn, send_id, channel, reason)
    return True


def _usable_fallback(conn: Connection, desk: Desk, channel: str) -> str:
    """Return the first channel along the fallbacks that is not stopped itself; empty where there is none."""
    seen = {channel}
    name = desk.rules_of(channel).fallback
    while name and name not in seen:
        seen.add(name)
        if not channels.is_stopped(conn, name):
            return name
        name = desk.rules_of(name).fallback
    return ""
