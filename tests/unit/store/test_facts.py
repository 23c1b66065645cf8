"""Whether all sending is held."""

from __future__ import annotations

from datetime import timedelta

from publisher.store import facts
from publisher.store.facts import Held
from tests.ledger import NOW


def test_sending_is_not_held_unless_someone_holds_it(store):
    with store.read() as conn:
        assert facts.held(conn) is None


def test_who_holds_sending_and_why_is_remembered(store):
    with store.write() as conn:
        assert facts.hold_everything(conn, actor="cli:ada", why="wrong names", now=NOW)
    with store.read() as conn:
        assert facts.held(conn) == Held("cli:ada", "wrong names", NOW)


def test_a_second_hold_changes_nothing(store):
    with store.write() as conn:
        facts.hold_everything(conn, actor="cli:ada", why="", now=NOW)
        assert not facts.hold_everything(conn, actor="cli:ben", why="me too", now=NOW + timedelta(hours=1))
    with store.read() as conn:
        assert facts.held(conn) == Held("cli:ada", "", NOW)


def test_a_release_says_whether_anything_was_held(store):
    with store.write() as conn:
        facts.hold_everything(conn, actor="cli:ada", why="", now=NOW)
        assert facts.release_everything(conn)
        assert not facts.release_everything(conn)
        assert facts.held(conn) is None
