"""Schedules while `publisher run` is at work: a file that changes, a bad one, a pause, and what is to come."""

from __future__ import annotations

import signal
import time

import pytest

from publisher.app import App
from publisher.store import edition_lists, schedules
from publisher.testing import FakeProvider
from tests.acceptance.test_crash import running, wait_for
from tests.project import WEBHOOK, ProjectDir
from tests.unit.app.project import add_schedule, edit

SOON = 15.0  # seconds: a look each 5 s, on a machine that has other things to do


@pytest.fixture
def project(tmp_path):
    with FakeProvider("webhook") as provider:
        project = ProjectDir(tmp_path, provider.url, channel=WEBHOOK, when='at: "07:00"', backfill=3)
        project.subscribe(1)
        yield project


def test_a_change_of_the_file_holds_without_a_restart_and_a_bad_one_is_refused(project):
    with running(project) as process:
        app = None

        def known() -> set[str]:
            nonlocal app
            app = app or App.open(project.folder)
            with app.store.read() as conn:
                return set(schedules.every(conn))

        def said(words: str) -> bool:
            return words in (project.folder / "run.log").read_text(errors="replace")

        wait_for(lambda: known() == {"morning"}, "the first version", 60)
        edit(project.folder, ("at_most: 8", "at_mst: 8"))
        wait_for(lambda: said("schedules_refused"), "the refusal", SOON)
        edit(project.folder, ("at_mst: 8", "at_most: 8"))
        add_schedule(project.folder, "often", "every: 2s")
        begun = time.monotonic()
        wait_for(lambda: known() == {"morning", "often"}, "the changed version", SOON)
        assert time.monotonic() - begun < SOON

        def fired() -> bool:
            with app.store.read() as conn:
                return bool(edition_lists.latest(conn, limit=1, schedule="often"))

        wait_for(fired, "a slot of the new schedule", SOON)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    said = [line for line in (project.folder / "run.log").read_text().splitlines() if line.startswith(("end", "ended"))]
    assert [line.partition(":")[0].partition(";")[0] for line in said] == ["ending", "ended"]


def test_pause_resume_and_diff_as_they_are_typed(project):
    project.publisher("send", "morning", "--yes")
    assert "paused" in project.publisher("pause", "morning", "--why", "the desk is away")
    assert "(the desk is away)" in project.publisher("pause", "morning")
    assert "goes on" in project.publisher("resume", "morning")
    assert "isn't paused" in project.publisher("resume", "morning")
    assert "there is no schedule 'evening'" in project.publisher("pause", "evening", code=2)
    assert "nothing changes" in project.publisher("diff")
    edit(project.folder, ('at: "07:00"', 'at: "07:30"'))
    said = project.publisher("diff")
    assert said.startswith("morning: changed\n")
    assert "07:00 → 07:30" in said
    (change,) = project.json("diff")
    assert (change["schedule"], change["kind"]) == ("morning", "changed")
