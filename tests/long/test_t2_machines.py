"""T2 on many machines: four workers in networks of their own, cut off and healed, while the database restarts."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.crash.islands import HubPostgreSQL, Islands
from tests.crash.loop import Plan
from tests.crash.parts import Parts, cuts
from tests.crash.sink import Temper
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

LEASE = 5.0  # seconds
WORKERS = [f"worker{number}" for number in range(4)]


@pytest.fixture
def islands():
    made = Islands(WORKERS)
    yield made
    made.remove()


@pytest.fixture
def server(islands):
    started = HubPostgreSQL(islands)
    yield started
    started.stop()


@pytest.mark.parametrize(("per_call", "number"), [(per_call, n) for per_call in (1, 50) for n in (1, 2)])
def test_whoever_is_cut_off_loses_nobody_and_doubles_nobody(per_call, number, islands, server):
    part = f"t2-machines:{per_call} per call, {number}"
    folder = unless_done(part)
    shutil.rmtree(folder, ignore_errors=True)  # its database is gone
    temper = Temper(unavailable=0.01, drop_after=0.01, latency=0.02)
    plan = Plan(60_000, 0, 6_000, per_call, temper=temper, seed=number, options={"rate": "100/s"})
    fleet = Parts(folder, plan, server, lease=LEASE, islands=islands)
    began = time.monotonic()
    verdict = fleet.run(cuts(100), database_faults=True)
    seconds = round(time.monotonic() - began)
    record(part, faults=verdict.faults, seconds=seconds, cuts=len(fleet.stopped), **verdict.figures)
    assert verdict.faults == {}, verdict
    assert len(fleet.stopped) >= 100, f"only {len(fleet.stopped)} were cut off: the work was done too soon"
    assert verdict.figures["take_over_ms_p99"] <= 1_000 * (LEASE + 5)
    shutil.rmtree(folder)
