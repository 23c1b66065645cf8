"""The loops and their oracles could convict us: what is broken on purpose is found guilty, each of its own crime."""

from __future__ import annotations

import pytest

from tests.crash.broken import VARIABLE, install_broken
from tests.crash.loop import Loop, Plan
from tests.crash.network import Weather
from tests.crash.posts import ACCOUNTS, PostLoop
from tests.crash.sink import Temper

CRIMES = {"claim after send": "doubled", "blind retry": "doubled", "checkpoint at fetch": "lost"}
CRIMES_OF_SENDERS = {
    "a new key per try": ("mastodon", "doubled"),
    "a new record per try": ("bluesky", "doubled"),
    "a retry without an answer": ("telegram", "resent"),
}


@pytest.mark.parametrize("broken", CRIMES)
def test_a_dispatcher_that_is_broken_on_purpose_is_convicted(tmp_path, broken):
    environ = {VARIABLE: broken}
    plan = Plan(deliveries=120, kills=3, readers=120, temper=Temper(latency=0.3), environ=environ)
    install_broken(tmp_path / "loop" / "plugins")
    verdict = Loop(tmp_path / "loop", plan).run()
    assert verdict.faults.get(CRIMES[broken]), verdict


@pytest.mark.parametrize("broken", CRIMES_OF_SENDERS)
def test_a_sender_that_is_broken_on_purpose_is_convicted(tmp_path, broken):
    network, crime = CRIMES_OF_SENDERS[broken]
    install_broken(tmp_path / "loop" / "plugins")
    storm = Weather(doubtful=0.5, lasts=4)  # shorter than what lets a channel rest
    verdict = PostLoop(tmp_path / "loop", ACCOUNTS[network], 6, 0, storm, broken).run()
    assert verdict.faults.get(crime), verdict
