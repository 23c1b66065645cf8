"""The ticker only wakes: what is slow or fails delays nothing else, and a changed file changes the wake-ups."""

from __future__ import annotations

import time
from dataclasses import replace
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
        nothing = {"fire": lambda: None, "look": lambda: None}
        tickers.append(Ticker(**{**nothing, **duties}))
        tickers[-1].start(project)
        return tickers[-1]

    yield start
    for ticker in tickers:
        ticker.shutdown()


def test_slots_are_looked_at_at_once(project, started):
    fired = Event()
    started(project, fire=fired.set)
    assert fired.wait(PATIENCE)


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
    ticker = started(project)
    more = replace(project.schedules["morning"], name="evening")
    ticker.plan(replace(project, schedules={**project.schedules, "evening": more}))
    assert {job.id for job in ticker._scheduler.get_jobs()} == {"wake", "slot:morning", "slot:evening"}
    ticker.plan(project)
    assert {job.id for job in ticker._scheduler.get_jobs()} == {"wake", "slot:morning"}
