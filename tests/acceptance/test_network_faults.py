"""T8: a network that drops, stalls and resets, before and after the provider has accepted; the same oracle."""

from __future__ import annotations

import pytest

from tests.crash.loop import Loop, Plan
from tests.crash.proxy import FAULTS
from tests.crash.sink import Temper


@pytest.mark.timeout(200)
@pytest.mark.parametrize("keys", [True, False], ids=["with keys", "without keys"])
def test_whatever_the_network_does_nobody_is_lost_or_doubled(tmp_path, keys):
    plan = Plan(600, 1, 300, keys=keys, temper=Temper(), network=0.01, environ={"PUBLISHER_READ_TIMEOUT": "2s"})
    loop = Loop(tmp_path / "loop", plan)
    verdict = loop.run()
    assert verdict.faults == {}, verdict
    assert set(FAULTS) <= set(loop.harmed)
    assert keys or verdict.figures["unknown"] > 0
