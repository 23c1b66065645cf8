"""An article is new once, and each has the reason why it was taken or not."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.article import Article, Link, Reading, Standing
from publisher.model.project import Source
from publisher.pipeline import collect
from publisher.pipeline.operate import intake
from publisher.sources import whole
from publisher.store import articles, links, sources
from tests.ledger import NOW, open_store

SITE = Source("site", "feed", "https://harbor.example/feed")
HOUR = timedelta(hours=1)


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


def test_how_an_article_was_completed_is_no_change_of_it(store):
    poll(store, story(1, given="a" * 32))
    for _ in range(2):
        assert poll(store, story(1, given="b" * 32, notes=("its page says no more than the source",))).changed == 0
    with store.read() as conn:
        (only,) = articles.latest(conn, limit=10)
    assert (only.revision, only.article.given, len(only.article.notes)) == (1, "b" * 32, 1)


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


@settings(max_examples=25, deadline=None)
@given(polls=st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=6))
def test_however_documents_are_split_each_article_is_new_at_most_once(tmp_path_factory, polls):
    with closing(open_store(tmp_path_factory.mktemp("ledger"))) as store:
        new = [poll(store, *(story(number) for number in numbers)).new for numbers in polls]
        kept = standings(store)
    first, later = set(polls[0]), {number for numbers in polls[1:] for number in numbers}
    assert sum(new) == len(later - first)
    assert sum(standing == Standing.NEW for standing in kept.values()) == len(later - first)


def test_what_became_of_the_links_of_a_listing_is_written_with_its_articles(store):
    name = "//harbor.example/1"
    collect.record(store, SITE, Reading((story(1),), links=(Link(name, True),)), NOW)
    with store.read() as conn:
        assert links.tried(conn, sources.find(conn, SITE.name)["id"], [name]) == {name: None}


# --- identity in layers -----------------------------------------------------------------------------------------------

LONG = "The ferry sails again, after two years, from the old quay to the new one, as the harbour office has said. " * 3
SENSES = {"url": "https://harbor.example/other", "title": "Something else", "text": "Nothing of what it said before."}


def told(store) -> dict[str, str]:
    with store.read() as conn:
        return {each.article.title: each.reason for each in articles.latest(conn, limit=100)}


def events(store, article_id: int) -> list[tuple[str, str]]:
    with store.read() as conn:
        return [(row["event"], row["reason"]) for row in articles.history(conn, [article_id])[article_id]]


@pytest.mark.parametrize(
    "variant",
    [
        "https://harbor.example/1/amp",
        "https://harbor.example/1.amp",
        "https://amp.harbor.example/1?amp=1",
        "https://harbor-example.cdn.ampproject.org/c/s/harbor.example/1",
    ],
)
def test_the_amp_variants_of_an_address_are_one_article(store, variant):
    poll(store, story(1, guid=None))
    assert poll(store, story(1, guid=None, url=variant)).new == 0


def test_a_new_id_with_the_old_address_is_written_down_as_merged_with_the_reason(store):
    poll(store, story(1))
    poll(store, story(1, guid="tag:new-cms,99"))
    assert events(store, 1)[-1] == ("merged", "it came under another id: the same canonical URL as 1")


def test_the_same_id_with_another_title_link_and_text_is_held_as_a_possible_reuse(store):
    poll(store, story(1))
    assert poll(store, story(1, **SENSES)).held == 1
    assert poll(store, story(1, **SENSES)).known == 1  # it is held once
    assert "possible reuse" in told(store)["Something else"]
    assert told(store)["Story 1"]


@pytest.mark.parametrize("same", list(SENSES))
def test_the_same_id_is_a_revision_as_long_as_title_link_or_text_is_the_same(store, same):
    poll(store, story(1))
    changes = {name: value for name, value in SENSES.items() if name != same}
    assert poll(store, story(1, **changes)).changed == 1


def test_how_a_blank_is_written_changes_no_article(store):
    plain = {"guid": None, "title": "Pourquoi ?", "text": LONG + " 1 000 €"}
    spaced = {**plain, "title": "Pourquoi\u00a0?", "text": LONG + " 1\u202f000\u00a0€"}
    poll(store, story(1, **plain), story(2, **plain, url=None))
    collected = poll(store, story(1, **spaced), story(2, **spaced, url=None))
    assert (collected.known, collected.changed) == (2, 0)
    with store.read() as conn:
        assert [articles.get(conn, number).article.title for number in (1, 2)] == [spaced["title"]] * 2
    assert whole.given_by(story(1, **plain)) == whole.given_by(story(1, **spaced))


def test_a_host_in_its_letters_and_in_punycode_is_one(store):
    poll(store, story(1, guid=None, url="https://bücher.example/1"))
    assert poll(store, story(1, guid=None, url="https://xn--bcher-kva.example/1", title="New")).new == 0


def test_a_reused_id_belongs_to_the_article_that_a_person_has_released(store):
    poll(store, story(1))
    poll(store, story(1, **SENSES))
    intake.decide(store, "released", [2], actor="test", why="", now=NOW)
    assert poll(store, story(1, **{**SENSES, "url": "https://harbor.example/moved"})).changed == 1
    with store.read() as conn:
        assert articles.get(conn, 2).article.url == "https://harbor.example/moved"


def test_what_moves_to_another_system_is_known_by_title_and_date(store):
    poll(store, story(1), story(2))
    moved = {"guid": "tag:new,1", "url": "https://new.example/one"}
    collected = poll(store, story(1, **moved), story(2))
    assert (collected.new, collected.changed) == (0, 1)
    assert "the same title and date as 1" in events(store, 1)[-2][1]


def test_two_articles_with_one_headline_and_date_are_two_and_a_person_is_asked(store):
    poll(store)
    poll(store, story(1, title="Police report", text="A boat was stolen at the quay."))
    other = {"guid": "tag:harbor,7", "url": "https://harbor.example/7", "text": "Nobody broke into any house."}
    assert poll(store, story(1, title="Police report", **other)).held == 1
    with store.read() as conn:
        assert articles.get(conn, 1).article.text == "A boat was stolen at the quay."


def test_two_items_of_one_link_and_headline_are_two_articles_if_ids_and_words_differ(store):
    poll(store)
    link = {"url": "https://harbor.example/live", "title": "Live"}
    assert poll(store, story(1, **link), story(2, **link)).new == 2


def test_the_front_page_is_no_articles_address(store):
    poll(store)
    front = {"guid": None, "url": "https://harbor.example/"}
    assert poll(store, story(1, **front)).new == 1
    assert poll(store, story(2, **front)).new == 1


@pytest.mark.parametrize("url", ["https://h:99999/", "https://harbor.example/" + "ö" * 1_900])
def test_an_address_that_leads_nowhere_or_is_long_costs_nothing(store, url):
    poll(store)
    strange = story(1, guid="x" * 6_000, url=url)
    assert poll(store, strange, story(2)).new == 2
    assert poll(store, strange, story(2)).known == 2


def test_what_was_read_earlier_and_is_written_down_later_undoes_nothing(store):
    poll(store)
    poll(store, story(2), story(1), now=NOW + HOUR)
    poll(store, story(3), story(2, title="Story 2, corrected"), story(1), now=NOW + 2 * HOUR)
    early = Reading((story(2), story(1)), scope="all")
    collect.record(store, SITE, early, NOW + 3 * HOUR, asked_at=NOW + HOUR)
    assert gone(store) == set()
    assert "Story 2, corrected" in told(store)


def test_the_same_words_under_another_id_address_and_date_are_held_and_only_if_they_are_enough(store):
    poll(store, story(1, title="Ferry", text=LONG), story(2, title="Notice", text="Short."))
    again = {"guid": "tag:new,7", "published_at": NOW, "url": "https://harbor.example/new"}
    assert poll(store, story(1, title="Ferry", text=LONG, **again)).held == 1
    short = {"guid": "tag:new,8", "published_at": NOW, "url": "https://harbor.example/short"}
    assert poll(store, story(2, title="Notice", text="Short.", **short)).new == 1


def test_an_article_that_two_sources_have_says_so_and_a_schedule_carries_one_of_them(store):
    culture = Source("culture", "feed", "https://harbor.example/culture/feed")
    poll(store)
    poll(store, source=culture)
    poll(store, story(1))
    assert poll(store, story(1, guid="culture:1"), source=culture).new == 1
    with store.read() as conn:
        first, second = articles.get(conn, 1), articles.get(conn, 2)
    assert second.reason == "the same canonical URL as 1, of another source: a schedule carries one of them"
    assert first.story_id == second.story_id == 1


def test_an_article_that_was_at_one_source_before_us_is_not_new_at_another(store):
    culture = Source("culture", "feed", "https://harbor.example/culture/feed")
    poll(store, story(1))
    poll(store, source=culture)
    assert poll(store, story(1, guid="culture:1"), source=culture).baseline == 1


def test_an_article_that_a_younger_source_had_before_us_is_new_where_it_comes_later(store):
    culture = Source("culture", "feed", "https://harbor.example/culture/feed")
    poll(store)
    later = story(1, published_at=NOW + HOUR)
    poll(store, later, source=culture, now=NOW + 2 * HOUR)  # its baseline
    assert poll(store, later, now=NOW + 3 * HOUR).new == 1


def test_a_source_whose_ids_cannot_be_trusted_is_read_by_its_links(store):
    by_link = replace(SITE, identity="link")
    poll(store, source=by_link)
    one, other = story(1, guid="always the same"), story(2, guid="always the same")
    assert poll(store, one, source=by_link).new == 1
    assert poll(store, other, source=by_link).new == 1


# --- baseline, floods, dates ------------------------------------------------------------------------------------------


def test_a_first_document_that_breaks_off_is_no_baseline_yet(store):
    broken = Reading((story(3),), problems=("it breaks off",), is_broken=True)
    collect.record(store, SITE, broken, NOW)
    assert poll(store, story(3), story(2), story(1)).baseline == 2
    assert set(standings(store).values()) == {"baseline"}


def test_a_flood_is_held_for_a_person_who_releases_or_discards_it(store):
    poll(store, story(100, published_at=NOW))
    flood = [story(number, published_at=None) for number in range(101, 122)]
    assert poll(store, *flood, now=NOW + HOUR / 12).held == 21
    assert told(store)["Story 121"] == "one of 21 new articles in one poll, where 20 are the most (flood)"
    assert intake.decide(store, "released", [2, 3], actor="ada", why="an import", now=NOW) == [2, 3]
    assert intake.decide(store, "discarded", [], source="site", actor="ada", why="", now=NOW) == list(range(4, 23))
    assert told(store)["Story 121"] == "released by ada: an import"
    assert poll(store, *flood).known == 21


CULTURE = Source("culture", "feed", "https://harbor.example/culture/feed")


def with_copy(store, number: int = 1, **changes) -> None:
    """Let two sources that are known bring one story: article 1, and its copy 2."""
    for source in (SITE, CULTURE):
        poll(store, source=source)
    poll(store, story(number, **changes))
    poll(store, story(number, title="Story, the copy", guid="culture:1", **changes), source=CULTURE)


def decide(store, word: str, *numbers: int, source: str = "") -> list[int]:
    return intake.decide(store, word, numbers, source=source, actor="ada", why="", now=NOW)


@pytest.mark.parametrize("number", [1, 2])
def test_whoever_discards_or_releases_an_article_means_its_story_at_every_source(store, number):
    with_copy(store)
    assert decide(store, "discarded", number) == [1, 2]
    assert set(standings(store).values()) == {"discarded"}
    with store.read() as conn:
        copy = articles.get(conn, 3 - number)
        assert copy.reason == f"discarded by ada; the same story as {number}"
        assert articles.history(conn, [copy.id])[copy.id][-1]["event"] == "discarded"
    assert intake.remarks(store, "discarded", [number], [1, 2]) == [
        f"article {copy.id} of {copy.source} tells the same story, and was discarded too"
    ]
    assert decide(store, "released", number) == [1, 2]
    assert set(standings(store).values()) == {"new"}


def test_a_copy_that_was_held_with_a_flood_is_released_with_it_and_is_not_discarded_with_it(store):
    poll(store, story(100, published_at=NOW))
    poll(store, source=CULTURE)
    poll(store, *(story(number, published_at=None) for number in range(101, 122)))
    for number in (101, 102):
        copy = story(number, title=f"Copy {number}", guid=f"culture:{number}", published_at=None)
        assert poll(store, copy, source=CULTURE).held == 1
    with store.read() as conn:
        first = next(each.id for each in articles.latest(conn, limit=100) if each.article.title == "Story 101")
    assert len(decide(store, "released", first)) == 2
    assert len(decide(store, "discarded", source="site")) == 20
    assert (standings(store)["Copy 101"], standings(store)["Copy 102"]) == ("new", "held")


def test_an_article_about_which_a_person_was_asked_something_else_is_released_by_its_own_number_only(store):
    with_copy(store)
    with store.write() as conn:
        conn.exec_driver_sql("UPDATE articles SET standing = 'held', held_for = 'reuse' WHERE id = 2")
    assert decide(store, "discarded", 1) == [1, 2]
    assert decide(store, "released", 1) == [1]
    assert decide(store, "released", 2) == [2]


def test_what_was_there_at_the_first_poll_goes_back_there_with_its_copies_when_a_discard_is_taken_back(store):
    poll(store, source=CULTURE)
    poll(store, story(1), story(2))
    decide(store, "discarded", 1)
    assert poll(store, story(1, title="Copy"), source=CULTURE).discarded == 1
    for _ in range(2):
        assert decide(store, "released", 1) == [1, 3]
        assert standings(store) == {"Story 1": "baseline", "Story 2": "baseline", "Copy": "baseline"}
        decide(store, "discarded", 1)
        decide(store, "discarded", 3)
    assert intake.decide(store, "released", [1], as_new=True, actor="ada", why="", now=NOW) == [1, 3]
    decide(store, "discarded", 1)
    assert decide(store, "released", 1) == [1, 3]
    assert standings(store) == {"Story 1": "new", "Story 2": "baseline", "Copy": "new"}


def test_a_copy_of_a_discarded_article_under_another_address_is_discarded(store):
    poll(store)
    poll(store, source=CULTURE)
    poll(store, story(1, text=LONG))
    decide(store, "discarded", 1)
    copy = story(1, text=LONG, url="https://culture.example/1", guid="culture:1")
    assert poll(store, copy, source=CULTURE).discarded == 1


def test_what_a_source_brought_in_its_first_minutes_is_not_yet_usual(store):
    poll(store)
    poll(store, *(story(number, published_at=None) for number in range(1, 8)), now=NOW + HOUR / 6)
    assert poll(store, *(story(number, published_at=None) for number in range(8, 38)), now=NOW + HOUR / 3).held == 30


def test_a_date_far_ahead_is_held_among_the_newest_of_the_baseline_too(store):
    ahead = story(2, published_at=NOW + timedelta(days=40))
    assert poll(store, story(1), ahead, source=replace(SITE, backfill=2)).held == 1


def test_the_limit_of_a_flood_can_be_the_sources_own(store):
    poll(store)
    own = replace(SITE, flood=2)
    assert poll(store, story(1), story(2), source=own).new == 2
    assert poll(store, story(3), story(4), story(5), source=own).held == 3


def test_what_was_published_during_a_weekends_outage_is_no_flood(store):
    poll(store)
    came = [story(number, published_at=NOW + number * HOUR) for number in range(1, 61)]
    assert poll(store, *reversed(came), now=NOW + 61 * HOUR).new == 60
    old = [story(number, published_at=NOW + number * HOUR / 60) for number in range(61, 100)]
    assert poll(store, *old, now=NOW + 62 * HOUR).held == 39


def test_a_source_that_brings_much_may_bring_five_times_as_much_at_once(store):
    poll(store)
    now = NOW
    for hour in range(10):
        now = NOW + hour * HOUR
        poll(store, *(story(100 + 10 * hour + number, published_at=now) for number in range(10)), now=now)
    assert poll(store, *(story(number, published_at=None) for number in range(300, 340)), now=now + HOUR / 12).new == 40
    assert (
        poll(store, *(story(number, published_at=None) for number in range(400, 500)), now=now + HOUR / 6).held == 100
    )


def test_a_date_far_ahead_is_held_and_so_is_one_far_behind_the_source(store):
    poll(store, story(20, published_at=NOW))
    collected = poll(
        store,
        story(21, published_at=NOW + timedelta(days=400)),
        story(22, published_at=NOW - timedelta(days=31)),
        story(23, published_at=NOW + timedelta(days=2)),  # it waits until then
        story(24, published_at=None),
        story(25, published_at=NOW - timedelta(hours=3)),  # came out late
    )
    assert (collected.held, collected.new) == (2, 3)
    assert "days ahead" in told(store)["Story 21"]
    assert "days before the newest" in told(store)["Story 22"]


# --- what is gone -----------------------------------------------------------------------------------------------------


def gone(store) -> set[str]:
    with store.read() as conn:
        return {each.article.title for each in articles.latest(conn, limit=100) if each.gone_at is not None}


def test_an_article_that_the_window_reaches_and_does_not_have_is_gone_and_may_come_back(store):
    poll(store)
    poll(store, story(3), story(2), story(1))
    assert poll(store, story(3), story(1)).gone == 1
    assert gone(store) == {"Story 2"}
    poll(store, story(3), story(2), story(1))
    assert gone(store) == set()
    assert [event for event, _ in events(store, 2)] == ["taken", "gone", "back"]


@pytest.mark.parametrize("pinned", [(), (story(0),)], ids=["plain", "with one pinned to the top"])
def test_an_article_that_newer_ones_pushed_out_of_the_window_is_not_gone(store, pinned):
    poll(store)
    poll(store, *pinned, story(4), story(3), story(2), story(1))
    poll(store, *pinned, story(6), story(5), story(4), story(3))
    assert gone(store) == set()


def test_a_document_that_breaks_off_or_is_unchanged_makes_nothing_gone(store):
    poll(store)
    poll(store, story(3), story(2), story(1))
    collect.record(store, SITE, Reading((story(3), story(1)), problems=("x",), is_broken=True), NOW)
    collect.record(store, SITE, Reading(unchanged=True), NOW)
    collect.record(store, SITE, Reading((story(1),), scope="some"), NOW)
    assert gone(store) == set()


def test_what_a_source_that_shows_everything_does_not_show_is_gone(store):
    poll(store)
    poll(store, story(1), story(2))
    collect.record(store, SITE, Reading((story(2),), scope="all"), NOW)
    assert gone(store) == {"Story 1"}
