"""Which part of a ledger is not at work, for one machine and for many."""

from __future__ import annotations

import pytest

from publisher.app.at_work import Process, missing
from tests.ledger import NOW


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ([], "Nobody runs the schedules: publisher run"),
        (["web"], "Nobody runs the schedules: publisher run"),
        (["send"], "Nobody runs the schedules: publisher run"),
        (["worker"], "Nobody runs the schedules: publisher scheduler"),
        (["worker", "web"], "Nobody runs the schedules: publisher scheduler"),
        (["scheduler"], "Nobody sends what is due: publisher worker"),
        (["scheduler", "web"], "Nobody sends what is due: publisher worker"),
    ],
)
def test_the_part_that_is_missing_is_named(commands, said):
    assert str(missing([Process(command, 1, "here", NOW) for command in commands])) == said


@pytest.mark.parametrize("commands", [["run"], ["scheduler", "worker"], ["run", "send"]])
def test_nothing_is_missing_where_editions_are_made_and_go_out(commands):
    assert missing([Process(command, 1, "here", NOW) for command in commands]) is None
