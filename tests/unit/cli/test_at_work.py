"""Whoever stays at work ends cleanly when the ledger is upgraded, and says why."""

from __future__ import annotations

import logging
import signal
from queue import Queue

import pytest
from sqlalchemy import Engine, event

from publisher.app import App, versions
from publisher.cli import at_work as room
from publisher.cli import log_to_stderr
from publisher.config.schedules import parse_project
from publisher.errors import UpgradeError
from publisher.store import migrate, processes
from tests.ledger import NOW
from tests.project import ProjectDir
from tests.unit.app.test_upgrading import BEFORE, stamp


@pytest.fixture
def folder(tmp_path, monkeypatch):
    handlers = {sign: signal.getsignal(sign) for sign in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(room, "LOOK_EACH", 0.05)
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    yield tmp_path
    for sign, handler in handlers.items():
        signal.signal(sign, handler)
    log_to_stderr(logging.WARNING)


def test_it_ends_when_an_upgrade_begins_and_does_not_begin_during_one(folder, capsys):
    with (
        pytest.raises(UpgradeError, match="is being upgraded by publisher upgrade"),
        room.at_work(folder, "run") as work,
        processes.upgrading(work.app.store, NOW) as mine,
    ):
        assert work.stop.wait(20)
        assert [row["command"] for row in processes.living(work.app.store)] == ["run", "upgrade"]
        with pytest.raises(UpgradeError), processes.at_work(work.app.store, "worker", NOW):
            pytest.fail("it began")
        assert mine
    assert "ended" in capsys.readouterr().out


def test_whoever_runs_the_schedules_goes_by_what_others_took_over(folder, postgresql_url, monkeypatch):
    monkeypatch.setattr(room, "FOLLOW_EACH", 0.05)
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("JOURNAL", str(folder / "publisher.journal"))
    woken = Queue()
    with room.at_work(folder, "run") as work:
        room.start_schedules(work, lambda: woken.put(work.app.version_id), versions.propose(work.app))
        elsewhere = App.open(folder)
        other = parse_project(elsewhere.project.text.replace("at_most: 8", "at_most: 7"))
        version_id = versions.accept(elsewhere, other)
        while woken.get(timeout=20) != version_id:
            pass


def test_it_ends_when_the_schema_is_another_versions(folder):
    with (
        pytest.raises(UpgradeError, match=f"has schema {BEFORE} by now, and this version of Publisher works with"),
        room.at_work(folder, "run") as work,
    ):
        stamp(work.app.store, BEFORE)
        assert work.stop.wait(20)
    stamp(work.app.store, migrate.HEAD)


def test_what_it_writes_at_its_end_is_written_before_its_lock_goes(folder):
    held = []

    def note(conn, cursor, statement, *_):
        if statement.startswith("UPDATE processes"):
            held.append(processes.is_alive(store, process_id))

    with room.at_work(folder, "run") as work:
        store, process_id = work.app.store, work.app.process_id
        event.listen(Engine, "before_cursor_execute", note)
    event.remove(Engine, "before_cursor_execute", note)
    assert held == [True]
