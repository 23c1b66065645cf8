"""How often somebody may ask for mail."""

from __future__ import annotations

from datetime import timedelta

from publisher.audience import often
from publisher.audience.often import Limit
from publisher.store import limits
from tests.ledger import NOW

FIVE = Limit("network", 5, timedelta(minutes=2))


def took(store, count: int, now=NOW, of: str = "a") -> int:
    return sum(not often.take(store, FIVE, of, 1, now) for _ in range(count))


def test_so_many_go_at_once_and_then_one_each_time(store):
    assert took(store, 20) == 5
    assert took(store, 20, NOW + timedelta(minutes=1)) == 0
    assert took(store, 20, NOW + timedelta(minutes=4)) == 2
    assert took(store, 20, NOW + timedelta(hours=9)) == 5


def test_one_does_not_use_up_what_is_anothers(store):
    assert took(store, 9) == 5
    assert took(store, 9, of="b") == 5


def test_what_is_too_much_takes_nothing_and_says_how_long_to_wait(store):
    assert often.take(store, FIVE, "a", 2, NOW) == timedelta()
    assert often.take(store, FIVE, "a", 4, NOW) > timedelta()
    assert often.take(store, FIVE, "a", 3, NOW) == timedelta()
    assert often.take(store, FIVE, "a", 1, NOW) == timedelta(minutes=2)


def test_more_than_there_ever_are_go_once_from_a_full_limit(store):
    assert often.take(store, FIVE, "a", 8, NOW) == timedelta()
    assert often.take(store, FIVE, "a", 8, NOW + timedelta(minutes=9)) > timedelta()
    assert often.take(store, FIVE, "a", 8, NOW + timedelta(minutes=10)) == timedelta()


def test_a_limit_that_is_full_again_is_forgotten_and_one_in_use_is_not(store):
    often.take(store, often.ADDRESS, "a", 6, NOW)
    often.forget(store, NOW + timedelta(hours=23))
    assert often.take(store, often.ADDRESS, "a", 6, NOW + timedelta(hours=23)) > timedelta()
    often.forget(store, NOW + timedelta(days=9))
    with store.read() as conn:
        assert limits.free_at(conn, "asks:address:a", lock=False) is None
