"""Two subjects tried: decided once, when the time is up and both halves are out; then the rest gets the better one.

The decision is one row, written before anybody of the rest is let go: a process that dies in between leaves a decision
that the next one carries out. The rest goes batch by batch, each in a transaction of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count as count_up

import structlog

from publisher.model.states import SendState
from publisher.model.trial import Trial
from publisher.store import Connection, RowMapping, Store, messages, sends, trials
from publisher.store.patience import write_patiently

log = structlog.get_logger()

AT_A_TIME = 10  # batches of one send: what else waits at a door has its turn in between


def go_on(store: Store, *, now: datetime) -> int:
    """Decide what is to be decided, and let go whoever waits for a decision that stands; return how many were."""
    with store.read() as conn:
        tried = trials.under_way(conn)
    return sum(_go_on(store, send, now) for send in tried)


def _go_on(store: Store, send: RowMapping, now: datetime) -> int:
    trial = trials.of(send)
    if trial is None:
        return 0
    if not trial.winner:
        if send["started_at"] is None or now < trial.ends_at(send["started_at"]):
            return 0
        _end(store, send, trial, now)
    with store.read() as conn:
        is_waited_for = trials.has_waiting(conn, send["id"])  # mostly not: without asking for the write lock
    return let_go(store, send["id"], now, batches=AT_A_TIME) if is_waited_for else 0


def _end(store: Store, send: RowMapping, trial: Trial, now: datetime) -> None:
    """Decide; where its halves are not out yet, as the send was held or its channel is slow, the time begins again."""
    with store.read() as conn:
        is_out = send["state"] == SendState.SENDING and not trials.has_untried(conn, send["id"])
        found = trials.figures(conn, send["id"]) if is_out else None
    ended = trial.decided(found.sent, found.clicks, now) if found else replace(trial, since=now)
    with store.write() as conn:
        is_ours = trials.change(conn, send["id"], trial, ended)
    if is_ours and ended.winner:
        log.info("subject_chosen", send=send["id"], winner=ended.winner, sent=ended.sent, clicks=ended.clicks)


def choose(store: Store, send_id: int, variant: str, *, actor: str, now: datetime) -> bool:
    """End a trial before its time because a person says so; say whether it was still open."""

    def work(conn: Connection) -> bool:
        trial = trials.of(sends.lock(conn, send_id))
        if trial is None:
            return False
        found = trials.figures(conn, send_id)
        chosen = trial.chosen(variant, f"chosen by {actor}", found.sent, found.clicks, now)
        return trials.change(conn, send_id, trial, chosen)

    return write_patiently(store, work)


def let_go(store: Store, send_id: int, now: datetime, *, batches: int | None = None) -> int:
    """Let the rest have what was decided, batch by batch; return how many were let go.

    :param batches: at most; None: all that there are.
    """
    count = 0
    for _ in count_up() if batches is None else range(batches):
        moved = write_patiently(store, partial(_let_some_go, send_id=send_id, now=now))
        count += moved
        if not moved:
            break
    return count


def _let_some_go(conn: Connection, send_id: int, now: datetime) -> int:
    send = sends.lock(conn, send_id)
    trial = trials.of(send)
    if trial is None or not trial.winner or send["state"] not in trials.TRIED_IN:
        return 0
    return trials.let_go(conn, send_id, messages.by_variant(conn, send_id)[trial.winner], now)
