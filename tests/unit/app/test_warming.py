"""What is said of a channel that warms up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.app.status import status_of
from publisher.cli.status import lines
from publisher.store import limits
from tests.ledger import NOW
from tests.unit.app.test_trouble import PROJECT

LETTERS = replace(
    PROJECT.channels["letters"], warm_up=timedelta(days=4), per_day=20_000, sends_as="mailgun:harbor.example"
)
WARMING = replace(PROJECT, channels={**PROJECT.channels, "letters": LETTERS})


def said(store, day: int) -> list[str]:
    found = status_of(store, WARMING, NOW + timedelta(days=day))
    assert not found.needs_a_person
    return [line for line in lines(found, NOW.tzinfo) if line.startswith("Channel letters warms up")]


def test_before_its_first_letter_it_says_what_it_will_begin_with(store):
    assert said(store, 0) == ["Channel letters warms up from its first letter on: 4 days, 50 recipients on the first"]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (0, "day 1 of 4, 20 of today's 50 recipients are used"),
        (1, "day 2 of 4, 0 of today's 223 recipients are used"),
        (3, "day 4 of 4, 0 of today's 4,472 recipients are used"),
        (4, None),
    ],
)
def test_each_day_it_says_its_number_and_what_is_used_until_it_is_over(store, day, words):
    with store.write() as conn:
        limits.set_used(conn, limits.warming("letters", "mailgun:harbor.example"), "2026-11-24", 0)
        limits.set_used(conn, limits.daily("letters"), "2026-11-24", 20)
    assert said(store, day) == ([f"Channel letters warms up: {words}"] if words else [])
