"""Ten thousand cases over all that the interface describes: no fault of ours, every answer as it is described."""

from __future__ import annotations

import time

import pytest

from tests.api_cases import walked
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

CASES = 10_000


def test_ten_thousand_cases_find_no_fault_and_no_answer_that_is_not_described(tmp_path):
    part = "interface:cases"
    unless_done(part)
    begun = time.monotonic()
    with walked(tmp_path) as walk:
        walk.all(CASES)
    took = time.monotonic() - begun
    statuses = {str(status): count for status, count in sorted(walk.statuses.items())}
    faults = {status: count for status, count in statuses.items() if status >= "500"}
    record(
        part,
        faults=faults,
        operations=len(walk.operations),
        cases=walk.statuses.total(),
        statuses=statuses,
        per_second=round(walk.statuses.total() / took),
    )
    assert not faults
    assert walk.statuses.total() >= CASES * 0.8  # an operation without a parameter has fewer cases than it is asked for
