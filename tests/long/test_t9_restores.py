"""T9: the ledger is lost in mid-send and a backup is put back, at a hundred random moments."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.crash.restores import Loss
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

ROUNDS = 25


@pytest.mark.parametrize("number", range(1, 5))
def test_who_had_left_gets_nothing_and_nothing_repeats_by_itself(number):
    part = f"t9:{number}"
    folder = unless_done(part)
    began = time.monotonic()
    rounds = [Loss(folder, 1_000 * number + each).run() for each in range(ROUNDS)]
    faults = [fault for each in rounds for fault in each.faults]
    figures = {
        "rounds": ROUNDS,
        "lost_in_mid_send": sum(1 for each in rounds if each.known < each.sent_before),
        "again_after_a_persons_word": sum(each.again for each in rounds),
    }
    record(part, faults=faults, seconds=round(time.monotonic() - began), **figures)
    assert faults == []
    assert figures["lost_in_mid_send"] > ROUNDS / 2, "hardly anything was lost: the backup came too late"
    shutil.rmtree(folder)
