"""Headers that count our requests: every form that networks write a moment in, and what isn't believed of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.call import Rest
from publisher.senders.windows import Window, believed, rest_in

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
WINDOW = Window("Left", ("Reset-After", "Reset"))


def rest_of(*windows: Window, **headers: str) -> Rest | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return rest_in(named, windows or (WINDOW,), NOW)


@pytest.mark.parametrize(
    "reset",
    [
        "2026-11-24T07:05:00.000000Z",  # Mastodon
        "1795503900",  # Bluesky, X
        "1795503900.000",  # Discord
        "300",
        " 300.0 ",
        "Tue, 24 Nov 2026 07:05:00 GMT",
    ],
)
def test_a_window_without_a_request_left_ends_when_it_says(reset: str) -> None:
    assert rest_of(Left="0", Reset=reset) == Rest(SOON)


def test_the_span_is_taken_before_the_moment_which_is_by_another_clock() -> None:
    assert rest_of(Left="0", Reset="1795510000", Reset_After="300.0") == Rest(SOON)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Left": "1", "Reset": "300"},
        {"Left": "0"},
        {"Reset": "300"},
        {"Left": "none", "Reset": "300"},
        {"Left": "0", "Reset": "soon"},
        {"Left": "0", "Reset": "0"},
        {"Left": "0", "Reset": "-9"},
        {"Left": "0", "Reset": "1e400"},
        {"Left": "nan", "Reset": "300"},
        {"Left": "0", "Reset": "1795503900000"},  # in thousandths: the year 58867
    ],
)
def test_what_leaves_something_or_does_not_say_until_when_is_no_rest(headers: dict[str, str]) -> None:
    assert rest_of(**headers) is None


def test_of_several_windows_that_are_used_up_the_longest_counts() -> None:
    day = Window("Day-Left", ("Day-Reset",))
    spent = {"Left": "0", "Reset": "300", "Day_Reset": "36000"}
    assert rest_of(WINDOW, day, **spent, Day_Left="3") == Rest(SOON)
    assert rest_of(WINDOW, day, **spent, Day_Left="0") == Rest(NOW + timedelta(hours=10))


def test_a_moment_beyond_a_day_is_asked_about_again_after_an_hour_and_said() -> None:
    assert believed(NOW + timedelta(days=1), NOW) == Rest(NOW + timedelta(days=1))
    doubted = rest_of(Left="0", Reset="2036-01-01T00:00:00Z")
    assert doubted is not None
    assert doubted.until == NOW + timedelta(hours=1)
    assert "until 2036-01-01, which is not believed" in doubted.why


def test_the_latest_of_rests_is_the_one_that_lasts() -> None:
    assert Rest.latest(None, None) is None
    assert Rest.latest(Rest(SOON), None, Rest(NOW)) == Rest(SOON)
