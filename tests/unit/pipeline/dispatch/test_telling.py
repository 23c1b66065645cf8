"""Whoever wants to hear of deliveries is told of each call that is settled, in the transaction that settles it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.model.call import Answer, Outcome, Scope, Verdict
from publisher.model.event import Event, EventKind
from publisher.model.hook import HookKind
from publisher.pipeline import dispatch, hear
from publisher.pipeline.dispatch import orphans
from publisher.pipeline.dispatch.answer import record_answer
from publisher.store import calls
from tests.hooks import add_hook, told
from tests.ledger import NOW, Clock, add_edition, add_send, desk, subscribe

SENT = Verdict(Outcome.SENT, provider_id="<1@mx.example>")
NO_MAILBOX = Verdict(Outcome.REFUSED, Scope.RECIPIENT, "no mailbox reader2@example.org")
BUSY = Verdict(Outcome.DEFERRED, reason="busy")


@pytest.fixture
def hook(store):
    return add_hook(store, HookKind.DELIVERIES_SETTLED, HookKind.DELIVERY_BOUNCED)


def claimed(store, readers: int = 3):
    subscribe(store, readers)
    add_send(store, add_edition(store))
    mine = desk(store, Clock())
    found = dispatch.claim(store, mine, "letters", readers)
    assert dispatch.begin(store, mine, found)
    return mine, found


def said(store):
    return [
        [(d["id"], d["state"], d["provider_id"], d["reason"]) for d in data["deliveries"]] for _, data in told(store)
    ]


def test_a_plain_answer_is_told_in_one_message(store, hook):
    mine, found = claimed(store)
    record_answer(store, mine, found, Answer(SENT))
    assert said(store) == [[(reader.delivery_id, "sent", "<1@mx.example>", "") for reader in found.call.recipients]]
    (_, data) = told(store)[0]
    assert [each["recipient"] for each in data["deliveries"]] == [each.reference for each in found.call.recipients]
    assert "example.org" not in str(data)


def test_who_waits_for_another_try_is_told_of_when_that_has_ended(store, hook):
    mine, found = claimed(store)
    first, second, third = (reader.delivery_id for reader in found.call.recipients)
    record_answer(store, mine, found, Answer(SENT, {second: NO_MAILBOX, third: BUSY}))
    assert said(store) == [[(first, "sent", "<1@mx.example>", ""), (second, "failed", "", "no mailbox …")]]


def test_what_nobody_knows_is_told_as_that_and_again_when_it_is_known(store, hook):
    mine, found = claimed(store, 1)
    record_answer(store, mine, found, Answer(Verdict(Outcome.UNKNOWN, reason="no answer")))
    record_answer(store, mine, found, Answer(SENT), was_asked=True)
    assert [[state for _, state, _, _ in each] for each in said(store)] == [["unknown"], ["sent"]]


def test_a_call_whose_process_died_is_told_as_unknown(store, hook):
    _, found = claimed(store, 2)
    with store.write() as conn:
        orphans._call_unknown(conn, calls.get(conn, found.call.id), NOW, NOW + timedelta(minutes=1))
    ((one, other),) = said(store)
    assert (one[1], other[1]) == ("unknown", "unknown")
    assert "its process ended" in one[3]


def test_without_a_webhook_that_wants_it_nothing_is_told(store):
    add_hook(store, HookKind.EDITION_CLOSED)
    mine, found = claimed(store)
    record_answer(store, mine, found, Answer(SENT))
    assert told(store) == []


def test_a_providers_later_word_is_told_once_and_names_no_reader(store, hook):
    mine, found = claimed(store, 1)
    record_answer(store, mine, found, Answer(SENT))
    (reader,) = found.call.recipients
    event = Event(
        EventKind.HARD_BOUNCE,
        "e1",
        NOW,
        reference=reader.reference,
        provider_id="p1",
        address=reader.address,
        words=f"<{reader.address}>: unknown; try other@example.org",
    )
    for _ in range(2):
        hear.record(store, "letters", [(reader.delivery_id, event)], now=NOW)
    kind, data = told(store)[-1]
    assert (len(told(store)), kind) == (2, "delivery.bounced")
    assert {name: data[name] for name in ("id", "recipient", "state", "permanent", "at", "provider_id")} == {
        "id": reader.delivery_id,
        "recipient": reader.reference,
        "state": "failed",
        "permanent": True,
        "at": NOW.isoformat(),
        "provider_id": "p1",
    }
    assert "@" not in data["reason"]
