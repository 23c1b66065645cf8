"""No more requests of a channel than may be under way at once, and one more thread that is at the ledger meanwhile."""

from __future__ import annotations

import time
from threading import Lock, Thread

import pytest

from publisher.model.project import Channel
from publisher.pipeline.dispatch import places, staff
from publisher.pipeline.dispatch.places import Halls, Places
from tests.ledger import add_edition, add_send, books, subscribe
from tests.unit.pipeline.dispatch.conftest import SENT, Bench, Told

EIGHT = 8


@pytest.fixture
def bench(store):
    return Bench(store, Channel("letters", "told", at_once=EIGHT))


@pytest.fixture
def taken(bench):
    """Every place of the channel is taken."""
    hall = bench.desk.places("letters")
    for _ in range(EIGHT):
        assert hall.enter()
    return hall


@pytest.fixture
def send(store):
    subscribe(store, 40)
    return add_send(store, add_edition(store))


@pytest.mark.parametrize(("at_once", "threads"), [(1, 1), (7, 7), (8, 9), (16, 18), (64, 72)])
def test_a_channel_has_a_thread_more_for_each_eight_places(at_once, threads):
    assert staff(at_once) == threads


def test_a_place_is_taken_once(monkeypatch):
    monkeypatch.setattr(places, "MOVES", 0.01)
    hall = Places(2)
    assert [hall.enter(), hall.enter(), hall.enter()] == [True, True, False]
    hall.leave()
    assert hall.enter()


def test_a_call_is_claimed_ahead_only_where_requests_end_one_after_the_other(monkeypatch):
    hall = Places(1)
    assert hall.may_claim(ahead=False)
    hall.enter()
    assert not hall.may_claim(ahead=True)
    hall.leave()
    hall.enter()
    assert hall.may_claim(ahead=True)
    assert not hall.may_claim(ahead=False)
    monkeypatch.setattr(places, "MOVES", 0.0)
    assert not hall.may_claim(ahead=True)


def test_a_file_that_says_another_number_has_other_places():
    halls = Halls()
    before = halls.of("letters", 2)
    assert halls.of("letters", 2) is before
    assert halls.of("letters", 3).number == 3
    assert halls.of("posts", 2) is not before


@pytest.mark.parametrize("batch", [1, 3])
def test_no_more_requests_are_under_way_than_may_be(store, bench, send, batch):
    lock, under_way, most = Lock(), 0, 0

    def slow(_call):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        return SENT

    sender = Told(*[slow] * 40, batch=batch)
    threads = [Thread(target=bench.all, args=(sender,)) for _ in range(staff(EIGHT))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    bench.all(sender)
    assert most <= EIGHT
    assert books(store, send) == {"sent": 40}


def test_nothing_is_claimed_while_every_place_is_taken_and_none_was_left_lately(store, bench, send, taken):
    assert not bench.once(Told(batch=1))
    assert books(store, send) == {"pending": 40}


def test_a_call_that_finds_no_place_is_put_back_and_nobody_in_doubt(store, bench, send, taken, monkeypatch):
    monkeypatch.setattr(places, "MOVES", 0.01)
    monkeypatch.setattr(Places, "may_claim", lambda self, *, ahead: True)
    sender = Told(batch=1)
    assert bench.once(sender)
    assert not sender.calls
    assert books(store, send) == {"pending": 40}
    for _ in range(EIGHT):
        taken.leave()
    bench.all(sender)
    assert len(sender.calls) == 40
    assert books(store, send) == {"sent": 40}
