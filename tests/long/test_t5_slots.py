"""T5, first half: every change of clocks from 2024 to 2030 in every zone, against the oracle."""

from __future__ import annotations

import sys
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.unit.runtime.differences import differences

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_no_slot_of_any_zone_differs_from_the_oracle(part, capsys):
    jumps, compared, found = 0, 0, []
    for name in sorted(available_timezones())[part::PARTS]:
        counts = differences(ZoneInfo(name))
        jumps, compared, found = jumps + counts[0], compared + counts[1], found + counts[2]
    with capsys.disabled():
        sys.stdout.write(
            f"\nT5 part {part + 1}: {jumps} transitions, {compared} comparisons, {len(found)} differences\n"
        )
    assert found == []
