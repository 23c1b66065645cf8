"""`retention:` as an operator writes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.config.schedules import parse_project
from publisher.model.retention import Retention
from tests.unit.config.project_text import BASE, problems_of, with_line


def written(words: str) -> str:
    return with_line("publication:", f"retention: {words}\npublication:")


def test_without_a_word_it_is_as_the_docs_have_it():
    days = {"events": 30, "attempts": 180, "deliveries": 730, "articles": 365}
    assert parse_project(BASE).retention == Retention(**{name: timedelta(days=n) for name, n in days.items()})


def test_what_is_written_holds_and_the_rest_stays():
    kept = parse_project(written("{events: 2w, attempts: 1000d, deliveries: 1000d}")).retention
    assert (kept.events.days, kept.attempts.days, kept.deliveries.days, kept.articles.days) == (14, 1000, 1000, 365)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{events: 1d}", "is too short: providers still speak of letters days later"),
        ("{deliveries: 100d}", "keeps `attempts` longer than `deliveries`"),
        ("{event: 30d}", "events"),
        ("{events: 30}", "has no unit"),
        ("{articles: 40000d}", "is longer than ten years"),
    ],
)
def test_what_can_not_be_is_said(words, said):
    (problem,) = problems_of(written(words))
    assert said in problem
