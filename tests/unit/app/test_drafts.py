"""Drafts: composed before the slot, checked at once, locked at it; never two for one slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from publisher.app import App, composing, pauses
from publisher.app.diff import of_app
from publisher.app.slots import fire_due
from publisher.config.schedules import parse_project
from publisher.pipeline.operate import stopping
from publisher.store import alerts, editions
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, add_schedule, edit, found, open_app, sends_of, stories

WHEN = 'at: "07:00", prepare: 45m'


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 24, hour, minute, second, tzinfo=UTC)


def draft(folder, when: str = WHEN) -> tuple[App, Clock]:
    """Return an app that has drafted its edition of seven o'clock, at a quarter past six."""
    clock = Clock(EVENING)
    app = open_app(folder, clock, when)
    fire_due(app)
    clock.moment = at(6, 15)
    assert fire_due(app) == []
    assert found(app) == [("2026-11-24T07:00", "draft")]
    return app, clock


def open_alerts(app: App) -> list[str]:
    with app.store.read() as conn:
        return [row["what"] for row in alerts.open_ones(conn)]


def test_a_draft_is_composed_before_the_slot_and_locked_at_it(tmp_path):
    app, clock = draft(tmp_path)
    app.sending.advance()
    assert sends_of(app, 1) == []  # nothing leaves before the slot
    clock.moment = at(7, 0)
    assert fire_due(app) == [1]
    assert found(app) == [("2026-11-24T07:00", "locked")]
    app.sending.advance()
    assert len(sends_of(app, 1)) == 1


def test_there_is_no_draft_before_its_time(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, WHEN)
    fire_due(app)
    clock.moment = at(6, 14, 59)
    fire_due(app)
    assert found(app) == []


def test_new_articles_join_a_draft_and_what_comes_last_is_there_at_the_slot(tmp_path):
    app, clock = draft(tmp_path)
    ProjectDir.publish_in(tmp_path, 4)
    app.poll_all()
    clock.moment = at(6, 30)
    fire_due(app)
    assert len(stories(app, 1)) == 4
    ProjectDir.publish_in(tmp_path, 5)
    clock.moment = at(7, 0)
    fire_due(app)  # the sources are polled before it is locked
    assert len(stories(app, 1)) == 5


def test_what_is_wrong_with_a_draft_is_said_at_once(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, WHEN)
    (tmp_path / "templates" / "email").mkdir(parents=True)
    edit(tmp_path, ("{via: letters, to: daily}", "{via: letters, to: daily, template: broken.html}"))
    (tmp_path / "templates" / "broken.html").write_text("{{ nobody_knows_this }}")
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = at(6, 15)
    fire_due(app)
    (said,) = open_alerts(app)
    assert said.startswith("the draft of morning would be held: letters: ")
    (tmp_path / "templates" / "broken.html").unlink()
    edit(tmp_path, (", template: broken.html", ""))
    mended = App.open(tmp_path, clock)
    ProjectDir.publish_in(tmp_path, 4)
    mended.poll_all()
    fire_due(mended)
    assert open_alerts(mended) == []


def test_nothing_is_said_any_more_of_a_draft_that_a_person_gave_up(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, WHEN)
    asked, broken = "    approve: {by: 1}\n    send:\n", "{via: letters, to: daily, template: broken.html}"
    edit(tmp_path, ("    send:\n", asked))
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = at(6, 15)
    fire_due(app)
    (said,) = open_alerts(app)
    assert "has to be approved" in said
    edit(tmp_path, ("{via: letters, to: daily}", broken))
    (tmp_path / "templates").mkdir(exist_ok=True)
    (tmp_path / "templates" / "broken.html").write_text("{{ nobody_knows_this }}")
    app = App.open(tmp_path, clock)
    ProjectDir.publish_in(tmp_path, 4)
    app.poll_all()
    fire_due(app)
    assert len(open_alerts(app)) == 2
    stopping.cancel_edition(app.store, 1, reason="cancelled by anna", now=clock.moment)
    fire_due(app)
    assert open_alerts(app) == []


def test_a_slot_without_news_has_no_draft_and_is_skipped_with_its_reason(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, WHEN, backfill=0)
    fire_due(app)
    clock.moment = at(6, 15)
    fire_due(app)
    assert found(app) == []
    clock.moment = at(7, 0)
    fire_due(app)
    assert found(app) == [("2026-11-24T07:00", "skipped")]


def test_a_draft_whose_slot_was_moved_goes_out_at_the_new_one_and_only_there(tmp_path):
    app, clock = draft(tmp_path)
    edit(tmp_path, ('"07:00"', '"07:30"'))
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert found(app) == [("2026-11-24T07:30", "draft")]
    clock.moment = at(7, 0, 30)
    assert fire_due(app) == []
    clock.moment = at(7, 30, 2)
    assert fire_due(app) == [1]
    assert found(app) == [("2026-11-24T07:30", "locked")]


def test_a_draft_of_a_schedule_without_slots_any_more_is_cancelled_and_frees_its_articles(tmp_path):
    app, clock = draft(tmp_path)
    edit(tmp_path, (WHEN, "new: article"))
    app = App.open(tmp_path, clock)
    assert len(fire_due(app)) == 3
    assert found(app)[0] == ("2026-11-24T07:00", "cancelled")


def test_a_draft_of_a_schedule_that_was_taken_out_is_cancelled_with_the_reason(tmp_path):
    _, clock = draft(tmp_path)
    add_schedule(tmp_path, "evening", 'at: "18:00"', "    was: morning\n")
    text = (tmp_path / "schedules.yaml").read_text()
    begin, end = text.index("  morning:"), text.index("  evening:")
    (tmp_path / "schedules.yaml").write_text(text[:begin] + text[end:].replace("    was: morning\n", ""))
    app = App.open(tmp_path, clock)
    fire_due(app)
    with app.store.read() as conn:
        row = editions.get(conn, 1)
    assert (row["state"], row["reason"]) == ("cancelled", "its schedule was taken out of schedules.yaml")


def test_an_article_in_a_draft_is_in_no_edition_of_who_leaves_out_what_is_in_it(tmp_path):
    clock = Clock(EVENING)
    open_app(tmp_path, clock, WHEN)
    add_schedule(tmp_path, "later", 'at: "06:30"', "    pick: {not_in: [morning]}\n")
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = at(6, 30)
    fire_due(app)
    assert dict(found(app)) == {"2026-11-24T07:00": "draft", "2026-11-24T06:30": "skipped"}


def test_a_person_who_sends_now_takes_the_articles_and_the_draft_gets_what_is_left(tmp_path):
    app, clock = draft(tmp_path)
    sent = composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    assert len(stories(app, sent.edition_id)) == 3
    clock.moment = at(7, 0)
    fire_due(app)
    assert found(app)[0] == ("2026-11-24T07:00", "skipped")


def test_pausing_gives_up_the_draft(tmp_path):
    app, clock = draft(tmp_path)
    pauses.pause(app, app.schedule("morning"))
    clock.moment = at(7, 0)
    assert fire_due(app) == []
    assert found(app) == [("2026-11-24T07:00", "cancelled")]


def test_a_draft_survives_the_process_that_made_it(tmp_path):
    _, clock = draft(tmp_path)
    clock.moment = at(7, 0) + timedelta(minutes=20)
    again = App.open(tmp_path, clock)
    assert fire_due(again) == [1]
    assert found(again) == [("2026-11-24T07:00", "locked")]


def test_sources_are_asked_once_for_a_draft_that_has_nothing_yet(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, WHEN, backfill=0)
    fire_due(app)
    asked = []
    app.poll_all = lambda *_, **__: asked.append(clock()) or []
    clock.moment = at(6, 15)
    for _ in range(5):
        fire_due(app)
        clock.advance(timedelta(seconds=5))
    assert asked == [at(6, 15)]
    clock.moment = at(7, 0)
    fire_due(app)
    assert asked == [at(6, 15), at(7, 0)]


def test_what_takes_a_schedule_out_says_first_which_draft_goes_with_it(tmp_path):
    app, _ = draft(tmp_path)
    text = (tmp_path / "schedules.yaml").read_text()
    without = parse_project(text.replace("  morning:\n", "  other:\n"))
    (gone,) = [each for each in of_app(app, without) if each.kind == "removed"]
    assert [(each.edition_id, each.due_at) for each in gone.drafts] == [(1, at(7, 0))]
    assert [each.drafts for each in of_app(app, without) if each.kind != "removed"] == [()]
    app.take(without, app.settings)
    assert found(app) == [("2026-11-24T07:00", "cancelled")]
