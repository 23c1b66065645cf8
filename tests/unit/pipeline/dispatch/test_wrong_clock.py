"""A clock that was ten years ahead, and is put right: nothing that was put off by it stays put off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from publisher.pipeline import address
from publisher.store import schedules, sends
from publisher.store.tables import deliveries
from publisher.store.tables import sends as sends_table
from tests.ledger import NOW, add_edition, add_send, books, subscribe
from tests.unit.pipeline.dispatch.conftest import NO_ANSWER, UNREACHABLE, Told

AHEAD = timedelta(days=3650)
DAY = timedelta(days=1)


@pytest.fixture
def send(store):
    subscribe(store, 3)
    return add_send(store, add_edition(store))


def put_right(store, bench, after: timedelta = timedelta(minutes=1)) -> None:
    bench.clock.moment = NOW + after
    with store.write() as conn:
        schedules.pull_back(conn, bench.clock())


def due(store) -> list:
    with store.read() as conn:
        return list(conn.execute(select(deliveries.c.due_at).order_by(deliveries.c.id)).scalars())


def test_a_delivery_that_was_to_be_tried_again_then_is_tried_now(store, bench, send):
    bench.clock.moment = NOW + AHEAD
    bench.once(Told(UNREACHABLE))
    put_right(store, bench)
    assert books(store, send) == {"pending": 3}
    bench.all(Told())
    assert books(store, send) == {"sent": 3}


def test_a_call_in_doubt_that_was_to_be_looked_at_then_is_said_again_now(store, bench, send):
    bench.clock.moment = NOW + AHEAD
    sender = Told(NO_ANSWER, keys=2 * AHEAD)
    bench.once(sender)
    assert books(store, send) == {"unknown": 3}
    put_right(store, bench)
    bench.all(sender)
    assert books(store, send) == {"sent": 3}
    assert sender.calls[0].key == sender.calls[1].key


def test_what_a_right_clock_put_off_for_days_stays_so_and_what_was_sent_is_not_touched(store, bench, send):
    wanted = [NOW + 9 * DAY, NOW + AHEAD, NOW + AHEAD]
    with store.write() as conn:
        for row_id, due_at in zip((1, 2, 3), wanted, strict=True):
            conn.execute(update(deliveries).where(deliveries.c.id == row_id).values(due_at=due_at))
        conn.execute(update(deliveries).where(deliveries.c.id == 3).values(state="sent"))
        sends.post_to_books(conn, send, {"pending": -1, "sent": 1})
    put_right(store, bench)
    assert due(store) == [NOW + 9 * DAY, bench.clock(), NOW + AHEAD]


@pytest.mark.parametrize("is_addressed", [True, False])
def test_a_send_made_then_goes_out_now_whether_or_not_its_audience_was_frozen(store, bench, send, is_addressed):
    soon = NOW + 9 * DAY  # a clock that was ahead by less than would be conspicuous in a due time
    with store.write() as conn:
        values = {"made_at": soon, "due_at": soon}
        if not is_addressed:
            values |= {"state": "ready", "candidates": 0, "pending": 0}
            conn.execute(deliveries.delete())
        conn.execute(update(sends_table).values(values))
        conn.execute(update(deliveries).values(due_at=soon))
    put_right(store, bench)
    if not is_addressed:
        address.record(store, send, now=bench.clock())
    bench.all(Told())
    assert books(store, send) == {"sent": 3}
