"""On many machines a process goes by the version that holds, and a file that is older than that changes nothing."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import update

from publisher.app import App, composing, following, versions
from publisher.app.following import Follower
from publisher.app.operator import Operator
from publisher.app.versions import propose
from publisher.cli.pause import pause
from publisher.errors import ConfigError
from publisher.model.project import Project
from publisher.store import editions, schedules
from publisher.store.tables import project_versions
from tests.ledger import NOW, Clock, add_edition
from tests.unit.app.project import add_schedule, open_app


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def folder(tmp_path, clock, postgresql_url, monkeypatch):
    """A project whose ledger is on PostgreSQL."""
    open_app(tmp_path, clock).store.close()
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("JOURNAL", str(tmp_path / "publisher.journal"))
    return tmp_path


@pytest.fixture
def first(folder, clock) -> App:
    """The process that accepts versions."""
    app = App.open(folder, clock)
    versions.accepted(app)
    return app


def save(app: App, *, at: float) -> App:
    """Save another version of the file, as somebody did at that moment; return a process that reads it."""
    path = app.folder / "schedules.yaml"
    path.write_text(f"{path.read_text()}\n# saved {at}\n")
    os.utime(path, (at, at))
    return App.open(app.folder, app.clock)


def held(app: App) -> int | None:
    with app.store.read() as conn:
        return schedules.accepted_version(conn)


def test_who_follows_goes_by_what_another_process_accepted(first, clock):
    follower = App.open_following(first.folder, clock)
    (first.folder / "schedules.yaml").write_text("broken: [")
    look = Follower(follower)
    assert (look.look(), follower.version_id) == (False, first.version_id)
    (first.folder / "schedules.yaml").write_text(f"{first.project.text}\n# news\n")
    other = App.open(first.folder, clock)
    versions.accept(other, other.project)
    heard = []
    look = Follower(follower, lambda: heard.append(follower.project.version))
    assert look.look()
    assert heard == [other.project.version] and follower.project.text.endswith("# news\n")
    assert not look.look()


def test_nothing_can_be_followed_before_a_version_holds(folder, clock):
    with pytest.raises(ConfigError, match="Start `publisher scheduler` first"):
        App.open_following(folder, clock)


def test_a_file_saved_after_what_holds_is_proposed(first):
    newer = save(first, at=NOW.timestamp())
    propose(newer)
    assert newer.version_id != first.version_id
    assert newer.project.text.rstrip().endswith(str(NOW.timestamp()))


def test_a_file_saved_before_what_holds_was_accepted_changes_nothing(first):
    older = save(first, at=NOW.timestamp() - 3600)
    propose(older)
    assert (older.version_id, older.project.version) == (first.version_id, first.project.version)


def test_an_older_file_beside_a_command_changes_nothing_and_what_holds_is_gone_by(first):
    older = save(first, at=NOW.timestamp() - 3600)
    assert versions.accepted(older) == first.version_id
    assert older.project.version == first.project.version
    assert held(first) == first.version_id


def test_a_newer_file_beside_a_command_holds(first):
    newer = save(first, at=NOW.timestamp())
    assert versions.accepted(newer) != first.version_id
    assert held(first) == newer.version_id


def test_a_file_is_older_than_a_version_that_holds_again_since(first, clock):
    between = save(first, at=NOW.timestamp() + 60)
    clock.advance(timedelta(seconds=60))
    versions.accepted(between)
    clock.advance(timedelta(seconds=60))
    versions.accept(first, first.project)  # somebody went back to it
    late = App.open(first.folder, clock)
    assert versions.accepted(late) == first.version_id


def test_commands_in_an_old_checkout_go_by_what_holds_and_cancel_no_draft(first, clock):
    add_schedule(first.folder, "evening", 'at: "18:00"')
    os.utime(first.folder / "schedules.yaml", (NOW.timestamp(),) * 2)
    newer = App.open(first.folder, clock)
    made = composing.compose(newer, newer.schedule("evening"), composing.manual_slot(newer), actor="", as_draft=True)
    (first.folder / "schedules.yaml").write_text(first.project.text)
    os.utime(first.folder / "schedules.yaml", (NOW.timestamp() - 3600,) * 2)
    pause("morning", project=first.folder)
    with first.store.read() as conn:
        assert editions.get(conn, made.edition_id)["state"] == "draft"
    pause("evening", project=first.folder)  # which the file beside it doesn't know
    with first.store.read() as conn:
        assert schedules.get(conn, "evening")["paused_at"] is not None
    assert held(first) == newer.version_id


def test_what_holds_and_releases_in_an_old_checkout_goes_by_what_holds(first, clock):
    text, path = first.project.text, first.folder / "schedules.yaml"
    add_schedule(first.folder, "evening", 'at: "18:00"')
    os.utime(path, (NOW.timestamp(),) * 2)
    versions.accepted(App.open(first.folder, clock))
    path.write_text(text)
    os.utime(path, (NOW.timestamp() - 3600,) * 2)
    assert "evening" in Operator.open(first.folder, clock).project.schedules
    os.utime(path, (NOW.timestamp() + 3600,) * 2)
    clock.advance(timedelta(hours=2))
    assert "evening" not in Operator.open(first.folder, clock).project.schedules  # saved since, it is what is meant


def test_what_is_made_again_in_an_old_checkout_is_made_by_what_holds(first):
    older = save(first, at=NOW.timestamp() - 3600)
    older.sending.remake(add_edition(first.store))
    assert (older.version_id, older.project.version) == (first.version_id, first.project.version)


def test_a_version_that_this_publisher_can_not_read_is_said_with_what_to_do(first):
    with first.store.write() as conn:
        conn.execute(update(project_versions).values(text="version: 99", digest="0" * 64))
    older = save(first, at=NOW.timestamp() - 3600)
    with pytest.raises(ConfigError, match=r"can't read it: it is of a newer one\. Upgrade Publisher on this machine"):
        versions.accepted(older)


@pytest.mark.parametrize("decide", [propose, versions.accepted])
@pytest.mark.parametrize("saved", [-3600, 60])
def test_what_another_machine_accepts_while_we_decide_is_not_put_back(first, clock, monkeypatch, decide, saved):
    ours = save(first, at=NOW.timestamp() + saved)
    clock.advance(timedelta(seconds=120))
    theirs = save(first, at=clock().timestamp())
    os.utime(first.folder / "schedules.yaml", (NOW.timestamp() + saved,) * 2)  # it is another folder's
    asked = []

    def newer_than(*of) -> Project | None:
        found = following.newer_than(*of)
        if not asked:
            asked.append(versions.accept(theirs, theirs.project))
        return found

    monkeypatch.setattr(versions, "newer_than", newer_than)
    decide(ours)
    assert held(first) == asked[0]
    assert ours.project.version == theirs.project.version
