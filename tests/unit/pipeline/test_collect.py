"""An article is new once, and each has the reason why it was taken or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.article import Article, Link, Reading, Standing
from publisher.model.project import Source
from publisher.pipeline import collect
from publisher.store import articles, links, sources
from tests.ledger import NOW, open_store

SITE = Source("site", "feed", "https://harbor.example/feed")


def story(number: int, **changes) -> Article:
    plain = Article(
        title=f"Story {number}",
        url=f"https://harbor.example/{number}",
        guid=f"tag:harbor,{number}",
        text=f"The text of story {number}.",
        published_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number),
    )
    return replace(plain, **changes)


def poll(store, *found, source=SITE, now=NOW):
    return collect.record(store, source, Reading(tuple(found)), now)


def standings(store) -> dict[str, str]:
    with store.read() as conn:
        return {each.article.title: each.standing.value for each in articles.latest(conn, limit=100)}


def test_the_first_poll_is_a_baseline_that_sends_nothing(store):
    assert poll(store, story(1), story(2)).baseline == 2
    assert set(standings(store).values()) == {"baseline"}


def test_what_comes_after_the_baseline_is_new(store):
    poll(store, story(1))
    collected = poll(store, story(2), story(1))
    assert (collected.new, collected.known) == (1, 1)
    assert standings(store) == {"Story 1": "baseline", "Story 2": "new"}


def test_backfill_takes_the_newest_of_the_first_poll(store):
    poll(store, story(1), story(3), story(2), source=replace(SITE, backfill=2))
    assert standings(store) == {"Story 1": "baseline", "Story 2": "new", "Story 3": "new"}


def test_backfill_written_later_takes_from_the_baseline_once(store):
    poll(store, story(1), story(2), story(3))
    later = replace(SITE, backfill=2)
    assert poll(store, story(3), source=later).new == 2
    assert poll(store, story(3), source=later).new == 0
    assert standings(store) == {"Story 1": "baseline", "Story 2": "new", "Story 3": "new"}


def test_an_article_that_changed_is_a_revision_and_not_new(store):
    poll(store, story(1))
    collected = poll(store, story(1, title="Story 1, corrected", text="Another text."))
    assert (collected.new, collected.changed) == (0, 1)
    with store.read() as conn:
        only = articles.latest(conn, limit=10)
    assert [(each.article.title, each.revision) for each in only] == [("Story 1, corrected", 2)]


def test_a_changed_guid_with_the_old_address_is_the_same_article(store):
    poll(store, story(1))
    assert poll(store, story(1, guid="tag:new-cms,99")).new == 0


def test_a_changed_address_with_the_old_guid_is_the_same_article(store):
    poll(store, story(1))
    assert poll(store, story(1, url="https://harbor.example/moved/1")).new == 0


@pytest.mark.parametrize(
    "variant",
    ["http://harbor.example/1", "https://www.harbor.example/1/", "https://harbor.example/1?utm_source=x#top"],
)
def test_variants_of_one_address_are_one_article(store, variant):
    poll(store, story(1, guid=None))
    assert poll(store, story(1, guid=None, url=variant)).new == 0


def test_an_article_without_guid_and_address_is_known_by_its_words(store):
    bare = Article("A notice", text="The library is closed on Monday.")
    poll(store, story(1))
    assert poll(store, bare).new == 1
    assert poll(store, bare).new == 0


def test_an_article_that_stands_twice_in_one_document_is_taken_once(store):
    poll(store, story(1))
    assert poll(store, story(2), story(2)).new == 1


def test_items_that_share_one_link_and_have_no_guid_are_each_an_article(store):
    poll(store, story(9))
    link = "https://harbor.example/live"
    three = [story(number, guid=None, url=link) for number in (1, 2, 3)]
    assert poll(store, *three).new == 3
    assert poll(store, *three).new == 0
    assert poll(store, three[0]).new == 0  # the others have gone: its link is its own now, and it is still known


def test_a_poll_that_failed_changes_no_article_and_is_written_down(store):
    poll(store, story(1))
    collect.record_failure(store, SITE, "the server said 500", NOW)
    with store.read() as conn:
        row = sources.find(conn, "site")
    assert row["error"] == "the server said 500"
    assert row["baseline_at"] is not None
    assert standings(store) == {"Story 1": "baseline"}


def test_an_emptied_feed_that_fills_again_brings_nothing_new(store):
    poll(store, story(1), story(2))
    poll(store)
    assert poll(store, story(1), story(2)).new == 0


def test_what_a_poll_would_bring_is_foreseen_without_writing(store):
    poll(store, story(1))
    foreseen = collect.foresee(store, SITE, Reading((story(1), story(2))), NOW)
    assert [each.article.title for each in foreseen] == ["Story 2"]
    assert standings(store) == {"Story 1": "baseline"}


@settings(max_examples=25, deadline=None)
@given(polls=st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=6))
def test_however_documents_are_split_each_article_is_new_at_most_once(tmp_path_factory, polls):
    store = open_store(tmp_path_factory.mktemp("ledger"))
    new: list[int] = []
    for numbers in polls:
        new.append(poll(store, *(story(number) for number in numbers)).new)
    first, later = set(polls[0]), {number for numbers in polls[1:] for number in numbers}
    assert sum(new) == len(later - first)
    assert sum(standing == Standing.NEW for standing in standings(store).values()) == len(later - first)


def test_what_became_of_the_links_of_a_listing_is_written_with_its_articles(store):
    name = "//harbor.example/1"
    collect.record(store, SITE, Reading((story(1),), links=(Link(name, True),)), NOW)
    with store.read() as conn:
        assert links.tried(conn, sources.find(conn, SITE.name)["id"], [name]) == {name: None}
