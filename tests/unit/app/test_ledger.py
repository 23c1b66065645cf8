"""A ledger that was restored is seen, however that was done: it is held, and who left since is left alone again."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from publisher.app import App, backup
from publisher.app.ledger import RESTORED, keep_mark, notice_restore
from publisher.app.operator import Operator
from publisher.audience.erasing import erase
from publisher.errors import ConfigError, StoreError
from publisher.model.subscriber import SubscriptionState
from publisher.store import Store, facts, marks, subscribers
from publisher.store.journal import Mark
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app


@pytest.fixture
def app(tmp_path) -> App:
    app = open_app(tmp_path, Clock(NOW))
    keep_mark(app.store, app.clock)
    return app


def put(app: App, email: str, state: SubscriptionState = SubscriptionState.CONFIRMED) -> int:
    with app.store.write() as conn:
        person = subscribers.ensure_person(conn, email, app.hash_of(email), app.clock())
        list_id = subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, person, list_id, state, basis="test", now=app.clock(), actor="test")
    return person


def back_up(app: App):
    """Copy the file as somebody does who knows nothing of us, at a moment when nothing is written."""
    copy = app.folder / "copy.db"
    with app.store.write() as conn:
        conn.exec_driver_sql("SELECT 1")
    app.store.close()
    shutil.copy(app.folder / "publisher.db", copy)
    return copy


def restore(app: App, copy) -> None:
    app.store.close()
    for each in app.folder.glob("publisher.db-*"):
        if each.is_file():
            each.unlink()
    shutil.copy(copy, app.folder / "publisher.db")


def held_by(store: Store) -> str:
    with store.read() as conn:
        found = facts.held(conn)
    return found.actor if found else ""


def state(app: App, person: int) -> str:
    with app.store.read() as conn:
        return subscribers.subscription(conn, person, 1)["state"]


@pytest.mark.parametrize("opening", [App, Operator])
def test_a_restored_ledger_is_held_and_who_left_since_is_left_alone_again(app, opening):
    ada, bob = put(app, "ada@example.org"), put(app, "bob@example.org")
    copy = back_up(app)
    app = App.open(app.folder, app.clock)
    app.clock.advance(timedelta(hours=1))
    keep_mark(app.store, app.clock)
    put(app, "ada@example.org", SubscriptionState.LEFT)
    erase(app.store, bob, hash_of=app.hash_of, why="wrote to us", now=app.clock(), actor="cli:ada")
    restore(app, copy)
    opened = opening.open(app.folder, app.clock)
    assert held_by(opened.store) == RESTORED
    with opened.store.read() as conn:
        assert subscribers.subscription(conn, ada, 1)["state"] == "left"
        assert subscribers.get(conn, bob) is None
        assert "the ledger was restored: what it knows of is older than 2026-" in facts.held(conn).why


def test_what_was_released_stays_so_and_nothing_is_done_twice(app):
    copy = back_up(app)
    app = App.open(app.folder, app.clock)
    keep_mark(app.store, app.clock)
    restore(app, copy)
    app = App.open(app.folder, app.clock)
    with app.store.write() as conn:
        facts.release_everything(conn)
    assert held_by(App.open(app.folder, app.clock).store) == ""


def test_who_left_before_the_journal_said_how_far_the_ledger_is_stays_left_too(app):
    ada = put(app, "ada@example.org")
    with app.store.write() as conn:
        number = marks.rise(conn)
    copy = back_up(app)
    app = App.open(app.folder, app.clock)
    put(app, "ada@example.org", SubscriptionState.LEFT)  # and only then the mark comes to the journal
    with app.store.read() as conn:
        app.store.journal.append([Mark(marks.epoch(conn), number, app.clock())])
    keep_mark(app.store, app.clock)
    restore(app, copy)
    assert state(App.open(app.folder, app.clock), ada) == "left"


def test_a_ledger_that_goes_on_after_a_crash_is_not_a_restored_one(app):
    with app.store.write() as conn:
        marks.rise(conn)  # and died before its journal said so
    assert held_by(App.open(app.folder, app.clock).store) == ""


def test_a_ledger_that_somebody_restored_under_a_running_process_is_held(app):
    keep_mark(app.store, app.clock)
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE facts SET value = '1' WHERE name = 'mark'")
    assert notice_restore(app.store, app.hash_of, app.clock)
    assert held_by(app.store) == RESTORED
    assert not notice_restore(app.store, app.hash_of, app.clock)


def test_a_backup_of_a_ledger_that_somebody_restored_does_not_hide_that_it_was(app):
    for _ in range(3):
        keep_mark(app.store, app.clock)
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE facts SET value = '1' WHERE name = 'mark'")
    backup.back_up(app, app.folder / "backup.tar.gz")  # as `publisher upgrade` makes one first of all
    assert held_by(App.open(app.folder, app.clock).store) == RESTORED


def test_another_ledger_beside_the_journal_leaves_alone_whoever_said_so_to_the_first(app):
    put(app, "ada@example.org")
    put(app, "ada@example.org", SubscriptionState.LEFT)
    app.store.close()
    for each in app.folder.glob("publisher.db*"):
        each.unlink() if each.is_file() else shutil.rmtree(each)
    fresh = App.open(app.folder, app.clock)
    assert held_by(fresh.store) == RESTORED


def test_a_journal_that_was_changed_is_refused_when_it_is_needed(app):
    put(app, "ada@example.org", SubscriptionState.LEFT)
    keep_mark(app.store, app.clock)
    path = app.folder / "publisher.journal"
    path.write_bytes(path.read_bytes().replace(b'"reader"', b'"nobody"').replace(b'"test"', b'"tost"'))
    with app.store.write() as conn:
        conn.exec_driver_sql("DELETE FROM facts WHERE name = 'mark'")
    app.store.close()
    with pytest.raises(StoreError, match="not as it was written"):
        App.open(app.folder, app.clock)
    assert held_by(Store.open(app.folder / "publisher.db")) == RESTORED


def test_the_journal_may_be_elsewhere(app, tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNAL", str(tmp_path / "elsewhere.journal"))
    other = App.open(app.folder, app.clock)
    keep_mark(other.store, other.clock)
    assert (tmp_path / "elsewhere.journal").exists()


def test_a_place_that_is_no_whole_path_is_in_the_project_from_wherever_a_command_is_typed(app, monkeypatch):
    monkeypatch.setenv("JOURNAL", "kept.journal")
    assert App.open(app.folder, app.clock).store.journal.where == str(app.folder / "kept.journal")


@pytest.mark.parametrize("opened", [App.open, App.open_following, Operator.open])
def test_whoever_opens_a_ledger_on_postgresql_must_say_where_its_journal_is(app, opened, postgresql_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    (app.folder / "publisher.journal").unlink()
    with pytest.raises(ConfigError, match=r"needs a journal that they share\. Set JOURNAL to a file that all machines"):
        opened(app.folder, app.clock)
    assert not (app.folder / "publisher.journal").exists()


def test_a_restored_ledger_is_held_by_a_journal_in_another_database_too(app, monkeypatch, postgresql):
    monkeypatch.setenv("JOURNAL", postgresql.journal())
    app.store.close()
    app = App.open(app.folder, app.clock)
    keep_mark(app.store, app.clock)
    ada, copy = put(app, "ada@example.org"), back_up(app)
    app = App.open(app.folder, app.clock)
    keep_mark(app.store, app.clock)
    put(app, "ada@example.org", SubscriptionState.LEFT)
    restore(app, copy)
    again = App.open(app.folder, app.clock)
    assert (held_by(again.store), state(again, ada)) == (RESTORED, "left")
