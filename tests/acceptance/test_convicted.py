"""The loop and its oracle could convict us: dispatchers broken on purpose are each found guilty of their own crime."""

from __future__ import annotations

import pytest

from tests.crash.broken import VARIABLE, install_broken
from tests.crash.loop import Loop, Plan
from tests.crash.sink import Temper

CRIMES = {"claim after send": "doubled", "blind retry": "doubled", "checkpoint at fetch": "lost"}


@pytest.mark.parametrize("broken", CRIMES)
def test_a_dispatcher_that_is_broken_on_purpose_is_convicted(tmp_path, broken):
    environ = {VARIABLE: broken}
    plan = Plan(deliveries=120, kills=3, readers=120, temper=Temper(latency=0.3), environ=environ)
    install_broken(tmp_path / "loop" / "plugins")
    verdict = Loop(tmp_path / "loop", plan).run()
    assert verdict.faults.get(CRIMES[broken]), verdict
