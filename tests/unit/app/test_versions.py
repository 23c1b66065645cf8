"""Which file holds, and what becomes of schedules that are new in it, renamed or gone."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from publisher.app import App, composing, pauses, versions
from publisher.app.plan import plan_slot
from publisher.app.slots import fire_due
from publisher.errors import ConfigError
from publisher.store import editions, project_versions, schedules
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, MORNING, add_schedule, edit, found, open_app, sends_of, stories

DAY = timedelta(days=1)


def rows(app: App) -> dict:
    with app.store.read() as conn:
        return schedules.every(conn)


def begun(folder) -> Clock:
    """A project whose `morning` has had its first edition, of three stories."""
    clock = Clock(EVENING)
    app = open_app(folder, clock)
    fire_due(app)
    clock.moment = MORNING
    fire_due(app)
    clock.advance(timedelta(hours=1))
    return clock


def test_a_new_schedule_sees_only_what_is_first_seen_after_it_was_added(tmp_path):
    clock = begun(tmp_path)
    add_schedule(tmp_path, "evening", 'at: "18:00"')
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.advance(timedelta(hours=1))
    ProjectDir.publish_in(tmp_path, 4)
    clock.moment = MORNING.replace(hour=18)
    fire_due(app)
    assert found(app, "evening") == [("2026-11-24T18:00", "locked")]
    assert len(stories(app, 2)) == 1


def test_backfill_gives_a_new_schedule_the_newest_from_before_and_only_once(tmp_path):
    clock = begun(tmp_path)
    add_schedule(tmp_path, "evening", 'at: "18:00"', "    backfill: 2\n")
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = MORNING.replace(hour=18)
    fire_due(app)
    assert stories(app, 2) == [2, 3]
    clock.advance(DAY)
    fire_due(app)
    assert found(app, "evening")[-1] == ("2026-11-25T18:00", "skipped")


def test_backfill_of_a_schedule_reaches_what_a_source_had_before_its_first_poll(tmp_path):
    open_app(tmp_path, Clock(EVENING), backfill=0)
    add_schedule(tmp_path, "evening", 'at: "18:00"', "    backfill: 2\n")
    app = App.open(tmp_path, Clock(EVENING))
    first = composing.compose(app, app.schedule("evening"), composing.manual_slot(app), actor="test")
    assert len(stories(app, first.edition_id)) == 2
    none = composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    assert none.choice.skipped.startswith("nothing new: 3 articles were already there at the first poll")


def test_a_schedule_with_nothing_says_how_to_include_what_was_there_before_it(tmp_path):
    clock = begun(tmp_path)
    add_schedule(tmp_path, "evening", 'at: "18:00"')
    app = App.open(tmp_path, clock)
    composed = composing.compose(app, app.schedule("evening"), composing.manual_slot(app), actor="test")
    assert "3 articles were first seen before evening was added" in composed.choice.skipped
    assert "write `backfill: 3` under it" in composed.choice.skipped


def test_planning_a_schedule_that_was_never_accepted_writes_nothing(tmp_path):
    app = open_app(tmp_path, Clock(EVENING))
    assert len(plan_slot(app, app.schedule("morning")).choice.picked) == 3
    assert rows(app) == {}
    with app.store.read() as conn:
        assert schedules.accepted_version(conn) is None


def test_a_renamed_schedule_carries_its_history_over(tmp_path):
    clock = begun(tmp_path)
    edit(tmp_path, ("  morning:\n", "  briefing:\n    was: morning\n"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert list(rows(app)) == ["briefing"]
    assert found(app, "briefing") == [("2026-11-24T07:00", "locked")]
    clock.advance(DAY)
    fire_due(app)
    assert found(app, "briefing")[-1] == ("2026-11-25T07:00", "skipped")  # its stories are used up
    app.sending.advance()  # the edition from before the renaming is made by its own version of the file
    assert len(sends_of(app, 1)) == 1


RENAMED = ("  morning:\n", "  briefing:\n    was: morning\n")


def test_a_renaming_with_new_times_fires_nothing_in_the_past(tmp_path):
    clock = begun(tmp_path)
    clock.moment = MORNING + timedelta(hours=5)
    edit(tmp_path, RENAMED, ('"07:00"', '["09:00", "10:00"]'))
    app = App.open(tmp_path, clock)
    assert fire_due(app) == []
    clock.moment = MORNING + DAY + timedelta(hours=2)
    fire_due(app)
    assert found(app) == [("2026-11-24T07:00", "locked"), ("2026-11-25T09:00", "skipped")]


def test_a_slot_that_was_due_before_the_renaming_is_decided_by_the_old_times(tmp_path):
    clock = Clock(EVENING)
    fire_due(open_app(tmp_path, clock))
    edit(tmp_path, RENAMED, ('"07:00"', '"05:30"'))
    saved = MORNING.replace(minute=30).timestamp()
    os.utime(tmp_path / "schedules.yaml", (saved, saved))
    clock.moment = MORNING.replace(hour=8)
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert found(app, "briefing") == [("2026-11-24T07:00", "locked")]


def test_a_renaming_of_what_was_taken_out_before_has_missed_nothing(tmp_path):
    clock = begun(tmp_path)
    add_schedule(tmp_path, "evening", "every: 1h")
    versions.accepted(App.open(tmp_path, clock))
    edit(tmp_path, ("  evening:\n", "  later:\n    was: evening\n"))
    renamed = (tmp_path / "schedules.yaml").read_text()
    (tmp_path / "schedules.yaml").write_text(renamed[: renamed.index("  later:\n")])
    versions.accepted(App.open(tmp_path, clock))
    clock.advance(DAY)
    (tmp_path / "schedules.yaml").write_text(renamed)
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert found(app, "later") == []


def test_a_renaming_is_done_once_and_the_line_may_stay(tmp_path):
    clock = begun(tmp_path)
    edit(tmp_path, ("  morning:\n", "  briefing:\n    was: morning\n"))
    versions.accepted(App.open(tmp_path, clock))
    edit(tmp_path, ("at_most: 8", "at_most: 7"))
    app = App.open(tmp_path, clock)
    versions.accepted(app)
    assert list(rows(app)) == ["briefing"]


def test_a_renaming_to_a_name_with_a_history_of_its_own_is_refused(tmp_path):
    clock = begun(tmp_path)
    add_schedule(tmp_path, "evening", 'at: "08:30"')
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.advance(timedelta(hours=1))
    fire_due(app)
    text = (tmp_path / "schedules.yaml").read_text()
    begin, end = text.index("  morning:"), text.index("  evening:")
    (tmp_path / "schedules.yaml").write_text(
        text[:begin] + text[end:].replace("evening:\n", "evening:\n    was: morning\n")
    )
    with pytest.raises(ConfigError, match="both morning and evening have editions of their own"):
        versions.accepted(App.open(tmp_path, clock))
    assert set(rows(app)) == {"morning", "evening"}


def test_a_renaming_of_what_is_still_there_is_refused(tmp_path):
    clock = begun(tmp_path)
    add_schedule(tmp_path, "evening", 'at: "18:00"', "    was: morning\n")
    with pytest.raises(ConfigError, match="there still is a schedule morning"):
        versions.accepted(App.open(tmp_path, clock))


def test_a_name_that_appears_while_another_vanishes_is_held_with_the_question(tmp_path):
    clock = begun(tmp_path)
    edit(tmp_path, ("  morning:\n", "  briefing:\n"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    row = rows(app)["briefing"]
    assert row["paused_at"] is not None
    assert row["reason"].startswith("is it morning under a new name? Then write `was: morning` under it.")
    clock.advance(DAY)
    assert fire_due(app) == []
    pauses.resume(app, app.schedule("briefing"), catch_up=False)
    clock.advance(DAY)
    ProjectDir.publish_in(tmp_path, 4)
    assert len(fire_due(app)) == 1


def test_nobody_is_asked_whether_a_schedule_is_one_that_never_had_an_edition(tmp_path):
    clock = Clock(EVENING)
    fire_due(open_app(tmp_path, clock))
    edit(tmp_path, ("  morning:\n", "  briefing:\n"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert rows(app)["briefing"]["paused_at"] is None


def test_nobody_is_asked_whether_a_schedule_is_one_for_other_people(tmp_path):
    clock = begun(tmp_path)
    edit(tmp_path, ("  morning:\n", "  sport:\n"), ("to: daily", "to: sport"), ("lists:\n", "lists:\n  sport: {}\n"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert rows(app)["sport"]["paused_at"] is None


def test_of_several_that_vanish_the_question_names_the_one_that_had_editions(tmp_path):
    clock = begun(tmp_path)
    whole = (tmp_path / "schedules.yaml").read_text()
    earlier = '  dawn:\n    when: {at: "23:00"}\n    send:\n      - {via: letters, to: daily}\n'
    (tmp_path / "schedules.yaml").write_text(whole.replace("  morning:\n", f"{earlier}  morning:\n"))
    versions.accepted(App.open(tmp_path, clock))
    (tmp_path / "schedules.yaml").write_text(whole.replace("  morning:\n", "  briefing:\n"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert rows(app)["briefing"]["reason"].startswith("is it morning under a new name?")


def test_the_question_can_be_answered_with_was(tmp_path):
    clock = begun(tmp_path)
    edit(tmp_path, ("  morning:\n", "  briefing:\n"))
    versions.accepted(App.open(tmp_path, clock))
    edit(tmp_path, ("  briefing:\n", "  briefing:\n    was: morning\n"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert list(rows(app)) == ["briefing"]
    assert rows(app)["briefing"]["paused_at"] is None
    assert found(app, "briefing") == [("2026-11-24T07:00", "locked")]


def test_new_times_hold_from_the_change_on_and_nothing_fires_in_the_past(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "18:00"')
    fire_due(app)
    clock.moment = MORNING + timedelta(hours=5)
    fire_due(app)
    edit(tmp_path, ('"18:00"', '"09:00"'))
    app = App.open(tmp_path, clock)
    assert fire_due(app) == []
    clock.advance(DAY)
    assert len(fire_due(app)) == 1
    assert found(app) == [("2026-11-25T09:00", "locked")]


def test_an_edition_records_the_version_of_the_file_it_came_from(tmp_path):
    clock = begun(tmp_path)
    edit(tmp_path, ("at_most: 8", "at_most: 7"))
    app = App.open(tmp_path, clock)
    clock.advance(DAY)
    fire_due(app)
    with app.store.read() as conn:
        first, second = editions.get(conn, 1), editions.get(conn, 2)
        assert first["project_version_id"] != second["project_version_id"]
        assert project_versions.get(conn, second["project_version_id"])["digest"] == app.project.version


def test_a_schedule_that_comes_back_has_missed_nothing(tmp_path):
    clock = begun(tmp_path)
    whole = (tmp_path / "schedules.yaml").read_text()
    add_schedule(tmp_path, "evening", "every: 1h")
    both = (tmp_path / "schedules.yaml").read_text()
    versions.accepted(App.open(tmp_path, clock))
    (tmp_path / "schedules.yaml").write_text(whole)
    versions.accepted(App.open(tmp_path, clock))
    clock.advance(DAY)
    (tmp_path / "schedules.yaml").write_text(both)
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert found(app, "evening") == []


@pytest.mark.parametrize(
    ("written", "slots"),
    [
        ('at: ["07:00", "19:00"]', [("2026-11-24T07:00", "locked")]),
        ('at: "07:00", except: [2026-12-25]', [("2026-11-24T07:00", "locked")]),
        ('at: "05:30"', [("2026-11-24T07:00", "locked")]),
        ('at: ["07:45"]', [("2026-11-24T07:00", "skipped"), ("2026-11-24T07:45", "locked")]),
        ('at: "07:00", days: mon-fri, missed: skip', [("2026-11-24T07:00", "skipped")]),
    ],
)
def test_a_slot_that_was_due_before_new_times_were_saved_is_decided(tmp_path, written, slots):
    clock = Clock(EVENING)
    fire_due(open_app(tmp_path, clock))
    edit(tmp_path, ('at: "07:00"', written))
    saved = MORNING.replace(minute=30).timestamp()
    os.utime(tmp_path / "schedules.yaml", (saved, saved))
    clock.moment = MORNING.replace(hour=8)
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.advance(timedelta(minutes=1))
    assert fire_due(app) == []
    assert found(app) == slots
    with app.store.read() as conn:
        assert schedules.former_times(conn, "morning") == []
