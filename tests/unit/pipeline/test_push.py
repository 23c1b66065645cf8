"""An article that is handed to us is taken once, whoever else hands it over at the same moment."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from publisher.model.article import Article
from publisher.model.project import Source
from publisher.pipeline.push import push
from publisher.store import articles
from tests.ledger import NOW

DESK = Source("desk", "push", "")
STORY = Article("Bridge opens", url="https://harbor.example/bridge", text="It opened.", guid="cms-1")


def at_once(store, stories: list[Article]) -> list:
    with ThreadPoolExecutor(len(stories)) as pool:
        return list(pool.map(lambda story: push(store, DESK, story, NOW), stories))


def test_the_same_article_from_several_at_once_is_one(store):
    found = at_once(store, [STORY] * 4)
    assert Counter(each.outcome for each in found) == {"taken": 1, "known": 3}
    assert len({each.article_id for each in found}) == 1


def test_of_different_words_under_one_id_one_is_taken(store):
    found = at_once(store, [replace(STORY, title=f"Bridge {number}") for number in range(4)])
    assert Counter(each.outcome for each in found) == {"taken": 1, "refused": 3}


def test_a_revision_is_the_same_article(store):
    first = push(store, DESK, STORY, NOW)
    second = push(store, DESK, replace(STORY, title="Bridge closes"), NOW, revise=True)
    assert (second.outcome, second.article_id) == ("revised", first.article_id)
    assert push(store, DESK, STORY, NOW).outcome == "refused"  # what it said before is not what it says now


def test_another_article_under_the_same_headline_is_another_article(store):
    first = push(store, DESK, replace(STORY, published_at=NOW), NOW)
    other = replace(STORY, guid="cms-2", url="https://harbor.example/2", text="It rained.", published_at=NOW)
    second = push(store, DESK, other, NOW)
    assert second.outcome == "taken"
    assert second.article_id != first.article_id


def test_an_id_of_any_length_is_an_id(store):
    long = replace(STORY, guid="cms-" + "1" * 10_000)
    assert push(store, DESK, long, NOW).outcome == "taken"
    assert push(store, DESK, long, NOW).outcome == "known"
    assert push(store, DESK, replace(long, guid=f"{long.guid}2", url=None, title="Other"), NOW).outcome == "taken"


def test_another_id_with_a_known_address_is_the_same_article(store):
    first = push(store, DESK, STORY, NOW)
    second = push(store, DESK, replace(STORY, guid="cms-2"), NOW)
    assert (second.outcome, second.article_id) == ("known", first.article_id)
    with store.read() as conn:
        assert len(articles.latest(conn, limit=10)) == 1
