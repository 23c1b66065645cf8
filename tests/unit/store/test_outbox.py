"""What webhooks are told: of editions as they move, in the transaction that moves them, and nothing of a reader."""

from __future__ import annotations

import pytest

from publisher.model.hook import HookKind
from publisher.model.states import EditionState
from publisher.pipeline.operate import holding, stopping
from publisher.pipeline.settle import close_edition
from publisher.store import editions, outbox, project_versions, sends
from tests.hooks import add_hook, told
from tests.ledger import NOW, add_edition, add_send, subscribe

K = HookKind


@pytest.fixture
def hook(store):
    return add_hook(store)


def kinds(store) -> list[str]:
    return [kind for kind, _ in told(store)]


def test_without_a_webhook_nothing_is_written(store):
    subscribe(store, 1)
    add_send(store, add_edition(store))
    assert told(store) == []


def test_an_edition_that_is_locked_and_closed_with_its_books(store, hook):
    subscribe(store, 3)
    edition = add_edition(store)
    send = add_send(store, edition)
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    (locked, said), (cancelled, why) = told(store)
    assert (locked, cancelled) == ("edition.locked", "edition.cancelled")
    assert said == {
        "edition": edition,
        "schedule": "morning",
        "slot": "2026-11-24T07:00",
        "language": "en",
        "due_at": "2026-11-24T07:00:00+00:00",
        "state": "locked",
        "reason": "",
        "practice": False,
    }
    assert (why["state"], why["reason"]) == ("cancelled", "a mistake")
    other = add_edition(store, "2026-11-25T07:00")
    with store.write() as conn:
        close_edition(conn, other, NOW)
    assert told(store)[-1][1]["sends"] == []
    with store.write() as conn:
        books = outbox._books(conn, edition)
    assert [(each["id"], each["candidates"], each["cancelled"]) for each in books] == [(send, 3, 3)]


def test_an_edition_that_is_held_and_let_go(store, hook):
    edition = add_edition(store)
    for _ in range(2):  # held twice it is told once
        holding.hold_edition(store, edition, actor="console:anna", why="a name is wrong", now=NOW)
    holding.release_edition(store, edition, now=NOW)
    holding.release_edition(store, edition, now=NOW)
    assert kinds(store) == ["edition.locked", "edition.held", "edition.released"]
    held = told(store)[1][1]
    assert (held["why"], held["by"]) == ("a name is wrong", "console:anna")


def test_all_that_is_held_at_once_is_told_edition_by_edition(store, hook):
    subscribe(store, 1)
    edition = add_edition(store)
    add_send(store, edition)
    add_send(store, edition, channel="other")
    holding.hold_all(store, actor="cli:ann", why="stop", now=NOW)
    holding.release_all(store, now=NOW)
    assert kinds(store)[1:] == ["edition.held", "edition.released"]


@pytest.mark.parametrize(("slot", "said"), [("2026-11-24T07:00", ["edition.skipped"]), ("test:1", [])])
def test_a_slot_that_was_skipped_is_told_and_a_test_is_not(store, hook, slot, said):
    with store.write() as conn:
        editions.add(
            conn,
            schedule="morning",
            slot=slot,
            language="en",
            due_at=NOW,
            now=NOW,
            state=EditionState.SKIPPED,
            reason="nothing new",
            version_id=project_versions.accept(conn, "digest", "text", NOW, "test"),
            actor="test",
            places=[],
        )
    assert kinds(store) == said


def test_five_hundred_deliveries_stand_in_one_message(store, hook):
    subscribe(store, 1)
    send = add_send(store, add_edition(store))
    settled = [outbox.settled_as(number, f"d_{number}", "sent") for number in range(1, 1_002)]
    with store.write() as conn:
        outbox.tell_settled(conn, send, settled, NOW)
    data = [data for kind, data in told(store) if kind == K.DELIVERIES_SETTLED]
    assert [len(each["deliveries"]) for each in data] == [500, 500, 1]
    assert {key: data[0][key] for key in ("send", "channel", "kind")} == {
        "send": send,
        "channel": "letters",
        "kind": "regular",
    }


@pytest.mark.parametrize(
    "words",
    [
        "no mailbox ada@example.org here",
        "<ada@example.org>: user unknown",
        "rcpt=ada@example.org;x",
        'say "ada@example.org"',
        "to:ADA@EXAMPLE.ORG",
    ],
)
def test_a_providers_words_name_no_reader(words):
    assert "ada" not in outbox.without_addresses(words).lower()
    assert "…" in outbox.without_addresses(words)


def test_the_books_say_whether_somebody_wants_to_hear(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))

    def moved() -> bool:
        with store.write() as conn:
            sends.post_to_books(conn, send, {"pending": -1, "taken": 1})
            return sends.post_to_books(conn, send, {"pending": 1, "taken": -1})

    assert not moved()
    add_hook(store, K.EDITION_LOCKED)
    assert not moved()
    add_hook(store, K.DELIVERIES_SETTLED)
    assert moved()
