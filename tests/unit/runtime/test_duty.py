"""A standing duty: done again and again, and its trouble stops nothing."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

from publisher.errors import StoreError
from publisher.runtime.duty import Duty

OFTEN = timedelta(milliseconds=5)


def test_it_is_carried_out_until_it_is_told_to_stop():
    thrice, seen = Event(), []

    def once_more():
        seen.append(1)
        if len(seen) == 3:
            thrice.set()

    duty = Duty("look", once_more, lambda: OFTEN)
    duty.start()
    assert thrice.wait(5)
    duty.stop()
    before = len(seen)
    assert not Event().wait(0.05)
    assert len(seen) == before


def test_trouble_is_said_and_it_is_tried_again():
    again, seen = Event(), []

    def failing():
        seen.append(1)
        if len(seen) == 3:
            again.set()
        raise StoreError("the disk is full") if len(seen) == 1 else ValueError("a fault of ours")

    duty = Duty("look", failing, lambda: OFTEN)
    duty.start()
    assert again.wait(5)
    duty.stop()


def test_only_a_success_counts_as_done():
    def failing():
        raise StoreError("the database can't be reached")

    duty = Duty("look", failing)
    duty.done_at = 0.0
    duty.run_once()
    assert duty.done_at == 0.0
    well = Duty("look", lambda: None)
    well.done_at = 0.0
    well.run_once()
    assert well.done_at > 0.0
