"""Hours and days of a publication's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from publisher.model import hours

LISBON, NEW_YORK = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 11, 24, 22, 0, tzinfo=LISBON), datetime(2026, 11, 25, 7, 0, tzinfo=LISBON)),
        (datetime(2026, 11, 24, 3, 0, tzinfo=LISBON), datetime(2026, 11, 24, 7, 0, tzinfo=LISBON)),
        (datetime(2026, 10, 24, 23, 0, tzinfo=LISBON), datetime(2026, 10, 25, 7, 0, tzinfo=LISBON)),
    ],
    ids=["late", "early", "the night of 25 hours"],
)
def test_quiet_hours_end_by_the_publications_clock(now, end):
    span = (time(22), time(7))
    assert hours.is_quiet(span, now.astimezone(UTC), LISBON)
    assert hours.end_of_quiet(span, now.astimezone(UTC), LISBON) == end.astimezone(UTC)


def test_quiet_hours_begin_tonight_or_tomorrow():
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=LISBON)
    assert hours.next_quiet((time(22), time(7)), noon, LISBON) == datetime(2026, 11, 24, 22, 0, tzinfo=LISBON)
    assert hours.next_quiet((time(3), time(5)), noon, LISBON) == datetime(2026, 11, 25, 3, 0, tzinfo=LISBON)


def test_a_day_ends_at_local_midnight():
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=NEW_YORK)
    assert hours.next_midnight(evening.astimezone(UTC), NEW_YORK) == datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
