"""Webhooks in the ledger, on both engines: who is told, one at a time, at least once, and what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from publisher.model.hook import HookKind, MessageState
from publisher.store import Store, hook_messages, hooks, outbox
from publisher.store.hook_messages import Try
from publisher.store.tables import hook_messages as rows
from tests.hooks import add_hook, told
from tests.ledger import NOW

K, S = HookKind, MessageState
LEASE = timedelta(seconds=90)
TAKEN, REFUSED = Try(204, "", "", timedelta(seconds=0.2)), Try(500, "HTTP 500", "no\0 <b>", timedelta(seconds=1))


def tell(store: Store, kind: K = K.EDITION_LOCKED, count: int = 1) -> None:
    with store.write() as conn:
        for number in range(count):
            outbox.tell(conn, kind, {"number": number}, NOW)


def claim(store: Store, hook_id: int, at=NOW, limit: int = 2):
    with store.write() as conn:
        return hook_messages.claim(conn, hook_id, now=at, lease=LEASE, limit=limit)


def note(store: Store, message, came: Try, state: S, due_at=None) -> bool:
    with store.write() as conn:
        return hook_messages.note(conn, message, came, state, due_at, NOW)


def test_who_wants_to_hear_of_it_is_told_and_nobody_else(store):
    all_of_it, some = add_hook(store), add_hook(store, K.EDITION_LOCKED, K.DELIVERY_BOUNCED)
    paused, ended = add_hook(store), add_hook(store)
    with store.write() as conn:
        assert hooks.pause(conn, paused, by="test", why="", now=NOW)
        assert hooks.end(conn, ended, by="test", why="", now=NOW)
        assert outbox.tell(conn, K.EDITION_LOCKED, {}, NOW) == 2
        assert outbox.tell(conn, K.EDITION_HELD, {}, NOW) == 1
    with store.read() as conn:
        heard = [(row.hook_id, row.kind) for row in conn.execute(select(rows).order_by(rows.c.id))]
        assert len(set(conn.execute(select(rows.c.key)).scalars())) == 2  # one event has one id, whoever hears it
    assert sorted(heard) == [
        (all_of_it, "edition.held"),
        (all_of_it, "edition.locked"),
        (some, "edition.locked"),
    ]


def test_what_is_taken_back_is_not_told(store):
    add_hook(store)
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        outbox.tell(conn, K.EDITION_LOCKED, {}, NOW)
        raise ZeroDivisionError
    assert told(store) == []


def test_a_message_is_one_processs_until_its_lease_is_over(store):
    hook = add_hook(store)
    tell(store, count=3)
    first, second, third = claim(store, hook), claim(store, hook), claim(store, hook)
    assert ([len(each) for each in (first, second, third)]) == [2, 1, 0]
    again = claim(store, hook, NOW + LEASE, limit=9)
    assert [each.key for each in again] == [each.key for each in [*first, *second]]
    assert {each.tries for each in again} == {2}


def test_a_late_word_of_whoever_lost_the_lease_changes_nothing_and_is_kept(store):
    hook = add_hook(store)
    tell(store)
    (lost,) = claim(store, hook)
    (mine,) = claim(store, hook, NOW + LEASE)
    assert note(store, mine, TAKEN, S.SAID)
    assert not note(store, lost, REFUSED, S.GIVEN_UP)
    with store.read() as conn:
        row = hook_messages.get(conn, hook, mine.id)
        assert (row["state"], [t["status"] for t in hook_messages.tries_of(conn, mine.id)]) == ("said", [204, 500])


def test_what_was_given_up_is_said_again_one_or_all(store):
    hook, other = add_hook(store), add_hook(store)
    tell(store, count=3)
    taken = claim(store, hook, limit=3)
    for message in taken[:2]:
        assert note(store, message, REFUSED, S.GIVEN_UP)
    assert note(store, taken[2], TAKEN, S.SAID)
    with store.write() as conn:
        assert hook_messages.given_up(conn, hook, 10) == 2
        assert hook_messages.again(conn, other, NOW, taken[0].id) == 0  # another's
        assert hook_messages.again(conn, hook, NOW, taken[0].id) == 1
        assert hook_messages.again(conn, hook, NOW, taken[0].id) == 0  # it waits
        assert hook_messages.again(conn, hook, NOW, taken[2].id) == 1  # that was said
        assert hook_messages.again(conn, hook, NOW) == 1
        assert hook_messages.waiting(conn, hook, 10) == 3
        assert hook_messages.waiting(conn, hook, 2) == 2
    assert [each.tries for each in claim(store, hook, limit=3)] == [1, 1, 1]


def test_pages_of_messages_newest_first_by_state(store):
    hook = add_hook(store)
    tell(store, count=5)
    (first,) = claim(store, hook, limit=1)
    note(store, first, REFUSED, S.WAITING, NOW + LEASE)
    with store.read() as conn:
        newest = hook_messages.latest(conn, hook, limit=2)
        older = hook_messages.latest(conn, hook, before=newest[-1]["id"], limit=9)
        assert [row["id"] for row in [*newest, *older]] == [5, 4, 3, 2, 1]
        assert (older[-1]["status"], older[-1]["trouble"]) == (500, "HTTP 500")
        assert len(hook_messages.latest(conn, hook, state=S.WAITING)) == 5
        assert (
            hook_messages.latest(conn, hook, state=S.GIVEN_UP) == hook_messages.latest(conn, hook, state=S.SAID) == []
        )


def test_how_a_webhook_does(store):
    hook = add_hook(store)
    with store.write() as conn:
        hooks.note_failed(conn, hook, 1, NOW + LEASE, NOW)
        hooks.note_failed(conn, hook, 2, NOW + LEASE, NOW + LEASE)
        assert hooks.due(conn, NOW) == []
        (found,) = hooks.due(conn, NOW + LEASE)
        assert (found.failures, found.failing_since, found.state) == (2, NOW, "failing")
        hooks.note_taken(conn, hook, NOW + LEASE)
        (found,) = hooks.due(conn, NOW)
        assert (found.failures, found.failing_since, found.said_at) == (0, None, NOW + LEASE)
        assert hooks.pause(conn, hook, by="test", why="", now=NOW) and not hooks.pause(
            conn, hook, by="x", why="", now=NOW
        )
        assert hooks.due(conn, NOW) == []
        assert hooks.resume(conn, hook) and not hooks.resume(conn, hook)
        assert hooks.end(conn, hook, by="test", why="", now=NOW)
        assert not hooks.end(conn, hook, by="test", why="", now=NOW)
        assert not hooks.resume(conn, hook)


def test_old_messages_are_dropped_with_their_tries_and_what_waits_for_the_ended(store):
    hook, ended = add_hook(store), add_hook(store)
    tell(store)
    (message,) = claim(store, hook)
    note(store, message, TAKEN, S.SAID)
    with store.write() as conn:
        assert hook_messages.forget(conn, NOW) == 0
        hooks.end(conn, ended, by="test", why="", now=NOW)
        assert hook_messages.forget(conn, NOW) == 1
        assert hook_messages.forget(conn, NOW + LEASE) == 1
    assert told(store) == []
