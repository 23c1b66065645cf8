"""The ticker only wakes: what is slow or fails delays nothing else, and a changed file changes the wake-ups."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from publisher.config.schedules import parse_project
from publisher.runtime.duty import Duty
from publisher.runtime.scheduler import Ticker
from tests.project import PROJECT

TEXT = PROJECT.format(channel="    sender: mailpit", when='at: "07:00"', backfill=0)
PATIENCE = 10.0


@pytest.fixture
def project():
    return parse_project(TEXT)


@pytest.fixture
def started():
    tickers = []

    def start(project, **duties) -> Ticker:
        nothing = {"fire": lambda: None, "poll": lambda name: None, "look": lambda: None}
        tickers.append(Ticker(**{**nothing, **duties}))
        tickers[-1].start(project)
        return tickers[-1]

    yield start
    for ticker in tickers:
        ticker.shutdown()


def test_slots_are_looked_at_and_sources_polled_at_once(project, started):
    fired, polled = Event(), Event()
    started(project, fire=fired.set, poll=lambda name: name == "site" and polled.set())
    assert fired.wait(PATIENCE)
    assert polled.wait(PATIENCE)


def test_a_source_that_never_answers_delays_no_slot_and_is_not_asked_again(project, started):
    asked, release = [], Event()
    busy = replace(project, sources={"site": replace(project.sources["site"], every=timedelta(seconds=0.1))})
    fired = Event()
    started(busy, fire=fired.set, poll=lambda name: (asked.append(name), release.wait(PATIENCE)))
    assert fired.wait(PATIENCE)
    time.sleep(0.5)
    assert asked == ["site"]
    release.set()


def test_a_duty_that_fails_is_done_again_at_the_next_wake_up():
    done = Event()
    tries = []

    def work() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("the first time")
        done.set()

    duty = Duty("files", work)
    duty.start()
    duty.wake()
    before = duty.done_at
    time.sleep(0.05)
    duty.wake()
    assert done.wait(PATIENCE)
    duty.stop(PATIENCE)
    assert duty.done_at > before


def test_a_tick_that_hangs_shows_on_the_monotonic_clock(project, started):
    release = Event()
    ticker = started(project, fire=lambda: release.wait(PATIENCE))
    before = ticker.last_tick_at
    time.sleep(0.2)
    assert ticker.last_tick_at == before
    release.set()
    deadline = time.monotonic() + PATIENCE
    while ticker.last_tick_at == before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ticker.last_tick_at > before


def test_a_changed_file_changes_the_wake_ups(project, started):
    polled: list[str] = []
    ticker = started(project, poll=polled.append)
    more = parse_project(TEXT.replace("sources:\n", "sources:\n  other: {feed: other.xml}\n"))
    ticker.plan(more)
    jobs = {job.id for job in ticker._scheduler.get_jobs()}
    assert jobs == {"wake", "slot:morning", "poll:site", "poll:other"}
    ticker.plan(project)
    assert {job.id for job in ticker._scheduler.get_jobs()} == {"wake", "slot:morning", "poll:site"}
