"""The books counted in full."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update

from publisher.app.verification import verify_books
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch, settle
from publisher.store import alerts, sends
from publisher.store.tables import calls, deliveries, outcomes
from publisher.store.tables import sends as send_rows
from tests.ledger import NOW, Clock, add_edition, add_send, books, desk, subscribe

SENT, UNKNOWN = Verdict(Outcome.SENT), Verdict(Outcome.UNKNOWN, reason="no answer came")


@pytest.fixture
def send(store):
    """A send with one reader in each state: sent, unknown, taken, pending."""
    subscribe(store, 4)
    made = add_send(store, add_edition(store))
    place = desk(store, Clock())
    for verdict in (SENT, UNKNOWN, None):
        claimed = dispatch.claim(store, place, "letters", 1)
        dispatch.begin(store, place, claimed)
        if verdict:
            dispatch.record_answer(store, place, claimed, Answer(verdict))
    assert books(store, made) == {"sent": 1, "unknown": 1, "taken": 1, "pending": 1}
    return made


def wrong(store):
    [count] = verify_books(store, Clock())
    return list(count.wrong)


def change(store, statement):
    with store.write() as conn:
        conn.execute(statement)


def open_causes(store):
    with store.read() as conn:
        return [row["cause"] for row in alerts.open_ones(conn)]


def test_books_that_balance_are_counted_and_raise_no_alert(store, send):
    [count] = verify_books(store, Clock())
    assert (count.wrong, count.candidates) == ((), 4)
    assert open_causes(store) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (update(send_rows).values(sent=2, pending=0), "pending: 0 in the books, 1 rows; sent: 2 in the books, 1 rows"),
        (delete(deliveries).where(deliveries.c.state == "pending"), "candidates: 4 in the books, 3 rows"),
        (update(deliveries).where(deliveries.c.state == "taken").values(call_id=None), "taken without an open call"),
        (update(calls).where(calls.c.state == "answered").values(state="given back"), "sent without a call"),
        (delete(outcomes), "unknown without a word why"),
        (update(deliveries).where(deliveries.c.state == "taken").values(state="pending"), "is open and holds nobody"),
    ],
    ids=["counters", "a row lost", "taken", "sent", "unknown", "call"],
)
def test_each_imbalance_is_named(store, send, spoil, said):
    change(store, spoil)
    assert any(said in line for line in wrong(store)), wrong(store)
    assert open_causes(store) == [f"books:{send}"]


def test_an_operators_word_bears_out_a_sent_delivery(store, send):
    change(store, update(calls).where(calls.c.state == "unknown").values(outcome="unknown"))
    change(store, update(outcomes).values(outcome="sent"))
    change(store, update(deliveries).where(deliveries.c.state == "unknown").values(state="sent"))
    change(store, update(send_rows).values(sent=2, unknown=0))
    assert wrong(store) == []


def test_what_is_counted_right_again_ends_the_alert_and_may_be_closed(store, send):
    change(store, update(deliveries).where(deliveries.c.state.in_(["taken", "pending"])).values(state="failed"))
    change(store, update(calls).where(calls.c.state == "sending").values(state="answered"))
    change(store, update(send_rows).values(sent=2, unknown=0, taken=0, pending=0, failed=2))
    other = add_send(store, add_edition(store, "2026-11-25T07:00"), lists=("nobody-else",), channel="mastodon")
    assert settle.settle_finished(store, now=NOW) == 0
    with store.read() as conn:
        row = sends.get(conn, send)
        assert (row["state"], sends.is_out_of_balance(row)) == ("sending", True)
    assert wrong_of(store, send)
    change(store, update(send_rows).where(send_rows.c.id == send).values(sent=1, unknown=1))
    assert not wrong_of(store, send)
    assert open_causes(store) == []
    assert settle.settle_finished(store, now=NOW) == 1
    assert other


def wrong_of(store, send):
    return next(count.wrong for count in verify_books(store, Clock()) if count.send_id == send)
