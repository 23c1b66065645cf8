"""A schedule with an edition in each of its languages: every list gets its own, and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.app import App, approving, composing, desk, pauses
from publisher.app.plan import plan_slot
from publisher.app.prospects import prospects_of
from publisher.app.slots import fire_due
from publisher.runtime.slots import Slot
from publisher.store import articles, by_language, edition_lists, log
from tests.ledger import Clock, subscribe
from tests.unit.app.bilingual import carried, numbers, open_bilingual, write_feed
from tests.unit.app.project import edit, reasons, sends_of

FIRST = ("en Ferry", "- Mole", "pt Ponte", "pt-BR Praia")
SLOT = "2026-11-24T07:00"


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, 1, tzinfo=UTC)


def fire(app: App, moment: datetime) -> list[int]:
    app.clock.moment = moment
    return fire_due(app)


@pytest.fixture
def on_each(target, tmp_path):
    """The newspaper, on each engine, as its schedule begins."""
    found = open_bilingual(tmp_path, *FIRST, database=target if isinstance(target, str) else "")
    fire_due(found)
    yield found
    found.store.close()


@pytest.fixture
def app(tmp_path):
    """The newspaper as its schedule begins."""
    found = open_bilingual(tmp_path, *FIRST)
    fire_due(found)
    return found


def test_two_days_bring_every_list_its_own_and_nothing_twice(on_each, tmp_path):
    app = on_each
    subscribe(app.store, 1, "daily")
    subscribe(app.store, 2, "diario")
    fire(app, at(7))
    app.sending.advance()
    write_feed(tmp_path / "feed.xml", "en Quay", *FIRST)
    fire(app, at(7, day=25))
    app.sending.advance()
    assert carried(app) == [
        (SLOT, "en", "locked", ["Ferry", "Mole"]),
        (SLOT, "pt", "locked", ["Ponte", "Praia"]),
        ("2026-11-25T07:00", "en", "locked", ["Quay"]),
        ("2026-11-25T07:00", "pt", "skipped", []),
    ]
    assert reasons(app)[-1] == "nothing new in pt"
    with app.store.read() as conn:
        brought = sorted((row["to"], row["edition_id"]) for row in log.find(conn, log.Filter()))
    first = numbers(app, SLOT)
    second = numbers(app, "2026-11-25T07:00")
    one, other = "reader1@example.org", "reader2@example.org"
    assert brought == sorted([(one, first["en"]), (one, second["en"]), (one, first["pt"]), (other, first["pt"])])
    assert [send["entry"] for each in first.values() for send in sends_of(app, each)] == [
        "letters:daily",
        "letters:diario",
    ]


def test_an_edition_says_why_it_has_not_the_others_articles(app):
    fire(app, at(7))
    with app.store.read() as conn:
        places = articles.of_edition(conn, numbers(app, SLOT)["en"])
    left = {article.article.title: place["reason"] for place, article in places if place["position"] is None}
    why = "not for this edition (languages)"
    assert left == {"Ponte": f"in pt: {why}", "Praia": f"in pt-BR: {why}"}


def test_a_crash_between_two_languages_makes_the_second_later_and_the_first_once(app):
    app.clock.moment = at(7)
    app.poll_all()
    english, _ = app.editions_of("morning")
    composing.compose_known(app, english, Slot(SLOT, at(7).replace(second=0)), actor="schedule")
    fire_due(app)
    assert [each[:3] for each in carried(app)] == [(SLOT, "en", "locked"), (SLOT, "pt", "locked")]


def test_each_language_has_its_own_last_edition_but_one(app):
    for day in (24, 25):
        fire(app, at(7, day=day))
        write_feed(app.folder / "feed.xml", "en Quay", *FIRST)
    with app.store.read() as conn:
        last = {each: edition_lists.last_but_one_due_at(conn, "morning", each) for each in ("en", "pt")}
    assert last == {"en": at(7).replace(second=0), "pt": None}


def test_slots_that_were_missed_are_written_down_in_each_language(tmp_path):
    app = open_bilingual(tmp_path, *FIRST)
    fire_due(app)
    restarted = App.open(tmp_path, Clock(at(8, day=25)))
    fire_due(restarted)
    assert [each[:3] for each in carried(restarted)] == [
        (SLOT, "en", "skipped"),
        (SLOT, "pt", "skipped"),
        ("2026-11-25T07:00", "en", "locked"),
        ("2026-11-25T07:00", "pt", "locked"),
    ]


def test_a_pause_drops_what_came_in_every_language(tmp_path):
    app = open_bilingual(tmp_path, "en Ferry")
    fire_due(app)
    app.poll_all()
    app.clock.moment = at(5)
    pauses.pause(app, app.schedule("morning"))
    write_feed(tmp_path / "feed.xml", *FIRST)
    app.clock.moment = at(6)
    app.poll_all()
    assert pauses.resume(app, app.schedule("morning"), catch_up=False).articles == 3
    fire(app, at(7))
    assert [each[1:] for each in carried(app)[1:]] == [("en", "locked", ["Ferry"]), ("pt", "skipped", [])]


def drafted(folder, *stories: str, more: str = "") -> App:
    """Return the newspaper with its drafts of seven o'clock."""
    app = open_bilingual(folder, *stories, when='at: "07:00", prepare: 45m', more=more)
    fire_due(app)
    fire(app, at(6, 15))
    return app


def revisions(app: App) -> dict[str, int]:
    with app.store.read() as conn:
        return {row["language"]: row["revision"] for row in edition_lists.drafts(conn)}


def test_drafts_are_made_and_composed_anew_each_for_itself(tmp_path):
    app = drafted(tmp_path, *FIRST, more="    on_update: note\n")
    assert [each[1:3] for each in carried(app)] == [("en", "draft"), ("pt", "draft")]
    before = revisions(app)
    fire(app, at(6, 20))
    assert revisions(app) == before  # nothing is new for either
    portuguese = numbers(app, SLOT)["pt"]
    ponte = next(story.article.id for story in desk.page(app, portuguese).stories if story.position == 1)
    desk.change(app, portuguese, lambda changes: changes.drop(ponte, "bia"), "dropped it")
    fire(app, at(7))
    assert [len(headlines) for *_, headlines in carried(app)] == [2, 1]


def test_editions_that_are_approved_keep_the_pace_of_their_own_language(tmp_path):
    more = "    approve: {by: 1}\n    pace: {every: 1h}\n"
    app = open_bilingual(tmp_path, *FIRST, when='at: "07:00", prepare: 45m', more=more)
    fire_due(app)
    fire(app, at(6, 20))
    found = numbers(app, SLOT)
    for edition_id in found.values():
        approving.approve(app, edition_id, approving.look(app, edition_id).version, actor="cli:anna")
    due = [send["due_at"] for edition_id in found.values() for send in sends_of(app, edition_id)]
    assert due == [at(7).replace(second=0)] * 2


def test_an_update_is_named_in_its_own_language_alone_and_leaves_the_other_draft_be(tmp_path):
    app = drafted(tmp_path, "en Ferry", "pt Ponte", more="    on_update: note\n")
    fire(app, at(7))
    path = tmp_path / "feed.xml"
    write_feed(path, "en Quay", "pt Cais", "en Ferry", "pt Ponte")
    path.write_text(path.read_text().replace("Ponte.", "Outras palavras sobre a ponte."))
    app.clock.moment = at(6, 10, day=25)
    app.poll_all()
    fire(app, at(6, 15, day=25))
    before = revisions(app)
    fire(app, at(6, 20, day=25))
    assert revisions(app) == before
    fire(app, at(7, day=25))
    found = numbers(app, "2026-11-25T07:00")
    with app.store.read() as conn:
        named = {
            language: [
                article.article.title for place, article in articles.of_edition(conn, each) if place["as_update"]
            ]
            for language, each in found.items()
        }
    assert named == {"en": [], "pt": ["Ponte"]}


def test_a_draft_in_a_language_that_is_taken_out_is_given_up_and_the_others_stay(tmp_path):
    drafted(tmp_path, *FIRST).store.close()
    edit(tmp_path, ("languages: [en, pt]", "languages: en"), ("[daily, diario]", "daily"))
    app = App.open(tmp_path, Clock(at(6, 30)))
    fire_due(app)
    assert [each[1:3] for each in carried(app)] == [("en", "draft"), ("pt", "cancelled")]
    assert reasons(app)[1] == "morning has no edition in pt any more"


def test_drafts_move_with_their_slot_each_in_its_language(tmp_path):
    drafted(tmp_path, *FIRST).store.close()
    edit(tmp_path, ('at: "07:00"', 'at: "07:30"'))
    app = App.open(tmp_path, Clock(at(6, 30)))
    fire_due(app)
    assert [each[:3] for each in carried(app)] == [("2026-11-24T07:30", each, "draft") for each in ("en", "pt")]


def test_a_note_is_for_the_edition_in_its_language(tmp_path):
    app = drafted(tmp_path, "en Ferry", "pt Ponte")
    desk.write_note(app, app.edition_to_come("morning/pt"), "Bom dia.")
    fire(app, at(7))
    found = numbers(app, SLOT)
    assert desk.page(app, found["en"]).note is None
    assert desk.page(app, found["pt"]).note.text == "Bom dia."


def test_each_new_article_goes_to_the_lists_of_its_language(tmp_path):
    app = open_bilingual(tmp_path, "de Hafen", when="new: article", more="    pace: {every: 30m}\n")
    fire_due(app)
    app.poll_all()
    app.clock.moment += timedelta(minutes=1)
    write_feed(tmp_path / "feed.xml", *FIRST)
    app.poll_all()
    app.clock.moment += timedelta(minutes=10)
    fire_due(app)
    fire_due(app)
    assert sorted(each[1:] for each in carried(app)) == [
        ("en", "locked", ["Ferry"]),
        ("en", "locked", ["Mole"]),
        ("pt", "locked", ["Ponte"]),
        ("pt", "locked", ["Praia"]),
    ]
    app.sending.advance()
    with app.store.read() as conn:
        rows = edition_lists.latest(conn, limit=10)
    due = sorted(
        (row["language"], send["due_at"] - at(20, 11, 23)) for row in rows for send in sends_of(app, row["id"])
    )
    assert len(due) == 4
    spans = {language: {span for each, span in due if each == language} for language, _ in due}
    assert spans["en"] == spans["pt"]  # the pace is each language's own
    assert len(spans["en"]) == 2


def test_what_an_article_would_do_is_told_of_the_edition_in_its_language(app):
    app.poll_all()
    with app.store.read() as conn:
        by_title = {each.article.title: each.id for each in articles.latest(conn, limit=9)}
    told = {
        title: (found.schedule, found.to) for title, number in by_title.items() for found in prospects_of(app, number)
    }
    assert told["Ferry"] == ("morning/en", "daily by letters")
    assert told["Praia"] == ("morning/pt", "diario by letters")


def test_a_plan_is_of_one_languages_edition(app):
    english, portuguese = (plan_slot(app, each) for each in app.editions_of("morning"))
    assert sorted(each.article.title for each, _ in english.choice.picked) == ["Ferry", "Mole"]
    assert [product.message.language for product in portuguese.products] == ["pt"]


def test_schedules_with_editions_in_several_languages_are_told_from_the_rows(app):
    fire(app, at(7))
    with app.store.read() as conn:
        assert by_language.languages_met(conn, "morning") == ["en", "pt"]
        rows = edition_lists.latest(conn, limit=10)
    assert by_language.schedules_among(rows) == {"morning"}
    assert by_language.schedules_among(rows[:1]) == set()
