"""T1: kill -9 in a loop over a million deliveries with each engine; T1b: told to stop, a hundred times."""

from __future__ import annotations

import shutil
import signal

import pytest

from tests.crash.loop import TROUBLE, Loop, Plan
from tests.crash.sink import Temper
from tests.engines import ENGINES, part_of, server_of
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(6 * 3600)]

# Eight parts, 125 kills and 125,000 deliveries each: together 1,000 kills over 1,000,000.
PARTS = [(per_call, keys, number) for per_call in (1, 50) for keys in (True, False) for number in (1, 2)]


def carry_out(part: str, plan: Plan, engine: str, request) -> None:
    part = part_of(part, engine)
    folder, server = unless_done(part), server_of(engine, request)
    if server is not None:
        shutil.rmtree(folder, ignore_errors=True)  # its database is gone
    loop = Loop(folder, plan, server)
    verdict = loop.run()
    record(part, faults=verdict.faults, seconds=loop.done["seconds"], **verdict.figures)
    assert verdict.faults == {}, verdict
    shutil.rmtree(folder)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("per_call", "keys", "number"), PARTS)
def test_a_thousand_kills_lose_nobody_and_double_nobody(per_call, keys, number, engine, request):
    seed = 1_000 * per_call + 10 * keys + number
    plan = Plan(125_000, 125, 12_500, per_call, keys, temper=TROUBLE, seed=seed)
    carry_out(f"t1:{per_call} per call, {'keys' if keys else 'no keys'}, {number}", plan, engine, request)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hundred_restarts_leave_nothing_unknown(engine, request):
    plan = Plan(12_000, 100, 2_000, signal=signal.SIGTERM, temper=Temper(latency=0.1))
    carry_out("t1b:SIGTERM", plan, engine, request)
