"""T5, second half, in short: two schedulers, kills, clock steps, downtime; each slot exactly once."""

from __future__ import annotations

import pytest

from tests.unit.app.simulation import Simulation


@pytest.mark.parametrize("seed", range(2))
def test_each_slot_has_exactly_one_edition_whatever_happens_to_two_schedulers(tmp_path, seed):
    simulation = Simulation(tmp_path, seed)
    simulation.run(200)
    count, wrong = simulation.check()
    assert wrong == []
    assert count >= 200
    assert simulation.kills > 2
