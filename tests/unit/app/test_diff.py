"""What an edited file changes in the next 7 days, in slots and in words."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.app import App, versions
from publisher.app.diff import Change, held_by, of_app, paper_changes
from publisher.config.schedules import parse_project
from publisher.store import schedules
from tests.ledger import Clock
from tests.unit.app.project import EVENING, add_schedule, edit, open_app


@pytest.fixture
def app(tmp_path):
    app = open_app(tmp_path, Clock(EVENING))
    versions.accepted(app)
    return app


def diff(app: App, *changes: tuple[str, str]) -> list[Change]:
    if changes:
        edit(app.folder, *changes)
    return of_app(app, parse_project((app.folder / "schedules.yaml").read_text()))


def test_a_file_without_changes_changes_nothing(app):
    assert diff(app) == []


def test_a_copy_under_another_name_changes_nothing(app):
    text = (app.folder / "schedules.yaml").read_text()
    assert of_app(app, parse_project(f"# a copy\n{text}", "copy.yaml")) == []


def test_another_time_moves_the_slot_of_each_day(app):
    (change,) = diff(app, ('"07:00"', '"07:30"'))
    assert change.kind == "changed"
    assert next((old.key, new.key) for old, new in change.slots_moved) == ("2026-11-24T07:00", "2026-11-24T07:30")
    assert len(change.slots_moved) == 7
    assert (change.slots_added, change.slots_removed) == ((), ())


def test_fewer_days_take_slots_out_and_a_second_time_adds_them(app):
    (change,) = diff(app, ('at: "07:00"', 'at: "07:00", days: mon-fri'))
    assert [slot.key for slot in change.slots_removed] == ["2026-11-28T07:00", "2026-11-29T07:00"]
    (change,) = diff(app, ('at: "07:00", days: mon-fri', 'at: ["07:00", "18:00"]'))
    assert len(change.slots_added) == 7


def test_schedules_that_come_and_go_are_named_with_their_slots(app):
    add_schedule(app.folder, "evening", 'at: "18:00"')
    (change,) = diff(app)
    assert (change.kind, change.schedule, len(change.slots_added)) == ("added", "evening", 7)
    versions.accepted(App.open(app.folder, Clock(EVENING)))
    text = (app.folder / "schedules.yaml").read_text()
    (app.folder / "schedules.yaml").write_text(text[: text.index("  evening:")])
    (change,) = diff(app)
    assert (change.kind, change.schedule, len(change.slots_removed)) == ("removed", "evening", 7)


def test_a_renamed_schedule_is_no_new_one(app):
    (change,) = diff(app, ("  morning:\n", "  briefing:\n    was: morning\n"))
    assert (change.kind, change.schedule, change.was) == ("renamed", "briefing", "morning")
    assert (change.slots_added, change.slots_removed, change.slots_moved) == ((), (), ())


def test_other_readers_channels_and_rules_are_said_in_words(app):
    edit(app.folder, ("lists:\n", "lists:\n  weekly: {title: The week}\n"))
    (change,) = diff(app, ("to: daily}", "to: weekly}"), ("at_most: 8", "at_most: 5"), ('"07:00"', '"07:00", late: 1h'))
    assert change.lines == (
        "also sends to weekly through letters",
        "no longer sends to daily through letters",
        "picks differently: at_most",
        "has other rules: late",
    )
    (change,) = diff(app, ("domain: mg.harbor.example", "domain: mail.harbor.example"), ("to: weekly}", "to: daily}"))
    assert change.lines[0] == "sends to daily through letters, a channel that is changed"


def test_before_anything_was_accepted_everything_is_new(tmp_path):
    app = open_app(tmp_path, Clock(EVENING))
    (change,) = diff(app)
    assert change.kind == "added"
    with app.store.read() as conn:
        assert schedules.every(conn) == {}


def test_a_new_name_for_the_same_people_while_another_vanishes_asks_whether_they_are_the_same(app):
    new, old = diff(app, ("  morning:", "  early:"))
    assert (new.kind, old.kind) == ("added", "removed")
    assert "is it morning under a new name? Then write `was: morning` under it, or it begins anew" in new.lines
    assert diff(app, ("  early:", "  early:\n    was: morning"))[0].lines == ()


def test_a_slot_that_moves_over_the_window_s_end_is_neither_gone_nor_new(app):
    now = EVENING.astimezone(ZoneInfo(app.project.publication.timezone))
    before, later = (f'"{now + timedelta(minutes=minutes):%H:%M}"' for minutes in (-3, 7))
    edit(app.folder, ('"07:00"', before))
    versions.accepted(App.open(app.folder, app.clock))
    (change,) = diff(app, (before, later))
    assert change.slots_removed == ()
    assert [slot.due_at - EVENING for slot in change.slots_added] == [timedelta(minutes=7)]  # today's has been
    assert len(change.slots_moved) == 7


def paper(app: App, *changes: tuple[str, str]) -> list[str]:
    edit(app.folder, *changes)
    after = parse_project((app.folder / "schedules.yaml").read_text())
    return [each.line for each in paper_changes(held_by(app), after)]


def test_that_practice_begins_or_is_over_comes_first_and_what_the_paper_says_of_itself_after_it(app):
    assert paper(
        app,
        ("publication:\n", "practice: true\npublication:\n  reply_to: a@x.example\n"),
        ("name: Harbor Gazette", "name: Ours"),
        ("from: Harbor Gazette <news", "from: Ours <us"),
        ("public_url: https://letters.harbor.example", "public_url: https://ours.example"),
        ("  address: 1 Quay Street, Harbor\n", ""),
        ("timezone: Europe/Lisbon", "timezone: Europe/Berlin"),
        ("language: en", "language: de"),
    ) == [
        "From now on nothing reaches readers any more: practice begins",
        "from: Harbor Gazette <news@harbor.example> → Ours <us@harbor.example>",
        "reply_to: – → a@x.example",
        "address: 1 Quay Street, Harbor → –",
        "public_url: https://letters.harbor.example → https://ours.example",
        "name: Harbor Gazette → Ours",
        "language: en → de",
        "timezone: Europe/Lisbon → Europe/Berlin",
    ]
    versions.accepted(App.open(app.folder, app.clock))
    assert paper(app, ("practice: true\n", "")) == ["From now on real people get this: practice is over"]
