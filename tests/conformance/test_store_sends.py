"""Who shares a send and who has it alone, on PostgreSQL: on SQLite every write is alone."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from publisher.errors import StoreError
from publisher.model.project import Channel
from publisher.model.states import SendState
from publisher.pipeline import dispatch
from publisher.pipeline.dispatch import limits
from publisher.pipeline.operate import holding
from publisher.store import calls, sends
from tests.ledger import NOW, add_edition, add_send, books, desk, subscribe
from tests.unit.pipeline.dispatch.conftest import TIMING, Bench, Told

READERS = 120


@pytest.fixture
def send(stores):
    subscribe(stores[0], READERS)
    return add_send(stores[0], add_edition(stores[0]))


def at_once(conn) -> None:
    conn.execute(text("SET LOCAL lock_timeout = '200ms'"))


def test_two_who_claim_of_a_send_have_it_at_the_same_time_and_post_one_after_the_other(stores, send):
    mine, theirs = stores
    deltas = {"pending": -1, "taken": 1}
    with mine.write() as conn:
        sends.share(conn, send)
        with theirs.write() as other:
            at_once(other)
            sends.share(other, send)
            sends.post_to_books(other, send, deltas)
        sends.post_to_books(conn, send, deltas)
    with mine.read() as conn:
        row = sends.get(conn, send)
    assert (row["pending"], row["taken"]) == (READERS - 2, 2)


def test_who_has_a_send_alone_waits_for_who_shares_it_and_lets_nobody_else_in(stores, send):
    mine, theirs = stores
    for first, second in ((sends.share, sends.lock), (sends.lock, sends.share), (sends.lock, sends.lock)):
        with mine.write() as conn:
            first(conn, send)
            with pytest.raises(StoreError), theirs.write() as other:
                at_once(other)
                second(other, send)
        with theirs.write() as other:
            assert second(other, send)["id"] == send


def test_who_wants_a_send_alone_has_it_soon_though_others_share_it_without_a_pause(stores, send):
    """A cancellation, an answer that isn't plain, a bounce: none of them may wait until everybody has their letter."""
    ended = threading.Event()

    def share(number: int) -> int:
        times = 0
        while not ended.is_set():
            with stores[number % 2].write() as conn:
                sends.share(conn, send)
                time.sleep(0.005)
                sends.post_to_books(
                    conn, send, {"pending": -1, "taken": 1} if times % 2 else {"pending": 1, "taken": -1}
                )
            times += 1
        return times

    deltas = {"pending": -READERS, "taken": READERS}
    with stores[0].write() as conn:
        sends.post_to_books(conn, send, deltas)  # so that no counter falls below none
    with ThreadPoolExecutor(6) as pool:
        sharing = [pool.submit(share, number) for number in range(6)]
        try:
            time.sleep(0.1)
            for _ in range(5):
                began = time.monotonic()
                with stores[0].write() as conn:
                    conn.execute(text("SET LOCAL statement_timeout = '4s'"))
                    sends.lock(conn, send)
                assert time.monotonic() - began < 4
                assert not any(each.done() for each in sharing)
        finally:
            ended.set()
        assert all(each.result() > 5 for each in sharing)


@pytest.mark.parametrize("batch", [1, 3])
def test_two_processes_that_claim_beside_holds_and_releases_never_wait_in_a_circle(postgresql, stores, send, batch):
    """All that touch a send at once: claims, answers, holds; each delivery goes out once, and no lock was broken."""
    sender, ended = Told(batch=batch), threading.Event()
    desks = [replace(desk(store, lambda: NOW), timing=TIMING) for store in stores]

    def work(number: int) -> None:
        while not ended.is_set():
            dispatch.dispatch_next(stores[number % 2], desks[number % 2], "letters", lambda: sender)

    def hold_and_release() -> None:
        for _ in range(12):
            holding.hold_all(stores[0], actor="ana", why="a look", now=NOW)
            holding.release_all(stores[0], now=NOW)
            holding.hold_edition(stores[0], 1, actor="ana", why="a look", now=NOW)
            holding.release_edition(stores[0], 1, now=NOW)

    before = _deadlocks(postgresql)
    with ThreadPoolExecutor(5) as pool:
        at_work = [pool.submit(work, number) for number in range(4)]
        try:
            hold_and_release()
            while books(stores[0], send) != {"sent": READERS}:
                assert not any(each.done() for each in at_work)
        finally:
            ended.set()
        for each in at_work:
            each.result()
    readers = [reader.delivery_id for call in sender.calls for reader in call.recipients]
    assert len(readers) == len(set(readers)) == READERS
    with stores[0].read() as conn:
        assert sends.imbalance(conn, send) == ""
        assert sends.get(conn, send)["state"] == SendState.SENDING
    assert _deadlocks(postgresql) == before


def test_a_call_that_begins_while_it_is_taken_over_is_not_given_back(stores, send):
    """Its process lives, and only seemed gone: what was given back would be said a second time beside it."""
    mine = replace(desk(stores[0], lambda: NOW), timing=TIMING)
    claimed = dispatch.claim(stores[0], mine, "letters", READERS)
    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            assert calls.begin(conn, [claimed.call.id], now=NOW, lease_left=TIMING.reserve) == {claimed.call.id}
            taken = pool.submit(dispatch.take_over, stores[1], lambda _: False, now=NOW)
            somebody_waits(stores[1])
        assert taken.result() == (0, 0)
    assert books(stores[0], send) == {"taken": READERS}
    assert dispatch.take_over(stores[1], lambda _: False, now=NOW) == (0, READERS)
    assert books(stores[0], send) == {"unknown": READERS}


def test_two_sends_of_a_channel_do_not_both_have_a_limit_that_was_never_counted(stores, send):
    """A limit is the channel's: who claims in another send waits for whoever counts on it first."""
    later = add_send(stores[0], add_edition(stores[0], "2026-11-25T07:00"))
    rules = Channel("letters", "told", per_day=5)
    mine, theirs = (Bench(store, rules).desk for store in stores)
    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            sends.share(conn, later)
            assert limits.room(conn, mine, "letters", READERS, 1, NOW) == 5
            claimed = pool.submit(dispatch.claim, stores[1], theirs, "letters", READERS)
            somebody_waits(stores[0])
            limits.spend_all(conn, rules, mine.zone, 3, READERS, NOW, is_urgent=False)
        assert len(claimed.result().call.recipients) == 2


def somebody_waits(store, how: str = "") -> None:
    """Return as soon as somebody waits for a lock in this ledger.

    :param how: for which: more of the condition.
    """
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with store.read() as conn:
            if conn.execute(text(waits + how)).scalar_one():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def _deadlocks(postgresql) -> int:
    return postgresql.execute("SELECT sum(deadlocks)::int FROM pg_stat_database")[0][0]
