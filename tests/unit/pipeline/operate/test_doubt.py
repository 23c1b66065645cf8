"""What a person says of deliveries of unknown fate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from publisher.model.call import Answer, Outcome, Verdict
from publisher.model.hook import HookKind
from publisher.model.tokens import address_hash
from publisher.pipeline import settle
from publisher.pipeline.operate import doubt, stopping
from publisher.pipeline.operate.doubt import Decided, Word
from publisher.store import by_hand, calls, editions, sends
from publisher.store.by_hand import Doubtful
from publisher.store.tables import calls as call_rows
from publisher.store.tables import editions as edition_rows
from tests.hooks import add_hook, told
from tests.ledger import HASH_KEY, NOW, books

SENT, UNKNOWN = Verdict(Outcome.SENT), Verdict(Outcome.UNKNOWN, reason="no answer came")


def say(store, word, wanted=None, why=""):
    return doubt.settle(store, wanted or Doubtful(), word, actor="cli:ada", why=why, now=NOW)


def call_of(store, line):
    with store.read() as conn:
        return calls.get(conn, line["call_id"])


@pytest.fixture
def doubted(store, send, answered, lines):
    """Three readers of unknown fate, one sent."""
    answered(UNKNOWN, limit=3)
    answered(SENT)
    look_again_at(store, None)
    return lines("unknown")


def look_again_at(store, moment):
    """Say when the doubtful calls are looked at again; None: they are left to a person."""
    with store.write() as conn:
        conn.execute(update(call_rows).where(call_rows.c.state == "unknown").values(retry_at=moment))


def test_each_is_listed_with_what_one_needs_to_look_it_up(store, edition, doubted):
    with store.read() as conn:
        found = by_hand.doubtful(conn, Doubtful(edition_id=edition))
    assert [row["id"] for row in found] == sorted(row["id"] for row in doubted)
    assert {row["id"]: row["to"] for row in found} == {row["id"]: row["to"] for row in doubted}
    assert {(row["schedule"], row["channel"], row["reason"]) for row in found} == {
        ("morning", "letters", "no answer came")
    }
    assert all(row["key"] and row["spoke_at"] for row in found)


@pytest.mark.parametrize(
    ("word", "state"), [(Word.TREAT_AS_SENT, "sent"), (Word.TREAT_AS_FAILED, "failed")], ids=["sent", "failed"]
)
def test_a_persons_word_stands_in_the_log_beside_what_was_known_before(store, send, doubted, lines, word, state):
    said = say(store, word, why="seen in the provider's log")
    assert said == Decided(3, 0, 0, {send: 3})
    assert books(store, send)[state] == (4 if state == "sent" else 3)
    told = [row["reason"] for row in lines(state) if row["reason"]]
    assert told == [f"treated as {state} by cli:ada: seen in the provider's log; before: no answer came"] * 3
    assert call_of(store, doubted[0])["state"] == "answered"


def test_sent_anew_is_a_new_call(store, send, doubted, answered, lines):
    settle.settle_finished(store, now=NOW)
    say(store, Word.RESEND)
    with store.read() as conn:
        assert sends.get(conn, send)["state"] == "sending"
    assert books(store, send) == {"pending": 3, "sent": 1}
    answered(SENT)
    assert books(store, send) == {"sent": 4}
    with store.read() as conn:
        tried = calls.of_delivery(conn, doubted[0]["id"], lines("sent")[-1]["call_id"])
        told = calls.outcomes_of(conn, doubted[0]["id"])
    assert len({call["key"] for call in tried}) == 2
    assert told[doubted[0]["call_id"]]["reason"] == "sent anew by cli:ada; before: no answer came"


def test_one_delivery_or_one_address_can_be_meant(store, send, doubted, lines):
    assert say(store, Word.TREAT_AS_SENT, Doubtful(delivery_ids=(doubted[0]["id"],))).moved == 1
    assert call_of(store, doubted[0])["state"] == "unknown"
    wanted = Doubtful(address_hash=address_hash(doubted[1]["to"], HASH_KEY))
    assert say(store, Word.TREAT_AS_FAILED, wanted).moved == 1
    assert [row["to"] for row in lines("unknown")] == [doubted[2]["to"]]
    assert books(store, send) == {"unknown": 1, "sent": 2, "failed": 1}


def test_what_is_about_to_be_settled_by_itself_is_not_sent_anew(store, send, doubted):
    look_again_at(store, NOW)
    assert say(store, Word.RESEND) == Decided(0, 0, 3, {})
    assert say(store, Word.TREAT_AS_SENT).moved == 3


def test_what_nobody_settled_although_it_was_time_is_sent_anew(store, send, doubted):
    look_again_at(store, NOW - timedelta(minutes=3))
    assert say(store, Word.RESEND).moved == 3


def test_a_cancelled_send_is_not_sent_anew(store, edition, send, doubted):
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    assert say(store, Word.RESEND) == Decided(0, 3, 0, {})
    assert books(store, send) == {"unknown": 3, "sent": 1}


def test_many_are_decided_in_batches(store, send, doubted):
    assert say(store, Word.TREAT_AS_SENT, Doubtful(limit=1)).moved == 3
    assert books(store, send) == {"sent": 4}


def test_a_late_answer_after_a_persons_word_changes_nothing(store, send, begun, lines):
    late = begun()
    late(Answer(UNKNOWN))
    say(store, Word.TREAT_AS_FAILED)
    late(Answer(SENT))
    assert books(store, send) == {"failed": 4}


def test_another_edition_is_left_alone(store, edition, send, doubted):
    assert say(store, Word.TREAT_AS_SENT, Doubtful(edition_id=edition + 1)).moved == 0
    assert books(store, send)["unknown"] == 3


@pytest.mark.parametrize("made", editions.AFTER_PRACTICE)
def test_what_practice_left_in_doubt_is_not_sent_anew_when_it_is_over(store, edition, send, doubted, made):
    with store.write() as conn:
        conn.execute(update(edition_rows).where(edition_rows.c.id == edition).values(practice=made))
    assert say(store, Word.RESEND) == Decided(0, 0, 0, {}, of_practice=3)
    assert say(store, Word.TREAT_AS_FAILED).moved == 3


@pytest.mark.parametrize(
    ("word", "state"), [(Word.TREAT_AS_SENT, "sent"), (Word.TREAT_AS_FAILED, "failed")], ids=["sent", "failed"]
)
def test_webhooks_are_told_of_it_as_of_what_a_call_settles(store, send, doubted, word, state):
    add_hook(store, HookKind.DELIVERIES_SETTLED)
    say(store, word, why="ada@harbor.example rang")
    ((kind, data),) = told(store)
    assert (kind, data["send"], data["channel"]) == ("deliveries.settled", send, "letters")
    assert [(each["id"], each["recipient"], each["state"]) for each in data["deliveries"]] == [
        (row["id"], f"d{row['id']}", state) for row in sorted(doubted, key=lambda row: row["id"])
    ]
    assert all(each["reason"].endswith("by cli:ada: … rang; before: no answer came") for each in data["deliveries"])


def test_webhooks_hear_of_what_is_sent_anew_only_when_it_has_ended(store, doubted):
    add_hook(store, HookKind.DELIVERIES_SETTLED)
    say(store, Word.RESEND)
    assert told(store) == []


def test_what_is_told_of_a_word_stands_or_falls_with_it(store, send, doubted):
    add_hook(store, HookKind.DELIVERIES_SETTLED)
    with store.rehearsal() as conn:
        doubt.settle_batch(conn, Doubtful(), Word.TREAT_AS_SENT, "treated as sent", NOW)
    assert (told(store), books(store, send)) == ([], {"sent": 1, "unknown": 3})
