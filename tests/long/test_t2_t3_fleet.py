"""T2: four processes on PostgreSQL, killed, while the database restarts under them. T3: frozen and thawed.

Both are of the distributed engine. A ledger in a file has one process: in T3 it wakes after its leases, and the one
after it carries on.
"""

from __future__ import annotations

import shutil
import signal
import time

import pytest

from tests.crash.fleet import Fleet, freezes, kills
from tests.crash.loop import Loop, Plan
from tests.crash.sink import Temper
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3 * 3600)]


def carry_out(part: str, fleet: Fleet, torment, stops: int, **options) -> None:
    began = time.monotonic()
    verdict = fleet.run(torment, **options)
    seconds = round(time.monotonic() - began)
    record(part, faults=verdict.faults, seconds=seconds, stopped=len(fleet.stopped), **verdict.figures)
    assert verdict.faults == {}, verdict
    assert len(fleet.stopped) >= stops, f"only {len(fleet.stopped)} processes were stopped: the work was done too soon"
    shutil.rmtree(fleet.folder)


def fresh(part: str):
    """A fleet's database is gone with its server, so a part begins anew."""
    folder = unless_done(part)
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@pytest.mark.parametrize(("per_call", "number"), [(per_call, n) for per_call in (1, 50) for n in range(1, 5)])
def test_distributed_kills_and_database_faults_lose_nobody_and_double_nobody(per_call, number, postgresql):
    part = f"t2:{per_call} per call, {number}"
    temper = Temper(unavailable=0.01, drop_after=0.01, latency=0.02)
    # Slow enough that there is work for 125 kills, some three seconds apart; four where others use the machine.
    options = {"rate": "220/s"}
    plan = Plan(125_000, 125, 12_500, per_call, temper=temper, seed=number, options=options)
    carry_out(part, Fleet(fresh(part), plan, postgresql), kills(125), 125, database_faults=True)


@pytest.mark.parametrize("number", range(1, 6))
def test_distributed_frozen_processes_write_nothing_under_a_stale_token(number, postgresql):
    part = f"t3:{number}"
    # Slow enough that there is work for a hundred freezes of six seconds, three at once.
    plan = Plan(40_000, 0, 10_000, temper=Temper(unavailable=0.01, drop_after=0.01, latency=0.5), seed=number)
    fleet = Fleet(fresh(part), plan, postgresql, lease=3.0)
    carry_out(part, fleet, freezes(100), 100)


@pytest.mark.parametrize("keys", [True, False])
def test_embedded_one_that_was_frozen_and_then_killed_loses_nobody_and_doubles_nobody(keys):
    part = f"t3-embedded:{'keys' if keys else 'no keys'}"
    temper = Temper(unavailable=0.01, drop_after=0.01, latency=0.5)
    plan = Plan(20_000, 100, 5_000, keys=keys, temper=temper, signal=signal.SIGSTOP)
    loop = Loop(unless_done(part), plan)
    verdict = loop.run()
    record(part, faults=verdict.faults, seconds=loop.done["seconds"], **verdict.figures)
    assert verdict.faults == {}, verdict
    shutil.rmtree(loop.folder)
