"""An article that changes after it was sent: let be, named in the next edition, or sent again; never by accident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.article import Article, Reading
from publisher.model.project import Pick, Schedule, Source, When
from publisher.pipeline import collect, compose
from publisher.store import articles, held, project_versions, schedules
from tests.ledger import NOW

SITE = Source("site", "feed", "https://harbor.example/feed")
HOUR = timedelta(hours=1)


def story(number: int, text: str = "as it was") -> Article:
    link = f"https://harbor.example/{number}"
    return Article(f"Story {number}", url=link, guid=link, text=text, published_at=NOW + number * HOUR / 60)


@pytest.fixture
def sent(store):
    """A ledger in which story 1 went out."""
    with store.write() as conn:
        schedules.begin(conn, "morning", NOW - HOUR, "test")
        project_versions.accept(conn, "digest", "text", NOW, "test")
    poll(store, 0)
    poll(store, 0, story(1))
    return store


def poll(store, hours: float, *found: Article) -> None:
    collect.record(store, SITE, Reading(found), NOW + hours * HOUR)


def fire(store, hours: float, rule: str, **pick: int) -> compose.Choice:
    schedule = Schedule("morning", When(), Pick(**pick), (), on_update=rule)
    now = NOW + hours * HOUR
    there = compose.candidates_of(store, schedule, now=now)
    choice = compose.decide(schedule, there.found, elsewhere={}, now=now, updates=there.updates)
    said = {"slot": f"{hours}", "language": "en", "due_at": now, "now": now, "version_id": 1, "actor": "test"}
    assert compose.record(store, schedule, choice, **said).edition_id is not None
    return choice


def picked(choice: compose.Choice) -> list[str]:
    return [f"{article.article.title}: {article.article.text}" for article, _ in choice.picked]


def test_a_change_is_let_be_unless_the_schedule_says_otherwise(sent):
    fire(sent, 1, "ignore")
    poll(sent, 2, story(1, "corrected"))
    choice = fire(sent, 3, "ignore")
    assert (choice.picked, choice.noted) == ((), ())


def test_a_change_is_named_in_the_next_edition_once(sent):
    fire(sent, 1, "note")
    poll(sent, 2, story(2), story(1, "corrected"))
    choice = fire(sent, 3, "note")
    assert [article.id for article, _ in choice.picked] == [2]
    assert [reason for _, reason in choice.noted] == ["changed since edition 1 (on_update)"]
    poll(sent, 4, story(3), story(2), story(1, "corrected"))
    assert fire(sent, 5, "note").noted == ()


def test_a_change_alone_makes_no_edition_and_waits_for_the_next(sent):
    fire(sent, 1, "note")
    poll(sent, 2, story(1, "corrected"))
    assert fire(sent, 3, "note").skipped
    poll(sent, 4, story(2), story(1, "corrected"))
    assert [article.id for article, _ in fire(sent, 5, "note").noted] == [1]


def test_nothing_is_said_of_the_changes_of_what_a_person_discarded(sent):
    fire(sent, 1, "repost")
    poll(sent, 2, story(1, "corrected"))
    with sent.write() as conn:
        held.discard(conn, [1], "discarded by test", NOW + 2 * HOUR)
    assert picked(fire(sent, 3, "repost")) == []


def test_a_changed_article_goes_out_again_once_where_the_schedule_says_so(sent):
    fire(sent, 1, "repost")
    poll(sent, 2, story(1, "corrected"))
    assert [reason for _, reason in fire(sent, 3, "repost").picked] == ["changed since edition 1 (on_update)"]
    assert fire(sent, 4, "repost").picked == ()


def test_a_source_that_goes_back_and_forth_is_heard_once(sent):
    fire(sent, 1, "repost")
    again = []
    for turn in range(2, 12):
        poll(sent, turn, story(1, "corrected" if turn % 2 else "as it was"))
        again += fire(sent, turn + 0.5, "repost").picked
    assert len(again) == 1


def test_a_page_that_says_something_else_at_each_look_goes_out_three_times_more_at_most(sent):
    fire(sent, 1, "repost")
    again = []
    for turn in range(2, 12):
        poll(sent, turn, story(1, f"seen {turn} times"))
        again += fire(sent, turn + 0.5, "repost").picked
    assert len(again) == 3


def test_a_change_of_date_or_category_is_none(sent):
    fire(sent, 1, "repost")
    poll(sent, 2, replace(story(1), categories=("News",), published_at=NOW + HOUR))
    assert fire(sent, 3, "repost").picked == ()


def test_what_changed_before_the_rule_did_is_let_be(sent):
    fire(sent, 1, "ignore")
    poll(sent, 2, story(1, "corrected"))
    with sent.write() as conn:
        schedules.change_on_update(conn, "morning", NOW + 2.5 * HOUR)
    assert fire(sent, 3, "repost").picked == ()


def test_two_who_compose_at_once_send_a_changed_article_again_only_once(sent):
    fire(sent, 1, "repost")
    poll(sent, 2, story(1, "corrected"))
    schedule = Schedule("morning", When(), Pick(), (), on_update="repost")
    there = compose.candidates_of(sent, schedule, now=NOW + 3 * HOUR)
    choice = compose.decide(schedule, there.found, elsewhere={}, now=NOW + 3 * HOUR, updates=there.updates)
    fire(sent, 3, "repost")
    said = {"slot": "other", "language": "en", "due_at": NOW, "now": NOW, "version_id": 1, "actor": "test"}
    assert compose.record(sent, schedule, choice, **said).is_stale


def test_what_an_article_said_before_stays_in_the_ledger(sent):
    poll(sent, 2, story(1, "corrected"))
    with sent.read() as conn:
        prints = articles.fingerprints(conn, [1])
    assert len({prints[1, 1], prints[1, 2]}) == 2
