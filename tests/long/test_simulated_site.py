"""A simulated site, the long form: twenty thousand steps of anything in any order, half on each engine."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.long.figures import record, unless_done
from tests.long.machines import empty_ledgers, take_steps
from tests.simulation.machine import STEPS, SiteMachine
from tests.stores import ENGINES

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
LONG = settings(
    max_examples=100,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
WANTED = 5_000  # steps of each part


@pytest.mark.parametrize("number", range(1, 3))
@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_a_site_does_no_article_goes_out_twice_and_none_is_lost(engine, number, request, tmp_path):
    part = f"intake:{engine}, {number}"
    unless_done(part)
    take_steps(SiteMachine, STEPS, WANTED, empty_ledgers(engine, request, tmp_path), 1_000 * number, LONG)
    record(part, faults={}, steps=STEPS["taken"], slots=STEPS["slots"])
