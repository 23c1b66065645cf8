"""`publisher run` killed again and again, timed from its first request: nobody lost, nobody doubled, doubt by name.

The short form of the long loops in `tests/long`; the oracle reads only the sink's log and the ledger.
"""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.crash.loop import TROUBLE, Loop, Plan
from tests.crash.sink import Temper

HALVES = {
    "one": Plan(deliveries=2_000, kills=30, readers=500, per_call=1),
    # Answers that take their time, so that fifty per call last for thirty lives.
    "fifty": Plan(deliveries=6_000, kills=30, readers=1_000, per_call=50, temper=replace(TROUBLE, latency=1.0)),
}


@pytest.mark.timeout(400)
def test_sixty_kills_lose_nobody_and_double_nobody(tmp_path):
    with ThreadPoolExecutor(len(HALVES)) as pool:
        verdicts = list(pool.map(lambda name: Loop(tmp_path / name, HALVES[name]).run(), HALVES))
    for verdict in verdicts:
        assert verdict.faults == {}, verdict
        assert verdict.figures["kills"] >= 30
    assert sum(verdict.figures["deliveries"] for verdict in verdicts) >= 8_000


@pytest.mark.timeout(200)
def test_a_run_that_is_told_to_stop_in_mid_send_leaves_nothing_unknown(tmp_path):
    plan = Plan(deliveries=600, kills=5, readers=300, signal=signal.SIGTERM, temper=Temper(latency=0.1))
    verdict = Loop(tmp_path / "loop", plan).run()
    assert verdict.faults == {}, verdict
    assert "unknown" not in verdict.figures
    assert verdict.figures["sent"] == verdict.figures["sink_accepted"] == 600
