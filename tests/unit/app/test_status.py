"""How things stand, for people and monitors."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from publisher.app import alerts as duty
from publisher.app import standing
from publisher.app.status import status_of
from publisher.cli.status import lines
from publisher.errors import ConfigError
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch
from publisher.pipeline.operate import holding
from publisher.store import channels, facts, processes, schedules
from publisher.store.tables import editions as edition_rows
from tests.ledger import NOW, Clock, add_edition, add_send, desk, subscribe
from tests.project import ProjectDir
from tests.unit.app.test_trouble import PROJECT


def status(store, now=NOW, trouble=""):
    return status_of(store, PROJECT, now, trouble)


def text(found):
    return "\n".join(lines(found, None))


def test_a_fresh_ledger_needs_nobody_and_says_that_nothing_runs(store):
    found = status(store)
    assert not found.needs_a_person
    assert text(found).splitlines()[0] == "Nothing goes out by schedule: Publisher is not running, or a part of it."
    assert "Nobody runs the schedules: publisher run" in text(found)
    assert [slot.schedule for slot in found.slots] == ["morning"]


def test_that_the_project_practises_stands_below_the_headline(store):
    practises = status_of(store, replace(PROJECT, practice=True), NOW)
    assert text(practises).splitlines()[1].startswith("Practice: every mail and post goes to the built-in inbox")
    assert "Practice" not in text(status(store))


def test_who_is_at_work_is_told_by_the_locks(store):
    with processes.at_work(store, "run", NOW):
        found = status(store)
        assert [process.command for process in found.processes] == ["run"]
        assert text(found).splitlines()[0] == "All is well."
    assert status(store).processes == ()


def test_of_many_machines_the_scheduler_runs_the_schedules(store):
    with processes.at_work(store, "worker", NOW):
        assert "Nobody runs the schedules: publisher scheduler" in text(status(store))
        with processes.at_work(store, "scheduler", NOW):
            assert "Nobody runs the schedules" not in text(status(store))


def test_what_is_under_way_is_counted_and_what_is_held_needs_a_person(store):
    subscribe(store, 4)
    add_send(store, add_edition(store))
    with processes.at_work(store, "run", NOW):
        found = status(store)
    assert not found.needs_a_person
    assert "Under way: edition 1, letters to daily: addressed; 0 of 4 got it" in text(found)
    holding.hold_edition(store, 1, actor="cli:ada", why="not yet", now=NOW)
    found = status(store)
    assert found.needs_a_person
    assert "held by cli:ada: not yet" in text(found)
    assert "publisher release 1" in text(found)


def hold_draft(store):
    edition = add_edition(store, "2026-11-25T07:00")
    with store.write() as conn:
        conn.execute(update(edition_rows).where(edition_rows.c.id == edition).values(state="draft"))
    holding.hold_edition(store, edition, actor="cli:ada", why="not yet", now=NOW)


def test_a_held_draft_says_that_it_is_held_by_whom_and_what_to_type(store):
    hold_draft(store)
    found = status(store)
    assert found.needs_a_person
    assert "Waiting: edition 1 (morning 2026-11-25T07:00), draft: held by cli:ada: not yet" in text(found)
    assert "    publisher release 1" in text(found)
    assert text(found).count("held by cli:ada") == 2  # beside the draft as well
    holding.release_edition(store, 1, now=NOW)
    assert not status(store).needs_a_person


def test_the_list_of_editions_says_that_a_draft_is_held(store):
    hold_draft(store)
    with store.read() as conn:
        said = standing.waiting_lines(conn, ["morning"], {1})
    assert said == {1: ["held by cli:ada: not yet (publisher release 1)"]}


def test_an_edition_under_way_that_nobody_carries_on_needs_a_person(store):
    subscribe(store, 3)
    add_send(store, add_edition(store))
    assert status(store).is_left_alone
    assert status(store).needs_a_person
    with processes.at_work(store, "run", NOW):
        assert not status(store).is_left_alone


def test_an_edition_that_nobody_makes_is_left_alone_before_it_has_any_send(store):
    add_edition(store)
    with processes.at_work(store, "scheduler", NOW):
        found = status(store)
        assert (found.unmade, found.is_left_alone, found.needs_a_person) == ((1,), True, True)
        with processes.at_work(store, "worker", NOW):
            assert not status(store).needs_a_person


@pytest.mark.parametrize(
    ("command", "said", "missing"),
    [
        ("scheduler", "Nobody sends what is due", "publisher worker"),
        ("web", "Nobody runs the schedules", "publisher run"),
    ],
)
def test_whoever_does_not_send_leaves_editions_under_way_alone(store, command, said, missing):
    subscribe(store, 3)
    add_send(store, add_edition(store))
    with processes.at_work(store, command, NOW):
        found = status(store)
        assert found.is_left_alone
        assert found.needs_a_person
        assert f"{said} (editions wait, and nobody sends them): {missing}" in text(found)
        with processes.at_work(store, "worker", NOW):
            assert not status(store).is_left_alone


def test_of_many_machines_a_scheduler_alone_sends_nothing(store):
    with processes.at_work(store, "scheduler", NOW):
        assert "Nobody sends what is due: publisher worker" in text(status(store))


def test_hold_all_needs_a_person(store):
    with store.write() as conn:
        facts.hold_everything(conn, actor="cli:ada", why="storm", now=NOW)
    found = status(store)
    assert found.needs_a_person
    assert "all sending is held by cli:ada" in text(found)


def test_an_alert_of_another_needs_a_person_and_says_that_nobody_was_told(store):
    duty.begin(store, Clock(), "clock", what="no slot fires", affected="all", command="set the clock", urgent=True)
    found = status(store)
    assert found.needs_a_person
    assert "no slot fires" in text(found)
    assert "Nobody has been told of 1 alert yet: see `alerts:`" in text(found)


def test_that_nobody_was_told_is_said_once_for_all_alerts_whatever_is_known_of_them_otherwise(store):
    for cause in ("clock", "held:1"):
        duty.begin(store, Clock(), cause, what=f"{cause} is wrong", affected="all", command="mend it", urgent=True)
    shown = text(status(store)).splitlines()
    assert [line for line in shown if "told" in line] == [
        "Nobody has been told of 2 alerts yet: see `alerts:` in schedules.yaml"
    ]
    first = shown.index("! clock is wrong (since 2026-11-24 07:00:00 UTC)")
    assert shown[first + 1 : first + 3] == ["    affected: all", "    mend it"]


def test_an_alert_about_what_is_mended_since_is_not_believed(store):
    duty.begin(store, Clock(), "unknown:1", what="w", affected="a", command="c", urgent=False)
    assert not status(store).needs_a_person


def test_a_slot_that_nobody_watched_needs_a_person(store):
    with store.write() as conn:
        schedules.begin(conn, "morning", NOW - timedelta(hours=1), "test")
    assert status(store, NOW + timedelta(hours=1)).needs_a_person


@pytest.mark.parametrize(("trouble", "needed"), [("", False), ("schedules.yaml:1:1: wrong", True)])
def test_a_file_that_is_refused_needs_a_person(store, trouble, needed):
    assert status(store, trouble=trouble).needs_a_person is needed


def test_a_paused_schedule_says_so(store):
    with store.write() as conn:
        schedules.begin(conn, "morning", NOW, "test")
        schedules.pause(conn, "morning", reason="holidays", actor="cli:ada", now=NOW)
    assert "Next: morning: paused: holidays" in text(status(store))


def test_status_starts_without_what_it_does_not_use(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    code = (
        "import sys\nfrom publisher.cli.commands import cli\n"
        "try:\n    cli(['status'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.startswith(('publisher.render', 'publisher.sources', "
        "'publisher.web', 'publisher.senders', 'requests', 'jinja2', 'lxml', 'fastapi'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_broken_file_falls_back_to_the_version_that_was_accepted_last(tmp_path):
    from publisher.app import App, versions
    from publisher.app.operator import Operator

    ProjectDir(tmp_path, "http://127.0.0.1:9")
    versions.accepted(App.open(tmp_path))
    (tmp_path / "schedules.yaml").write_text("publication: [")
    operator = Operator.open(tmp_path)
    assert operator.project.publication.name == "Harbor Gazette"
    assert operator.trouble.startswith("schedules.yaml:1:")
    (tmp_path / "publisher.db").unlink()
    with pytest.raises(ConfigError):
        Operator.open(tmp_path)


def test_status_does_not_wait_for_whoever_is_writing(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    project.publisher("status")
    writer = sqlite3.connect(tmp_path / "publisher.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    assert "Nothing goes out by schedule" in project.publisher("status")
    assert time.monotonic() - begun < 20  # a writer is waited for 30 s
    writer.execute("ROLLBACK")
    writer.close()


def test_a_rest_that_is_over_is_not_spoken_of(store):
    with store.write() as conn:
        channels.rest(conn, "letters", failures=0, until=NOW, reason="slow down")
    assert "Channel" not in text(status(store))
    with store.write() as conn:
        channels.rest(conn, "letters", failures=1, until=NOW, reason="no connection")
    assert "Channel letters: 1 call in a row reached nobody: no connection" in text(status(store))


def doubted(store):
    subscribe(store, 2)
    add_send(store, add_edition(store))
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, "letters", 2)
    dispatch.begin(store, place, claimed)
    answer = Answer(Verdict(Outcome.UNKNOWN, reason="no answer came"))
    dispatch.record_answer(store, place, claimed, answer, can_be_settled=True)


def rested(store):
    with store.write() as conn:
        channels.rest(conn, "letters", failures=1, until=None, reason="no connection")


def alerted(store):
    duty.begin(store, Clock(), "unknown:1", what="w", affected="a", command="c", urgent=False)


@pytest.mark.parametrize("trouble", [doubted, rested, alerted])
def test_all_is_not_well_above_doubt_or_trouble_though_nobody_is_needed(store, trouble):
    with processes.at_work(store, "run", NOW):
        trouble(store)
        found = status(store)
    assert not found.needs_a_person
    assert text(found).splitlines()[0] == "Nobody is needed yet: Publisher sees to what stands here."
    assert "All is well" not in text(found)
