"""Cancel."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from publisher.model.call import Answer, Outcome, Verdict
from publisher.model.states import EditionState, SendState
from publisher.pipeline.operate import holding, stopping
from publisher.store import editions, log, sends
from publisher.store.tables import deliveries
from tests.ledger import NOW, add_edition, add_send, books, subscribe


def cancel(store, edition):
    return stopping.cancel_edition(store, edition, reason="cancelled by cli:ada: a mistake", now=NOW)


def test_what_has_not_left_is_cancelled_and_the_reason_stands_beside_it(store, edition, send, state, lines):
    assert cancel(store, edition) == 4
    assert books(store, send) == {"cancelled": 4}
    assert state(send) == "cancelled"
    assert {row["reason"] for row in lines("cancelled")} == {"cancelled by cli:ada: a mistake"}
    with store.read() as conn:
        row = editions.get(conn, edition)
    assert (row["state"], row["reason"]) == ("cancelled", "cancelled by cli:ada: a mistake")


def test_the_log_says_when_a_delivery_was_cancelled_not_when_it_would_have_been_due(store):
    subscribe(store, 2)
    edition = add_edition(store, "2026-11-25T07:00")
    due = deliveries.c.send_id == add_send(store, edition)
    with store.write() as conn:
        conn.execute(update(deliveries).where(due).values(due_at=NOW + timedelta(days=1)))
    cancel(store, edition)
    with store.read() as conn:
        assert {row["when"] for row in log.find(conn, log.Filter())} == {NOW}


def test_a_call_under_way_ends_as_it_does(store, edition, send, begun):
    answer = begun(limit=1)
    assert cancel(store, edition) == 3
    assert books(store, send) == {"taken": 1, "cancelled": 3}
    answer(Answer(Verdict(Outcome.SENT)))
    assert books(store, send) == {"sent": 1, "cancelled": 3}


def test_many_deliveries_are_cancelled_in_batches(store):
    subscribe(store, 5_000)
    edition = add_edition(store, "2026-11-25T07:00")
    send = add_send(store, edition)
    assert cancel(store, edition) == 5_000
    assert books(store, send) == {"cancelled": 5_000}


def test_a_cancellation_that_was_cut_short_is_finished_by_whoever_is_at_work(store, edition, send):
    with store.write() as conn:
        sends.move(conn, send, SendState.CANCELLED)
        editions.move(conn, edition, EditionState.CANCELLED, NOW, reason="cancelled by cli:ada")
    assert stopping.finish_cancelling(store) == 4
    assert stopping.finish_cancelling(store) == 0
    assert books(store, send) == {"cancelled": 4}


def test_cancelling_twice_changes_nothing(store, edition, send):
    cancel(store, edition)
    assert cancel(store, edition) == 0
    assert books(store, send) == {"cancelled": 4}


def test_what_held_it_is_no_advice_any_more(store, edition, send):
    holding.hold_edition(store, edition, actor="cli:ada", why="", now=NOW)
    cancel(store, edition)
    with store.read() as conn:
        assert sends.get(conn, send)["reasons"] == []
