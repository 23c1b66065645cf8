"""Anything in any order, on both engines: the short form of T4, a thousand steps each."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from publisher.store import Store
from tests.crash.machine import STEPS, LedgerMachine
from tests.stores import ENGINES

QUICK = settings(max_examples=40, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(params=ENGINES)
def empty(request, tmp_path):
    """Make an empty ledger, again and again."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        return lambda: Store.open(server.ledger())
    numbers = iter(range(1_000_000))
    return lambda: Store.open(tmp_path / f"{next(numbers)}.db")


def test_whatever_happens_in_whatever_order_the_promises_hold(empty):
    STEPS.clear()
    machine = type("Machine", (LedgerMachine,), {"open_store": staticmethod(empty)})
    run_state_machine_as_test(machine, settings=QUICK)
    assert STEPS["taken"] >= 1_000
