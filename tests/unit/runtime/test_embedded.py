"""The embedded engine: it follows limits closely, costs little when there is nothing to do, and follows the file."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from publisher.errors import StoreError
from publisher.runtime import embedded
from publisher.runtime.embedded import Embedded
from publisher.runtime.engine import Duties

PATIENCE = 5.0


class Work:
    """Duties that are counted, and a channel whose limit is what it is told."""

    def __init__(self) -> None:
        self.looks: dict[str, int] = {}
        self.looked_at: list[datetime] = []
        self.channels = {"letters": 8}
        self.free_at: datetime | None = None
        self.has_work: set[str] = set()
        self.ending = Event()

    def dispatch(self, channel: str) -> bool:
        self.looks[channel] = self.looks.get(channel, 0) + 1
        self.looked_at.append(datetime.now(UTC))
        return channel in self.has_work and bool(self.has_work.discard(channel) or True)

    def duties(self) -> Duties:
        return Duties(
            advance=lambda: None,
            channels=lambda: dict(self.channels),
            dispatch=self.dispatch,
            free_at=lambda _: self.free_at,
            recover=lambda: None,
            clock=lambda: datetime.now(UTC),
            ending=self.ending,
        )


@pytest.fixture
def work():
    made = Work()
    engine = Embedded(made.duties())
    engine.start()
    yield made
    assert engine.stop()


def wait_for(condition) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_one_thread_of_a_channel_looks_for_work_and_not_all(work):
    time.sleep(1.2)
    assert work.looks["letters"] <= 8 + 4  # each thread once, then the scout each half second


def test_a_limit_that_lets_a_channel_go_on_is_met_at_its_moment(work):
    time.sleep(0.1)
    work.free_at = datetime.now(UTC) + timedelta(seconds=0.8)
    time.sleep(1.2)
    assert any(timedelta() <= moment - work.free_at < timedelta(seconds=0.2) for moment in work.looked_at)


def test_a_limit_that_has_passed_does_not_keep_anybody_busy(work):
    work.free_at = datetime.now(UTC) - timedelta(hours=1)
    time.sleep(0.6)
    before = work.looks["letters"]
    time.sleep(1.0)
    assert work.looks["letters"] - before <= 4


def test_channels_that_come_with_the_file_are_served_and_those_that_go_are_not(work):
    work.channels = {"others": 8}
    wait_for(lambda: work.looks.get("others", 0) > 0)
    time.sleep(0.1)
    before = work.looks["letters"]
    time.sleep(1.2)
    assert work.looks["letters"] == before


def test_as_many_calls_are_under_way_as_the_channel_says_also_when_the_file_says_another_number(work):
    under_way, most, enough = [], [], Event()

    def dispatch(channel: str) -> bool:
        under_way.append(channel)
        most.append(len(under_way))
        enough.wait(0.2)
        under_way.pop()
        return not enough.is_set()

    work.dispatch = dispatch
    for threads in (3, 5):
        enough.clear()
        work.channels = {f"channel-{threads}": threads}
        engine = Embedded(work.duties())
        engine.start()
        wait_for(lambda: len(most) > 20)
        enough.set()
        assert engine.stop()
        assert max(most) == threads
        most.clear()
        work.ending.clear()


def test_a_ledger_that_takes_nothing_more_ends_what_waits_for_it_and_one_that_is_back_in_time_does_not(monkeypatch):
    monkeypatch.setattr(embedded, "STUCK_AFTER", 1.5)
    work = Work()
    refusals = iter([True, False])

    def dispatch(channel: str) -> bool:
        if work.has_work or next(refusals, False):
            raise StoreError("the disk is full", where="publisher.db")
        return False

    duties = replace(work.duties(), dispatch=dispatch)
    end = time.monotonic() + 2.5
    embedded.drain(duties, lambda: time.monotonic() > end, lambda: False)

    work.has_work.add("letters")
    duties = replace(duties, ending=Event())
    with pytest.raises(StoreError, match="the disk is full"):
        embedded.drain(duties, lambda: False, lambda: False)
    assert duties.ending.is_set()
