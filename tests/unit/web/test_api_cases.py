"""The short form of tests/long/test_api_cases.py: some cases of every operation of the interface."""

from __future__ import annotations

from tests.api_cases import walked


def test_the_interface_answers_every_case_as_it_describes_itself(tmp_path):
    with walked(tmp_path) as walk:
        walk.all(len(walk.operations) * 3)
    assert walk.statuses.total() > 50
    assert walk.statuses[200] > 10
