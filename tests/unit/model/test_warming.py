"""How many a day a new sending domain may write to."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.warming import FIRST, days_of, growth, most_on

FIRST_DAY = date(2026, 3, 20)  # clocks go forward nine days later
DAY = timedelta(days=1)


def over(count: int, span: timedelta, per_day: int | None) -> list[int | None]:
    return [most_on(FIRST_DAY + number * DAY, FIRST_DAY, span, per_day) for number in range(count)]


@pytest.mark.parametrize(
    ("span", "per_day", "numbers"),
    [
        (4 * DAY, 800, [50, 100, 200, 400, 800, 800]),
        (3 * DAY, None, [50, 100, 200, None]),
        (2 * DAY, 40, [40, 40, 40]),
        (timedelta(hours=1), 800, [50, 800]),
        (timedelta(hours=25), 5_000, [50, 500, 5_000]),
        (28 * DAY, None, [50, 70, 100, 141, 200]),
    ],
)
def test_it_begins_small_and_reaches_the_full_rate_when_its_days_are_over(span, per_day, numbers):
    assert over(len(numbers), span, per_day) == numbers


def test_without_a_number_it_doubles_each_day():
    numbers = over(15, 14 * DAY, None)
    assert numbers[13] == 50 * 2**13
    assert numbers[14] is None


@given(st.integers(1, 60), st.one_of(st.none(), st.integers(1, 5_000_000)))
def test_it_never_shrinks_never_passes_the_number_of_a_day_and_grows_as_it_says(days, per_day):
    span = days * DAY
    numbers = over(days, span, per_day)
    assert numbers == sorted(numbers)
    assert numbers[0] == (FIRST if per_day is None else min(FIRST, per_day))
    for before, after in pairwise(numbers):
        assert after <= growth(span, per_day) * (before + 1) + 1
    assert over(days + 1, span, per_day)[-1] == per_day


@given(st.integers(-4_000, 0))
def test_a_first_day_that_is_still_to_come_counts_as_today(days):
    assert most_on(FIRST_DAY + days * DAY, FIRST_DAY, 14 * DAY, 100_000) == FIRST


def test_a_day_that_is_begun_is_a_day():
    assert [days_of(timedelta(hours=hours)) for hours in (1, 24, 25, 48)] == [1, 1, 2, 2]
