"""Which articles an edition carries, and why each is in or out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from publisher.model.article import Article, LedgerArticle, Standing
from publisher.model.call import Answer, Outcome, Verdict
from publisher.model.languages import Languages
from publisher.model.project import Pick, Schedule, When
from publisher.pipeline import compose, dispatch
from publisher.pipeline.operate import stopping
from publisher.store import candidates as candidates_of_store
from publisher.store import editions, held, identity, project_versions, sources
from tests.ledger import NOW, Clock, add_article, add_send, desk, subscribe

MORNING = Schedule("morning", When(), Pick(), ())


def known(number: int, *categories: str, age: timedelta = timedelta(), source: str = "site") -> LedgerArticle:
    article = Article(f"Story {number}", categories=categories, published_at=NOW - age - timedelta(minutes=number))
    return LedgerArticle(number, source, article, NOW, Standing.NEW, "new at the source")


def choose(candidates, elsewhere=None, hint="", **pick):
    schedule = replace(MORNING, pick=Pick(**pick))
    return compose.decide(schedule, candidates, elsewhere=elsewhere or {}, now=NOW, hint=hint)


def titles(choice) -> list[str]:
    return [candidate.article.title for candidate, _ in choice.picked]


def reasons(choice) -> dict[str, str]:
    return {candidate.article.title: reason for candidate, reason in choice.left}


def test_the_newest_comes_first_or_last_as_asked():
    assert titles(choose([known(2), known(1)])) == ["Story 1", "Story 2"]
    assert titles(choose([known(2), known(1)], order="oldest")) == ["Story 2", "Story 1"]


def test_categories_choose_without_regard_to_case_and_say_why_not():
    choice = choose([known(1, "news"), known(2, "Sport")], categories=("News",))
    assert titles(choice) == ["Story 1"]
    assert reasons(choice) == {"Story 2": "in none of the categories News"}


def test_an_unwanted_category_keeps_an_article_out_even_if_another_is_wanted():
    choice = choose([known(1, "News", "Sponsored")], categories=("News",), not_categories=("sponsored",))
    assert reasons(choice) == {"Story 1": "in the category sponsored, which is left out (not_categories)"}


def test_no_more_than_at_most_and_the_rest_is_told_what_becomes_of_it():
    choice = choose([known(1), known(2), known(3)], at_most=2)
    assert titles(choice) == ["Story 1", "Story 2"]
    assert reasons(choice) == {"Story 3": "more than 2 (at_most): waits for the next edition"}


def test_fewer_than_at_least_is_no_edition():
    choice = choose([known(1)], at_least=2)
    assert choice.picked == ()
    assert choice.skipped == "only 1 new, and at_least is 2: they wait for the next edition"


def test_nothing_new_says_what_to_do():
    assert choose([], hint="do this").skipped == "nothing new: do this"


BILINGUAL = Languages(("en", "pt"), own="en")


def in_language(number: int, language: str | None) -> LedgerArticle:
    article = known(number)
    return replace(article, article=replace(article.article, language=language))


def choose_in(language: str, candidates, **how):
    schedule = replace(MORNING, languages=replace(BILINGUAL, only=language), **how.pop("schedule", {}))
    return compose.decide(schedule, candidates, elsewhere={}, now=NOW, **how)


def test_an_edition_in_a_language_has_its_own_articles_and_says_so_of_the_others():
    there = [in_language(1, "en"), in_language(2, "pt-BR"), in_language(3, None), in_language(4, "de")]
    english, portuguese = choose_in("en", there), choose_in("pt", there)
    assert (titles(english), titles(portuguese)) == (["Story 1", "Story 3"], ["Story 2"])
    why = "not for this edition (languages)"
    assert reasons(english) == {"Story 2": f"in pt-BR: {why}", "Story 4": f"in de: {why}"}
    assert reasons(portuguese)["Story 3"] == "in en: not for this edition (languages)"


def test_what_is_too_much_for_one_language_is_no_matter_of_the_others():
    there = [in_language(number, "en") for number in (1, 2)] + [in_language(3, "pt")]
    choice = choose_in("en", there, schedule={"pick": Pick(at_most=1, rest="drop")})
    assert choice.dropped == {2}


def test_nothing_in_a_language_is_no_edition_in_it():
    assert choose_in("pt", [in_language(1, "en")]).skipped == "nothing new in pt"
    few = choose_in("pt", [in_language(1, "pt")], schedule={"pick": Pick(at_least=2)})
    assert few.skipped == "only 1 new in pt, and at_least is 2: they wait for the next edition"


def test_an_update_is_for_the_edition_in_its_language():
    updates = [in_language(1, "pt"), in_language(2, "en")]
    noted = choose_in("en", [in_language(3, "en")], schedule={"on_update": "note"}, updates=updates)
    assert [each.id for each, _ in noted.noted] == [2]
    assert reasons(noted) == {"Story 1": "in pt: not for this edition (languages)"}
    again = choose_in("en", [in_language(3, "en")], schedule={"on_update": "repost"}, updates=updates)
    assert sorted(titles(again)) == ["Story 2", "Story 3"]
    assert list(again.again) == [2]


def test_what_is_too_old_is_left_out():
    choice = choose([known(1, age=timedelta(days=4))], newer_than=timedelta(days=3))
    assert reasons(choice) == {"Story 1": "older than 3 days (newer_than)"}


def test_what_another_edition_carries_is_left_out():
    assert reasons(choose([known(7)], elsewhere={7: "morning"})) == {"Story 7": "in an edition of morning (not_in)"}


def put(store, number: int, standing=Standing.NEW) -> None:
    with store.write() as conn:
        source = sources.ensure(conn, "site")
        add_article(conn, source["id"], Article(f"Story {number}", url=f"https://h.example/{number}"), standing)


def fire(store, slot: str):
    there = compose.candidates_of(store, MORNING, now=NOW)
    choice = compose.decide(MORNING, there.found, elsewhere=there.elsewhere, now=NOW, hint=there.hint)
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
    return compose.record(
        store, MORNING, choice, slot=slot, language="en", due_at=NOW, now=NOW, version_id=version, actor="test"
    )


def test_a_slot_fires_once(store):
    put(store, 1)
    assert fire(store, "2026-11-24T07:00").edition_id is not None
    put(store, 2)
    assert fire(store, "2026-11-24T07:00").edition_id is None


def test_an_article_goes_into_one_edition_of_a_schedule(store):
    put(store, 1)
    fire(store, "a")
    put(store, 2)
    assert titles(fire(store, "b").choice) == ["Story 2"]


def test_an_article_that_another_edition_took_meanwhile_is_not_taken_twice(store):
    put(store, 1)
    candidates = compose.candidates_of(store, MORNING, now=NOW).found
    choice = compose.decide(MORNING, candidates, elsewhere={}, now=NOW)
    fire(store, "a")  # another process, between our look and our writing
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
    composed = compose.record(
        store, MORNING, choice, slot="b", language="en", due_at=NOW, now=NOW, version_id=version, actor="test"
    )
    assert (composed.edition_id, composed.is_stale) == (None, True)
    assert fire(store, "b").choice.picked == ()


def test_an_article_that_a_person_discarded_meanwhile_is_not_taken(store):
    put(store, 1)
    candidates = compose.candidates_of(store, MORNING, now=NOW).found
    choice = compose.decide(MORNING, candidates, elsewhere={}, now=NOW)
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
        held.discard(conn, [1], "discarded by test", NOW)
    said = {"slot": "a", "language": "en", "due_at": NOW, "now": NOW, "version_id": version, "actor": "test"}
    assert compose.record(store, MORNING, choice, **said).is_stale
    assert fire(store, "a").choice.picked == ()


def test_a_slot_with_nothing_new_is_written_down_as_skipped_with_the_reason(store):
    for number in range(20):
        put(store, number, Standing.BASELINE)
    edition_id = fire(store, "a").edition_id
    with store.read() as conn:
        row = editions.get(conn, edition_id)
    assert row["state"] == "skipped"
    assert row["reason"].startswith(
        "nothing new: 20 articles were already there at the first poll; to include 5 of them"
    )


def test_cancelling_an_edition_before_it_left_frees_its_articles(store):
    put(store, 1)
    edition_id = fire(store, "a").edition_id
    stopping.cancel_edition(store, edition_id, reason="a mistake", now=NOW)
    assert titles(fire(store, "b").choice) == ["Story 1"]


def test_every_candidate_keeps_its_reason_in_the_ledger(store):
    for number in (1, 2, 3):
        put(store, number)
    candidates = compose.candidates_of(store, MORNING, now=NOW).found
    schedule = replace(MORNING, pick=Pick(at_most=2))
    choice = compose.decide(schedule, candidates, elsewhere={}, now=NOW)
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
    edition = compose.record(
        store, schedule, choice, slot="a", language="en", due_at=NOW, now=NOW, version_id=version, actor="test"
    )
    with store.read() as conn:
        places = editions.places_of(conn, edition.edition_id)
    assert [place["position"] for place in places] == [1, 2, None]
    assert all(place["reason"] or place["position"] for place in places)


def test_an_edition_cancelled_after_it_had_begun_to_leave_keeps_its_articles(store):
    subscribe(store, 4)
    put(store, 1)
    edition_id = fire(store, "a").edition_id
    add_send(store, edition_id)
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 2)
    dispatch.begin(store, place, claimed)
    dispatch.record_answer(store, place, claimed, Answer(Verdict(Outcome.SENT)))
    stopping.cancel_edition(store, edition_id, reason="a mistake", now=NOW)
    assert fire(store, "b").choice.picked == ()


# --- what may not go yet, and what is the same story ------------------------------------------------------------------


def test_an_article_that_is_gone_from_its_source_is_left_out():
    assert reasons(choose([replace(known(1), gone_at=NOW)])) == {"Story 1": "gone from the source"}


def test_a_date_of_tomorrow_is_another_clocks_and_a_later_one_is_waited_for():
    choice = choose([known(1, age=-timedelta(hours=23)), known(2, age=-timedelta(hours=30))])
    assert titles(choice) == ["Story 1"]
    assert reasons(choice) == {"Story 2": "dated 2026-11-25 12:58 UTC: waits until then"}


def test_a_new_article_rests_as_long_as_its_source_says_and_what_was_there_before_does_not():
    settle = {"site": compose.Rest(timedelta(minutes=10), NOW - timedelta(days=1))}
    rested = replace(known(1), first_seen_at=NOW - timedelta(minutes=10))
    old = replace(known(3), first_seen_at=NOW - timedelta(days=1))
    choice = compose.decide(MORNING, [rested, known(2), old], elsewhere={}, now=NOW, settle=settle)
    assert titles(choice) == ["Story 1", "Story 3"]
    assert reasons(choice) == {"Story 2": "rests until 2026-11-24 07:10 UTC (settle)"}


def test_without_a_rest_an_article_goes_that_was_first_seen_by_a_clock_ahead_of_ours():
    settle = {"site": compose.Rest(timedelta(), NOW - timedelta(days=1))}
    ahead = replace(known(1), first_seen_at=NOW + timedelta(seconds=2))
    choice = compose.decide(MORNING, [ahead], elsewhere={}, now=NOW, settle=settle)
    assert [each.id for each, _ in choice.picked] == [1]


def test_of_one_story_that_two_sources_tell_one_goes():
    first, second = replace(known(1), story_id=1), replace(known(2, source="culture"), story_id=1)
    choice = choose([first, second])
    assert titles(choice) == ["Story 1"]
    assert reasons(choice) == {"Story 2": "the same story as 1, which goes"}
    assert titles(choose([first, second], sources=("culture",))) == ["Story 2"]


def test_a_story_that_went_out_from_one_source_goes_out_from_no_other(store):
    put(store, 1)
    fire(store, "a")
    with store.write() as conn:
        other = sources.ensure(conn, "culture")
        second = add_article(conn, other["id"], Article("Story 1"))
        identity.join_story(conn, second, 1)
    assert fire(store, "b").choice.picked == ()
    stopping.cancel_edition(store, 1, reason="a mistake", now=NOW)
    assert len(fire(store, "c").choice.picked) == 1


# --- a schedule remembers where its candidates are --------------------------------------------------------------------


def look(store, *sources: str, keep: bool = False):
    there = compose.candidates_of(store, replace(MORNING, pick=Pick(sources)), now=NOW)
    if keep:
        keep_look(store, there.look)
    return [each.id for each in there.found]


def keep_look(store, found) -> None:
    with store.write() as conn:
        candidates_of_store.keep_look(conn, "morning", found)


def test_what_a_schedule_remembers_hides_no_article_that_waits_comes_or_is_set_free(store):
    for number in (1, 2, 3):
        put(store, number)
    schedule = replace(MORNING, pick=Pick(at_most=1))
    there = compose.candidates_of(store, schedule, now=NOW)
    choice = compose.decide(schedule, there.found, elsewhere={}, now=NOW)
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
    said = {"slot": "a", "language": "en", "due_at": NOW, "now": NOW, "version_id": version, "actor": "test"}
    edition = compose.record(store, schedule, choice, **said).edition_id
    assert look(store, keep=True) == [2, 3]
    put(store, 4)
    assert look(store) == [2, 3, 4]
    stopping.cancel_edition(store, edition, reason="a mistake", now=NOW)
    assert look(store) == [1, 2, 3, 4]


def test_what_a_schedule_remembers_hides_nothing_old_that_is_released(store):
    for number in (1, 2):
        put(store, number, Standing.HELD)
    put(store, 3)
    assert look(store, keep=True) == [3]
    for number, there in ((1, [1, 3]), (2, [1, 2, 3])):
        with store.write() as conn:
            held.release(conn, [number], "released by test", NOW)
        assert look(store, keep=number == 1) == there


def test_what_is_released_while_a_schedule_looks_is_seen_by_the_next(store):
    put(store, 1, Standing.HELD)
    put(store, 2)
    there = compose.candidates_of(store, MORNING, now=NOW)
    with store.write() as conn:
        held.release(conn, [1], "released by test", NOW)
    keep_look(store, there.look)
    assert look(store) == [1, 2]


def test_a_schedule_remembers_by_source_what_it_looked_through(store):
    put(store, 1)
    with store.write() as conn:
        culture = sources.ensure(conn, "culture")["id"]
        second = add_article(conn, culture, Article("Story 2"))
    assert look(store, "site", keep=True) == [1]
    assert look(store, "culture", "site", keep=True) == [1, second]
    assert look(store, "culture", keep=True) == [second]
    assert look(store, "site") == [1]
    assert look(store, keep=True) == [1, second]
    assert look(store, "site") == [1]
