"""A site does anything in any order, on both engines: no article goes out twice, none is lost, each has a reason."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from publisher.store import Store
from tests.simulation.machine import STEPS, SiteMachine
from tests.stores import ENGINES

QUICK = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture(params=ENGINES)
def empty(request, tmp_path):
    """Make an empty ledger, again and again."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        return lambda: Store.open(server.ledger())
    numbers = itertools.count()
    return lambda: Store.open(tmp_path / f"{next(numbers)}.db")


def test_whatever_a_site_does_no_article_goes_out_twice_and_none_is_lost(empty):
    STEPS.clear()
    machine = type("Machine", (SiteMachine,), {"open_store": staticmethod(empty)})
    run_state_machine_as_test(machine, settings=QUICK)
    assert STEPS["taken"] >= 60
