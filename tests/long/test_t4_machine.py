"""T4: a hundred thousand steps of everything in any order, half with each engine and its ledger."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.crash.machine import STEPS, LedgerMachine
from tests.long.figures import record, unless_done
from tests.long.machines import empty_ledgers, take_steps
from tests.stores import ENGINES

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
LONG = settings(max_examples=150, stateful_step_count=80, deadline=None, suppress_health_check=list(HealthCheck))
WANTED = 10_000  # steps of each part


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_happens_in_whatever_order_the_promises_hold(engine, number, request, tmp_path):
    part = f"t4:{engine}, {number}"
    unless_done(part)
    take_steps(LedgerMachine, STEPS, WANTED, empty_ledgers(engine, request, tmp_path), 1_000 * number, LONG)
    record(part, faults={}, steps=STEPS["taken"])
