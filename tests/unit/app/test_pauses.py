"""A paused schedule fires nothing; what came meanwhile is dropped, unless someone catches up on it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from publisher.app import App, pauses
from publisher.app.slots import fire_due
from publisher.cli.pause import resume
from publisher.store import staff
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, MORNING, edit, found, open_app, reasons, stories

DAY = timedelta(days=1)


@pytest.fixture
def paused(tmp_path):
    """An app of which `morning` was paused for two days, in which two stories came."""
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00"')
    fire_due(app)
    app.poll_all()
    clock.moment = MORNING
    fire_due(app)
    pauses.pause(app, app.schedule("morning"), "the desk is away")
    clock.advance(timedelta(hours=12))
    ProjectDir.publish_in(tmp_path, 5)
    app.poll_all()
    for _ in range(5):  # someone is watching all the time
        clock.advance(timedelta(hours=6))
        assert fire_due(app) == []
    return app, clock


def test_nothing_fires_while_a_schedule_is_paused(paused):
    app, _ = paused
    assert found(app) == [("2026-11-24T07:00", "locked")]


def test_resuming_drops_what_came_and_writes_it_down(paused, tmp_path):
    app, clock = paused
    done = pauses.resume(app, app.schedule("morning"), catch_up=False)
    assert (done.slots, done.articles) == (1, 2)
    with app.store.read() as conn:
        assert [row["what"] for row in staff.done(conn)][:2] == ["resumed morning", "paused morning: the desk is away"]
    assert reasons(app)[-1] == "1 slot and 2 articles came while morning was paused: dropped (resume)"
    ProjectDir.publish_in(tmp_path, 6)
    clock.moment = MORNING + 2 * DAY
    fire_due(app)
    assert found(app)[-1] == ("2026-11-26T07:00", "locked")
    assert len(stories(app, 3)) == 1  # the sixth story alone


def test_catching_up_sends_what_came_once(paused):
    app, _ = paused
    pauses.resume(app, app.schedule("morning"), catch_up=True)
    assert len(fire_due(app)) == 1
    assert found(app)[1:] == [("2026-11-25T07:00", "locked")]
    assert len(stories(app, 2)) == 2


def test_what_was_dropped_can_be_taken_back_once(paused, tmp_path):
    app, clock = paused
    morning = app.schedule("morning")
    pauses.resume(app, morning, catch_up=False)
    assert pauses.take_back(app, morning) == 2
    assert pauses.take_back(app, morning) == 0
    clock.moment = MORNING + 2 * DAY
    fire_due(app)
    assert found(app)[-1] == ("2026-11-26T07:00", "locked")
    assert len(stories(app, 3)) == 2


def test_slots_of_a_pause_in_which_the_file_was_edited_are_those_that_were_promised(paused, tmp_path):
    app, clock = paused
    edit(tmp_path, ('"07:00"', '["03:00", "04:00", "05:00"]'))  # saved after that day's five o'clock
    saved = clock().timestamp() - 3600
    os.utime(tmp_path / "schedules.yaml", (saved, saved))
    app = App.open(tmp_path, clock)
    done = pauses.resume(app, app.schedule("morning"), catch_up=False)
    assert (done.slots, done.articles) == (1, 2)


def test_resume_says_how_much_was_dropped_and_how_to_get_it(paused, tmp_path, capsys):
    resume("morning", project=tmp_path)
    resume("morning", catch_up=True, project=tmp_path)
    resume("morning", catch_up=True, project=tmp_path)
    first, way, back, again = capsys.readouterr().out.splitlines()
    assert first.endswith("2 articles came: dropped")
    assert way == "To send those articles after all: publisher resume morning --catch-up"
    assert back == "morning: candidates again: 2 articles dropped when it was resumed"
    assert again == "morning: isn't paused"


def test_pausing_twice_says_who_was_first_and_resuming_twice_does_nothing(paused):
    app, _ = paused
    before = pauses.pause(app, app.schedule("morning"), "again")
    assert before["reason"] == "the desk is away"
    pauses.resume(app, app.schedule("morning"), catch_up=False)
    assert pauses.resume(app, app.schedule("morning"), catch_up=False) is None
    assert len(found(app)) == 2
