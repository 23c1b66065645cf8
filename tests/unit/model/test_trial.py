"""Two subjects tried: which is better, how many readers that takes, and what a send's row keeps of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.trial import Trial

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
EACH = {"a": 200, "b": 200}


@pytest.mark.parametrize(
    ("sent", "clicks", "winner", "why"),
    [
        (EACH, {"a": 0, "b": 0}, "a", "no link of either was followed"),
        (EACH, {"a": 4, "b": 4}, "a", "the links of both were followed as often"),
        (EACH, {"a": 5, "b": 4}, "a", "A's links were followed more often"),
        (EACH, {"a": 4, "b": 5}, "b", "B's links were followed more often"),
        ({"a": 300, "b": 200}, {"a": 12, "b": 9}, "b", "B's links were followed more often"),
        ({"a": 300, "b": 200}, {"a": 15, "b": 10}, "a", "the links of both were followed as often"),
        ({"a": 0, "b": 0}, {"a": 0, "b": 0}, "a", "no link of either was followed"),
    ],
)
def test_the_better_one_is_followed_more_often_for_each_mail_that_was_sent(sent, clicks, winner, why):
    found = Trial().decided(sent, clicks, NOW)
    assert (found.winner, found.why, found.sent, found.clicks) == (winner, why, sent, clicks)


def test_what_a_row_keeps_is_the_whole_of_it():
    for trial in (Trial(), Trial(5, timedelta(minutes=90), since=NOW), Trial().decided(EACH, {"a": 1, "b": 2}, NOW)):
        assert Trial.of(trial.kept) == trial
    assert Trial.of(None) is None
    assert [Trial().kept["shown"], Trial(winner="b").kept["shown"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("share", "readers", "sizes"),
    [(20, 4000, (400, 400, 3200)), (50, 801, (200, 200, 401)), (2, 40, (0, 0, 40)), (25, 100, (13, 12, 75))],
)
def test_the_halves_and_the_rest_are_everybody(share, readers, sizes):
    assert Trial(share).sizes(readers) == sizes
    assert sum(sizes) == readers


def test_halves_of_two_hundred_say_something_and_smaller_ones_do_not():
    assert Trial().is_too_small(399) and not Trial().is_too_small(400)
