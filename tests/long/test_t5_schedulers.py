"""T5, second half: two schedulers over one ledger, kills, clock steps, downtimes of up to 72 hours; 10,000 slots."""

from __future__ import annotations

import sys

import pytest

from tests.engines import ENGINES, server_of
from tests.unit.app.simulation import Simulation

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_slots_have_one_edition_each(tmp_path, seed, engine, request, capsys):
    server = server_of(engine, request)
    simulation = Simulation(tmp_path, 1000 + seed, server.ledger() if server else "")
    simulation.run(1000)
    count, wrong = simulation.check()
    with capsys.disabled():
        sys.stdout.write(f"\nT5 {engine}, seed {seed}: {count} slots, {simulation.kills} kills, {len(wrong)} wrong\n")
    assert wrong == []
