"""An upgrade has the ledger to itself, backs it up, migrates it and says what changed; nothing else migrates one."""

from __future__ import annotations

import os
import tarfile
from contextlib import ExitStack
from itertools import count
from threading import Timer

import pytest
from sqlalchemy import create_engine, text

from publisher.app import App
from publisher.app.operator import Operator
from publisher.app.upgrading import in_words, upgrade
from publisher.errors import StoreError, UpgradeError, UsageError
from publisher.store import Store, facts, migrate, processes
from publisher.store.address import parse
from tests.ledger import NOW, Clock
from tests.project import ProjectDir
from tests.stores import ENGINES, programs

BEFORE = f"{int(migrate.HEAD) - 1:04}"  # the schema of the version before this one
_NUMBERS = count(1)


def no_words(_line: str) -> None:
    """Say nothing."""


@pytest.fixture(params=ENGINES)
def place(request, tmp_path, monkeypatch):
    """A project whose ledger an earlier version made, on each engine: its directory, and where the ledger is."""
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    target = tmp_path / "publisher.db"
    address = f"sqlite:///{target}"
    if request.param == "postgresql":
        target = address = request.getfixturevalue("postgresql").create(f"upgrading_{next(_NUMBERS)}")
        monkeypatch.setenv("DATABASE_URL", target)
        monkeypatch.setenv("JOURNAL", str(tmp_path / "publisher.journal"))
        monkeypatch.setenv("PATH", f"{programs()}{os.pathsep}{os.environ['PATH']}")
    engine = create_engine(parse(address) if request.param == "postgresql" else address)
    migrate.migrate_to(engine, BEFORE)
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO facts (name, value) VALUES ('mine', 'kept')"))
    engine.dispose()
    return tmp_path, target


def test_it_backs_up_migrates_counts_and_says_what_changed(place, tmp_path):
    folder, _ = place
    path, said = tmp_path / "before.tar.gz", []
    done = upgrade(folder, Clock(NOW), path, said.append)
    assert [step.number for step in done.steps] == [migrate.HEAD]
    lines = in_words(done)
    assert f"  {migrate.HEAD}  {done.steps[0].words}" in lines
    assert lines[-2:] == [f"the ledger as it was: {path}", "0 sends counted: the books balance"]
    with tarfile.open(path) as archive:
        assert f'"schema": "{BEFORE}"' in archive.extractfile("manifest.json").read().decode()
    store = App.open(folder, Clock(NOW)).store
    with store.read() as conn:
        assert conn.execute(text("SELECT value FROM facts WHERE name = 'mine'")).scalar_one() == "kept"
        assert facts.program(conn)
    again = upgrade(folder, Clock(NOW), path, said.append)
    assert (again.steps, again.backup) == ((), None)
    assert "there was nothing to migrate" in in_words(again)[-1]


@pytest.mark.parametrize("opened", [App.open, Operator.open], ids=["app", "operator"])
def test_nobody_else_migrates_a_ledger(place, opened):
    folder, target = place
    with pytest.raises(StoreError, match=f"the ledger has schema {BEFORE} of an earlier version.*`publisher upgrade`"):
        opened(folder, Clock(NOW))
    store = Store.open(target, to_upgrade=True)
    assert store.schema() == BEFORE


def test_who_is_at_work_is_waited_for_and_named(place):
    folder, target = place
    other = Store.open(target, to_upgrade=True)
    said = []
    with ExitStack() as stack:
        stack.enter_context(as_of_then(other))
        with pytest.raises(StoreError, match=r"still at work: publisher worker \(pid \d+ on .*nothing was changed"):
            upgrade(folder, Clock(NOW), None, no_words, patience=0)
        assert other.schema() == BEFORE
        ends = Timer(0.3, stack.close)  # as a worker that finishes its calls
        ends.start()
        assert upgrade(folder, Clock(NOW), None, said.append).steps
        ends.join()
    assert said[0].startswith("waits until they have ended: publisher worker (pid ")


def as_of_then(store):
    """Be a worker of the version before, which is at work on its own schema."""
    return processes.registered(store, "worker", NOW)


def test_of_two_upgrades_the_second_leaves_it_to_the_first(place):
    folder, target = place
    first = Store.open(target, to_upgrade=True)
    with (
        processes.upgrading(first, NOW),
        pytest.raises(StoreError, match=r"publisher upgrade \(pid \d+ on .*\) is at it already"),
    ):
        upgrade(folder, Clock(NOW), None, no_words)
    assert first.schema() == BEFORE


def test_a_backup_that_fails_leaves_the_ledger_as_it_was(place, tmp_path):
    folder, target = place
    path = tmp_path / "there.tar.gz"
    path.write_text("another one")
    with pytest.raises(UsageError, match="overwrites nothing"):
        upgrade(folder, Clock(NOW), path, no_words)
    store = Store.open(target, to_upgrade=True)
    assert (store.schema(), processes.living(store)) == (BEFORE, [])


def test_without_a_ledger_there_is_nothing_to_upgrade(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(UsageError, match="there is no ledger yet"):
        upgrade(tmp_path, Clock(NOW), None, no_words)
    assert not (tmp_path / "publisher.db").exists()


def test_whoever_is_at_work_sees_an_upgrade_and_a_schema_of_another_version(store):
    assert processes.upgraded(store) is None
    with processes.upgrading(store, NOW):
        assert "is being upgraded by publisher upgrade (pid" in str(processes.upgraded(store))
        with (
            pytest.raises(UpgradeError, match="Start again when that is done"),
            processes.at_work(store, "worker", NOW),
        ):
            pytest.fail("it began")
    assert processes.upgraded(store) is None
    try:
        for other in ("9999", BEFORE):
            stamp(store, other)
            assert f"has schema {other} by now, and this version" in str(processes.upgraded(store))
    finally:
        stamp(store, migrate.HEAD)


def test_a_command_that_is_not_waited_for_writes_nothing_once_an_upgrade_has_begun(target, tmp_path, monkeypatch):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    if isinstance(target, str):
        monkeypatch.setenv("DATABASE_URL", target)
        monkeypatch.setenv("JOURNAL", str(tmp_path / "publisher.journal"))
    operator, other = Operator.open(tmp_path, Clock(NOW)), Store.open(target)
    note(operator.store)
    with processes.upgrading(other, NOW), pytest.raises(UpgradeError, match=r"is being upgraded by publisher upgrade"):
        note(operator.store)
    note(operator.store)
    with processes.at_work(operator.store, "send", NOW), processes.upgrading(other, NOW):
        note(operator.store)  # it is waited for
    operator = Operator.open(tmp_path, Clock(NOW))
    try:
        stamp(other, BEFORE)
        with pytest.raises(UpgradeError, match=f"has schema {BEFORE} by now"):
            operator.store.submit(lambda conn: facts.note_program(conn, "1"))
    finally:
        stamp(other, migrate.HEAD)


def note(store) -> None:
    with store.write() as conn:
        facts.note_program(conn, "1")


def stamp(store, number: str) -> None:
    with store.write() as conn:
        conn.execute(text(f"UPDATE alembic_version SET version_num = '{number}'"))
