"""T8: a network that harms one request in twenty, over a hundred thousand deliveries and fifty kills."""

from __future__ import annotations

import shutil

import pytest

from tests.crash.loop import Loop, Plan
from tests.crash.sink import Temper
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3 * 3600)]


@pytest.mark.parametrize(("per_call", "keys"), [(per_call, keys) for per_call in (1, 50) for keys in (True, False)])
def test_whatever_the_network_does_nobody_is_lost_or_doubled(per_call, keys):
    part = f"t8:{per_call} per call, {'keys' if keys else 'no keys'}"
    folder = unless_done(part)
    shutil.rmtree(folder, ignore_errors=True)  # its network is gone with its process: begin anew
    loop = Loop(folder, Plan(25_000, 12, 5_000, per_call, keys, temper=Temper(), network=0.01))
    verdict = loop.run()
    record(part, faults=verdict.faults, seconds=loop.done["seconds"], harmed=loop.harmed, **verdict.figures)
    assert verdict.faults == {}, verdict
    shutil.rmtree(folder)
