"""Resend to those it failed for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from publisher.model.call import Outcome, Verdict
from publisher.model.tokens import address_hash
from publisher.pipeline import settle
from publisher.pipeline.operate import again, stopping
from publisher.store import by_hand, editions, sends, suppressions
from publisher.store.tables import editions as rows
from tests.ledger import HASH_KEY, NOW, books

SENT, REFUSED = Verdict(Outcome.SENT), Verdict(Outcome.REFUSED, reason="no such mailbox")
LATER = NOW + timedelta(days=1)


def two_failed(answered):
    """Let the provider refuse the first two readers and take the others."""
    answered(REFUSED, limit=2)
    answered(SENT)


def test_only_those_it_failed_for_are_written_to_again(store, edition, send, answered, lines):
    two_failed(answered)
    failed = {row["to"] for row in lines("failed")}
    assert again.resend_failed(store, edition, now=NOW) == again.Again(2, (send,))
    assert books(store, send) == {"pending": 2, "sent": 2}
    assert {row["to"] for row in lines("pending")} == failed
    answered(SENT)
    assert books(store, send) == {"sent": 4}


def test_a_send_that_was_done_and_its_edition_go_on_and_end_again(store, edition, send, answered, state):
    two_failed(answered)
    settle.settle_finished(store, now=NOW)
    assert state(send) == "done"
    again.resend_failed(store, edition, now=LATER)
    with store.read() as conn:
        row, there = sends.get(conn, send), editions.get(conn, edition)
    assert (row["state"], row["done_at"], there["state"]) == ("sending", None, "locked")
    assert row["give_up_at"] == LATER + timedelta(hours=6)
    answered(SENT, now=LATER)
    settle.settle_finished(store, now=LATER)
    with store.read() as conn:
        assert (state(send), editions.get(conn, edition)["state"]) == ("done", "closed")


def test_one_address_can_be_chosen(store, edition, send, answered, lines):
    two_failed(answered)
    chosen = lines("failed")[0]["to"]
    with store.read() as conn:
        recipient = by_hand.recipient_of(conn, address_hash(chosen, HASH_KEY))
    assert again.resend_failed(store, edition, now=NOW, recipient_id=recipient).count == 1
    assert [row["to"] for row in lines("pending")] == [chosen]


def test_whoever_was_suppressed_since_is_not_written_to(store, edition, send, answered, lines):
    two_failed(answered)
    gone = lines("failed")[0]["to"]
    with store.write() as conn:
        suppressions.add(conn, address_hash(gone, HASH_KEY), "all", reason="bounced for good", now=NOW, actor="test")
    again.resend_failed(store, edition, now=NOW)
    answered(SENT)
    assert books(store, send) == {"sent": 3, "suppressed": 1}
    assert lines("suppressed")[0]["to"] == gone


def test_nothing_that_failed_is_nothing_to_resend(store, edition, send, answered, state):
    answered(SENT)
    assert again.resend_failed(store, edition, now=NOW) == again.Again(0, ())
    assert state(send) == "sending"


def test_a_cancelled_edition_is_not_resent(store, edition, send, answered):
    answered(REFUSED, limit=2)
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    assert again.resend_failed(store, edition, now=NOW).count == 0
    assert books(store, send) == {"failed": 2, "cancelled": 2}


@pytest.mark.parametrize("word", editions.AFTER_PRACTICE)
def test_nobody_gets_what_practice_made_when_it_is_over(store, edition, send, answered, word):
    two_failed(answered)
    with store.write() as conn:
        conn.execute(update(rows).where(rows.c.id == edition).values(practice=word))
    assert again.resend_failed(store, edition, now=NOW) == again.Again(0, ())
    assert books(store, send) == {"failed": 2, "sent": 2}
