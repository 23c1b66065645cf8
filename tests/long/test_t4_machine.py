"""T4: a hundred thousand steps of everything in any order, half on each engine."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from publisher.store import Store
from tests.crash.machine import STEPS, LedgerMachine
from tests.long.figures import record, unless_done
from tests.stores import ENGINES

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
LONG = settings(max_examples=150, stateful_step_count=80, deadline=None, suppress_health_check=list(HealthCheck))
WANTED = 10_000  # steps of each part


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_happens_in_whatever_order_the_promises_hold(engine, number, request, tmp_path):
    part = f"t4:{engine}, {number}"
    unless_done(part)
    if engine == "postgresql":
        server = request.getfixturevalue("postgresql")
        empty = lambda: Store.open(server.ledger())  # noqa: E731
    else:
        names = itertools.count()
        empty = lambda: Store.open(tmp_path / f"{next(names)}.db")  # noqa: E731
    STEPS.clear()
    for run in itertools.count():
        machine = type("Machine", (LedgerMachine,), {"open_store": staticmethod(empty)})
        run_state_machine_as_test(seed(1_000 * number + run)(machine), settings=LONG)
        if STEPS["taken"] >= WANTED:
            break
    record(part, faults={}, steps=STEPS["taken"])
