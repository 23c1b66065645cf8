"""What becomes of practice editions that are not finished when practice ends: nobody real gets their words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from publisher.app import App, composing, versions
from publisher.app import articles as one_by_one
from publisher.app.plan import plan_slot
from publisher.app.trouble import all_in
from publisher.config.schedules import load_project
from publisher.config.settings import Settings
from publisher.model.states import EditionState, SendState
from publisher.pipeline.operate import holding, stopping
from publisher.store import earlier, edition_lists, editions, facts, messages, sends, updates
from publisher.store.tables import articles
from tests.ledger import Clock, subscribe
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, edit, sends_of

PRACTICE = ("version: 1", "version: 1\npractice: true")
WORDS = "Practice: this went to the built-in inbox only"


@pytest.fixture
def practice(tmp_path) -> App:
    """An app in practice, with four readers and an edition that is still to be made."""
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    edit(tmp_path, PRACTICE)
    app = App.open(tmp_path, Clock(EVENING))
    subscribe(app.store, 4)
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    return app


def end(practice: App) -> App:
    """Take the line out, and open the project anew as `publisher run` does."""
    edit(practice.folder, PRACTICE[::-1])
    real = App.open(practice.folder, practice.clock)
    versions.accepted(real)
    return real


def stands(app: App) -> tuple[str, list[str]]:
    (send,) = sends_of(app, 1)
    return send["state"], [reason["check"] for reason in send["reasons"] if reason["blocks"]]


def text(app: App) -> str:
    with app.store.read() as conn:
        _, mail = messages.of_send(conn, 1)
    return "".join(part for part in mail.text if isinstance(part, str))


def release(app: App) -> None:
    """Release it as the command does: what checks hold is made again."""
    holding.release_edition(app.store, 1, now=EVENING, usable=app.project.channels)
    app.sending.remake(1)


def test_what_has_its_readers_already_pauses_and_no_release_lets_it_go(practice):
    practice.sending.advance()
    assert stands(practice) == ("addressed", [])
    real = end(practice)
    assert stands(real) == ("paused", ["practice"])
    release(real)
    holding.release_channel(real.store, "letters", now=EVENING)
    holding.release_all(real.store, now=EVENING)
    assert stands(real) == ("paused", ["practice"])
    with real.store.read() as conn:
        assert sends.claimable_on(conn, "letters") == []


def test_whoever_is_left_is_counted_and_said_until_a_person_gives_it_up(practice):
    practice.sending.advance()
    real = end(practice)
    with real.store.read() as conn:
        (found,) = [each for each in all_in(conn, real.project, EVENING, None) if each.cause == "held:1"]
    assert "made in practice" in found.what
    assert "`publisher cancel 1`" in found.command
    assert stopping.cancel_edition(real.store, 1, reason="of practice", now=EVENING) == 4
    assert sends_of(real, 1)[0]["cancelled"] == 4


def test_a_running_process_that_takes_the_file_over_holds_it_too(practice):
    practice.sending.advance()
    edit(practice.folder, PRACTICE[::-1])
    practice.take(load_project(practice.folder), Settings.load(practice.folder))
    assert stands(practice) == ("paused", ["practice"])


def test_what_one_process_made_while_another_had_accepted_the_end_is_held_when_it_hears_of_it(practice):
    end(practice)
    with practice.store.write() as conn:
        facts.release_edition(conn, 1)  # as if it had been composed only now
    practice.sending.advance()
    assert stands(practice) == ("addressed", [])
    practice.take(load_project(practice.folder), Settings.load(practice.folder))
    assert stands(practice) == ("paused", ["practice"])


def test_what_has_no_readers_yet_is_made_anew_for_readers_by_a_release(practice):
    practice.sending._produce(1)
    assert (stands(practice), WORDS in text(practice)) == (("ready", []), True)
    real = end(practice)
    assert stands(real) == ("held", ["practice"])
    release(real)
    assert (stands(real), WORDS in text(real)) == (("ready", []), False)


def test_what_is_still_to_be_made_is_held_by_the_time_it_is_made(practice):
    real = end(practice)
    real.sending.advance()
    assert (stands(real), WORDS in text(real)) == (("held", ["person"]), False)


# --- what practice finished uses up nothing for readers ---------------------------------------------------------------


def finish(app: App, edition_id: int = 1) -> None:
    """Let an edition have gone out, as if the inbox had taken all of it."""
    with app.store.write() as conn:
        for send in sends.of_edition(conn, edition_id):
            sends.move(conn, send["id"], SendState.SENDING)
            sends.move(conn, send["id"], SendState.DONE)
        editions.move(conn, edition_id, EditionState.CLOSED, EVENING)


def headlines(app: App) -> list[str]:
    return [each.article.title for each, _ in plan_slot(app, app.schedule("morning")).choice.picked]


def of_practice(app: App) -> dict[int, str | None]:
    with app.store.read() as conn:
        return {row["id"]: row["practice"] for row in edition_lists.latest(conn, limit=9)}


def test_a_story_that_went_out_in_practice_is_new_for_readers(practice):
    finish(practice)
    assert headlines(practice) == []
    assert of_practice(practice) == {1: "now"}
    edit(practice.folder, PRACTICE[::-1])
    real = App.open(practice.folder, practice.clock)
    assert len(headlines(real)) == 3  # a plan says so before the file is accepted
    versions.accepted(real)
    assert of_practice(real) == {1: "over"}
    real.clock.advance(timedelta(hours=1))
    made = composing.compose(real, real.schedule("morning"), composing.manual_slot(real), actor="test")
    assert len(made.choice.picked) == 3
    assert of_practice(real)[made.edition_id] is None
    assert headlines(real) == []


def test_nobody_has_it_by_another_schedule_and_its_changes_are_no_news(practice):
    practice.sending.advance()
    finish(practice)

    def had(app: App) -> dict[int, str]:
        with app.store.read() as conn:
            return earlier.had_by_all(conn, "evening", ["daily"], {1: 1})

    def changed(app: App) -> list[int]:
        with app.store.write() as conn:
            conn.execute(update(articles).where(articles.c.id == 1).values(changed_at=EVENING, fingerprint="other"))
            conn.execute(update(articles).where(articles.c.id == 1).values(revision=2))
            return [each.id for each in updates.changed_since_sent(conn, app.schedule("morning"), since=EVENING)]

    assert (list(had(practice)), changed(practice)) == ([1], [1])
    real = end(practice)
    assert (had(real), changed(real)) == ({}, [])


def test_what_practice_left_unfinished_keeps_its_stories_since_a_release_brings_them_to_readers(practice):
    practice.sending._produce(1)
    real = end(practice)
    assert (of_practice(real), headlines(real)) == ({1: "kept"}, [])


def test_what_of_practice_is_sent_again_keeps_its_stories(practice):
    practice.sending.advance()
    finish(practice)
    real = end(practice)
    with real.store.write() as conn:
        editions.reopen(conn, 1, EVENING)
    assert (of_practice(real), headlines(real)) == ({1: "kept"}, [])


@pytest.fixture
def by_the_article(tmp_path) -> App:
    """An app in practice that makes an edition of each article."""
    ProjectDir(tmp_path, "http://127.0.0.1:9", when="new: article")
    edit(tmp_path, PRACTICE)
    app = App.open(tmp_path, Clock(EVENING))
    versions.accepted(app)
    app.poll_all()
    return app


@pytest.mark.parametrize(("hours", "again"), [(1, 3), (30, 0)])
def test_an_article_of_its_own_goes_to_readers_if_it_went_out_in_practice_within_a_day(by_the_article, hours, again):
    made = one_by_one.fire_new_articles(by_the_article, by_the_article.schedule("morning"), actor="test")
    assert len(made) == 3
    for edition in made:
        finish(by_the_article, edition)
    by_the_article.clock.advance(timedelta(hours=hours))
    real = end(by_the_article)
    assert set(of_practice(real).values()) == {"over" if again else "kept"}
    assert len(one_by_one.fire_new_articles(real, real.schedule("morning"), actor="test")) == again
