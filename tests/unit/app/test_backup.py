"""Backup and restore, on both engines: whole or not at all, held until a person says so, nobody's leaving forgotten."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tarfile
from datetime import timedelta

import pytest

from publisher.app import App, versions
from publisher.app.backup import back_up, look_into, restore
from publisher.app.ledger import DATABASE, RESTORED, keep_mark
from publisher.audience import preferences
from publisher.config.keys import KeyRing
from publisher.config.reading import FILE
from publisher.errors import StoreError, UsageError
from publisher.model.call import Answer, Outcome, Recipient, Verdict
from publisher.model.event import Event, EventKind
from publisher.model.subscriber import SubscriptionState
from publisher.pipeline import dispatch, hear
from publisher.pipeline.dispatch.answer import record_answer
from publisher.store import Store, audit, copying, events, facts, subscribers, suppressions
from publisher.store.journal_file import JournalFile
from tests.ledger import NOW, Clock, add_edition, add_send, desk
from tests.stores import ENGINES, programs
from tests.unit.app.project import open_app
from tests.unit.app.test_ledger import held_by, put, state


@pytest.fixture(params=ENGINES)
def app(request, tmp_path, monkeypatch) -> App:
    """A project with readers, on each engine."""
    folder = tmp_path / "first"
    folder.mkdir()
    monkeypatch.setenv("JOURNAL", str(tmp_path / "publisher.journal"))
    app = open_app(folder, Clock(NOW))
    if request.param == "postgresql":
        app.store.close()
        url = request.getfixturevalue("postgresql_url")
        (folder / "publisher.db").unlink()
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("PATH", f"{programs()}{os.pathsep}{os.environ['PATH']}")
        app = App.open(folder, app.clock)
    versions.accepted(app)
    keep_mark(app.store, app.clock)
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "own.html").write_text("ours")
    return app


@pytest.fixture
def places(request, app, tmp_path, monkeypatch):
    """A function that makes an empty place to restore to: a directory, and a database where it takes one."""

    def place(name: str):
        (tmp_path / name).mkdir()
        if app.settings.database_url:
            postgresql = request.getfixturevalue("postgresql")
            postgresql.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            monkeypatch.setenv("DATABASE_URL", postgresql.create(name))
        return tmp_path / name

    return place


@pytest.fixture
def target(places):
    return places("restored")


def backup_of(app, tmp_path):
    path = tmp_path / "backup.tar.gz"
    back_up(app, path)
    return path


def test_what_was_there_is_there_again_and_nothing_goes_out_until_a_person_says_so(app, target, tmp_path):
    ada, bob = put(app, "ada@example.org"), put(app, "bob@example.org")
    path = backup_of(app, tmp_path)
    put(app, "ada@example.org", SubscriptionState.LEFT)
    done = restore(path, target, app.clock)
    assert (done.lacks, done.beside) == ("", ())
    assert set(done.manifest.files) >= {"schedules.yaml", "keys.json", "templates/own.html"}
    again = App.open(target, app.clock)
    assert held_by(again.store) == RESTORED
    assert (state(again, ada), state(again, bob)) == ("left", "confirmed")
    assert again.project.text == app.project.text
    assert (target / "templates" / "own.html").read_text() == "ours"
    with again.store.read() as conn:
        assert [audit.faults(conn, send_id) for send_id in audit.send_ids(conn)] == []
    assert path.stat().st_mode & 0o077 == 0 == (target / "keys.json").stat().st_mode & 0o077


def test_secrets_of_the_environment_are_not_in_a_backup(app, tmp_path):
    (app.folder / ".env").write_text("MAILGUN_API_KEY=canary-7f3a\n")
    with tarfile.open(backup_of(app, tmp_path)) as archive:
        assert ".env" not in archive.getnames()
        assert all(b"canary-7f3a" not in archive.extractfile(member).read() for member in archive if member.isfile())


def test_nothing_is_ever_overwritten(app, target, tmp_path):
    path = backup_of(app, tmp_path)
    with pytest.raises(UsageError, match="is there already"):
        back_up(app, path)
    (target / "schedules.yaml").write_text("{}")
    assert restore(path, target, app.clock).beside == ("schedules.yaml",)
    assert (target / "schedules.yaml").read_text() == "{}"
    assert (target / "schedules.yaml.restored").read_bytes() == (app.folder / "schedules.yaml").read_bytes()
    with pytest.raises(UsageError, match=r"there is a ledger already|the database isn't empty"):
        restore(path, target, app.clock)


def test_a_ledger_is_put_beside_no_keys_but_its_own(app, target, tmp_path):
    path = backup_of(app, tmp_path)
    KeyRing.create(target / "keys.json")
    with pytest.raises(UsageError, match="holds other keys than the backup"):
        restore(path, target, app.clock)
    assert [each.name for each in target.iterdir()] == ["keys.json"]


def test_keys_that_were_renewed_since_the_backup_hold(app, target, tmp_path):
    path = backup_of(app, tmp_path)
    (target / "keys.json").write_bytes((app.folder / "keys.json").read_bytes())
    KeyRing.load(target / "keys.json").rotate("link")
    assert restore(path, target, app.clock).beside == ("keys.json",)
    assert KeyRing.load(target / "keys.json").current("link")[0] == "2"


@pytest.mark.parametrize("is_stale", [True, False])
def test_a_restore_without_a_newer_journal_says_what_that_costs(app, target, tmp_path, is_stale):
    keep_mark(app.store, app.clock)
    (journal,) = tmp_path.rglob("*.journal")
    before = journal.read_bytes()
    path = backup_of(app, tmp_path)
    put(app, "ada@example.org", SubscriptionState.LEFT)
    if is_stale:  # as its disk was before the backup
        journal.write_bytes(before)
    else:
        journal.unlink()
    done = restore(path, target, app.clock)
    assert done.lacks.endswith(".journal")
    with App.open(target, app.clock).store.read() as conn:
        assert done.lacks in facts.held(conn).why


def test_where_the_journal_can_not_be_read_nothing_is_restored(app, target, tmp_path, monkeypatch):
    path = backup_of(app, tmp_path)
    monkeypatch.setenv("JOURNAL", str(tmp_path))
    with pytest.raises(StoreError, match="the journal can't be read: Is a directory"):
        restore(path, target, app.clock)
    assert list(target.iterdir()) == []


def test_a_backup_that_is_made_is_called_so_where_its_journal_can_not_be_written(app, tmp_path):
    app.store.journal = JournalFile(tmp_path / "gone" / "publisher.journal")
    with pytest.raises(StoreError, match=r"the backup is made \(.*backup.tar.gz\), but the journal can't be written"):
        backup_of(app, tmp_path)
    assert look_into(tmp_path / "backup.tar.gz", tmp_path / "work")


@pytest.mark.parametrize("kept", [0, 10, 1_000, -20, -1])
def test_a_backup_that_was_cut_short_changes_nothing(app, target, tmp_path, kept):
    path = backup_of(app, tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UsageError, match="no whole backup"):
        restore(path, target, app.clock)
    assert not list(target.iterdir())


def test_a_backup_with_a_changed_file_changes_nothing(app, target, tmp_path):
    path, work = backup_of(app, tmp_path), tmp_path / "work"
    with tarfile.open(path) as archive:
        archive.extractall(work, filter="data")
    (work / "keys.json").write_text("{}")
    with tarfile.open(path, "w:gz") as archive:
        for each in sorted(work.rglob("*")):
            archive.add(each, each.relative_to(work).as_posix(), recursive=False)
    with pytest.raises(UsageError, match=r"is damaged: keys\.json"):
        restore(path, target, app.clock)
    assert not list(target.iterdir())


def test_a_backup_that_leads_out_of_the_directory_is_refused(app, target, tmp_path):
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(app.folder / "schedules.yaml", "../evil.yaml")
    with pytest.raises(UsageError, match="no whole backup"):
        restore(path, target, app.clock)
    assert not (tmp_path / "evil.yaml").exists()


def test_the_other_kind_of_database_is_refused(app, target, tmp_path, monkeypatch):
    path = backup_of(app, tmp_path)
    other = "" if app.settings.database_url else "postgresql://nobody@127.0.0.1:1/none"
    monkeypatch.setenv("DATABASE_URL", other)
    with pytest.raises(UsageError, match="this backup is of a ledger"):
        restore(path, target, app.clock)


def test_without_the_journal_all_is_held_all_the_same(app, target, tmp_path, monkeypatch):
    path = backup_of(app, tmp_path)
    monkeypatch.setenv("JOURNAL", str(tmp_path / "another.journal"))
    restore(path, target, app.clock)
    again = Store.open(os.environ.get("DATABASE_URL") or target / "publisher.db")
    assert held_by(again) == RESTORED
    with again.write() as conn:
        assert subscribers.ensure_list(conn, "new") > 10**15  # and no number of the lost time is given again


def test_once_released_it_goes_on_as_ever(app, target, tmp_path):
    restore(backup_of(app, tmp_path), target, app.clock)
    again = App.open(target, app.clock)
    with again.store.write() as conn:
        facts.release_everything(conn)
    keep_mark(again.store, again.clock)
    assert held_by(App.open(target, app.clock).store) == ""


# --- numbers that the lost time gave ----------------------------------------------------------------------------------


class OurCommand:
    """`publisher backup` and `publisher restore`."""

    def __init__(self, app: App, folder) -> None:
        self._path = folder / "backup.tar.gz"
        back_up(app, self._path)

    def put_back(self, folder, clock) -> None:
        restore(self._path, folder, clock)


class OtherMeans:
    """A copy that knows nothing of us, as a snapshot or PostgreSQL's own programs make it."""

    def __init__(self, app: App, folder) -> None:
        self._folder, self._copy, url = app.folder, folder / "copy", app.settings.database_url
        copying.copy_database(url, self._copy) if url else copying.copy_file(app.folder / DATABASE, self._copy)

    def put_back(self, folder, clock) -> None:
        for name in (FILE, "keys.json"):
            shutil.copy(self._folder / name, folder)
        if url := os.environ.get("DATABASE_URL"):
            copying.load_database(self._copy, url)
        else:
            shutil.copy(self._copy, folder / DATABASE)


def letter_to(app: App, email: str) -> Recipient:
    """Let somebody join, and send them a letter; return what it knows of them."""
    put(app, email)
    add_send(app.store, add_edition(app.store, slot=email))
    mine = dataclasses.replace(desk(app.store, app.clock), introduce=app.sending.introduce)
    claimed = dispatch.claim(app.store, mine, "letters", 10)
    assert dispatch.begin(app.store, mine, claimed)
    record_answer(app.store, mine, claimed, Answer(Verdict(Outcome.SENT)))
    return next(each for each in claimed.call.recipients if each.address == email)


def an_hour_goes_by(app: App) -> None:
    app.clock.advance(timedelta(hours=1))
    keep_mark(app.store, app.clock)
    app.store.close()


@pytest.mark.parametrize("means", [OurCommand, OtherMeans])
def test_an_old_link_and_a_late_bounce_of_the_lost_time_meet_no_other_reader(app, places, tmp_path, means):
    """However often the same backup is put back: what each of the restored ledgers gave is lost with it, too."""
    put(app, "ada@example.org")
    backup = means(app, tmp_path)
    lost = [letter_to(app, "bob@example.org")]
    for number, email in enumerate(("cleo@example.org", "eve@example.org"), 1):
        an_hour_goes_by(app)
        folder = places(f"restored_{number}")
        backup.put_back(folder, app.clock)
        app = App.open(folder, app.clock)
        assert held_by(app.store) == RESTORED
        with app.store.write() as conn:
            facts.release_everything(conn)
        lost.append(letter_to(app, email))
    eves = lost.pop()
    for each in lost:
        assert preferences.leave(app.store, token_of(each), app.link_key, how="a link", now=app.clock()) is None
        assert bounce(app, each) == "foreign"
        assert bounce(app, each, each.address) == "new"  # the provider says whose it is: they are left alone
    with app.store.read() as conn:
        eve = subscribers.find(conn, app.hash_of("eve@example.org"))
        assert subscribers.subscription(conn, eve.id, 1)["state"] == "confirmed"
        assert suppressions.of(conn, app.hash_of("eve@example.org")) == []
        assert suppressions.of(conn, app.hash_of("bob@example.org"))
        assert events.about(conn, [eves.delivery_id])[eves.delivery_id].state == "sent"
    assert preferences.leave(app.store, token_of(eves), app.link_key, how="a link", now=app.clock())
    assert bounce(app, eves) == "new"


def token_of(reader: Recipient) -> str:
    return reader.values["unsubscribe_url"].rpartition("/")[2]


def bounce(app: App, reader: Recipient, address: str = "") -> str:
    """Let a provider say late that a letter bounced; return what was made of it."""
    event = Event(EventKind.HARD_BOUNCE, f"{reader.reference} {address}", app.clock(), address=address)
    said = [(app.number_of("d", reader.reference), event)]
    return hear.record(app.store, "letters", said, now=app.clock(), hash_of=app.hash_of)[0]
