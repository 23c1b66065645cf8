"""When a schedule fires, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from publisher.model.firing import in_words
from publisher.model.project import When

SEVEN = (time(7),)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (When(at=SEVEN), "07:00, every day"),
        (
            When(at=(time(7), time(18, 30)), days=("mon", "tue", "wed", "thu", "fri")),
            "07:00 and 18:30, Monday to Friday",
        ),
        (When(at=SEVEN, days=("sat", "sun")), "07:00, Saturday and Sunday"),
        (
            When(at=SEVEN, days=("mon", "wed", "thu", "fri", "first sun", "15")),
            "07:00, Monday, Wednesday to Friday, the first Sunday of the month and day 15 of the month",
        ),
        (
            When(at=SEVEN, excluded=((date(2026, 12, 25), date(2026, 12, 25)), ("08-01", "08-31"))),
            "07:00, every day, not on 2026-12-25 and 08-01 to 08-31",
        ),
        (When(cron="0 7 * * mon-fri"), "cron 0 7 * * mon-fri"),
        (When(every=timedelta(hours=1)), "every hour"),
        (When(every=timedelta(minutes=90)), "every 1 hour and 30 minutes"),
        (When(once=datetime(2026, 12, 24, 7, tzinfo=UTC)), "once"),
        (When(new="article"), "on every new article"),
        (When(new="article", between=(time(7), time(22))), "on every new article, 07:00 to 22:00"),
    ],
)
def test_it_is_said_as_people_say_it(when, words):
    assert in_words(when) == words
