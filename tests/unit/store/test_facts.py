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


def test_a_turn_is_of_one_process_until_it_ends(store):
    minute = timedelta(minutes=1)
    with store.write() as conn:
        assert facts.take_turn(conn, "alerts", 1, NOW, minute)
        assert not facts.take_turn(conn, "alerts", 2, NOW + minute / 2, minute)
        assert facts.take_turn(conn, "alerts", 2, NOW + minute, minute)


def test_a_turn_that_was_taken_by_a_clock_years_ahead_keeps_nobody_waiting(store):
    minute = timedelta(minutes=1)
    with store.write() as conn:
        assert facts.take_turn(conn, "alerts", 1, NOW + timedelta(days=3650), minute)
        assert facts.take_turn(conn, "alerts", 2, NOW, minute)
