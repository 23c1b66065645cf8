"""Errors in words: a busy, full, broken, foreign or read-only database; an address that is none."""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
from itertools import takewhile
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from publisher.errors import StoreError
from publisher.store import Store, owner, sqlite
from publisher.store.address import parse, place
from publisher.store.tables import facts
from tests.ledger import add_edition, add_send, books, subscribe


def test_a_locked_database_is_one_line_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    store = Store.create(tmp_path / "ledger.db")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = r"ledger\.db: another process has held the database .* nothing was lost"
    with pytest.raises(StoreError, match=said), store.write():
        pass
    other.close()


def test_a_busy_database_is_waited_for(tmp_path):
    store = Store.create(tmp_path / "ledger.db")
    held = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    held += "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(0.5); c.execute('COMMIT')"
    command = [sys.executable, "-c", held, str(tmp_path / "ledger.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"held\n"
        with store.write() as conn:
            conn.execute(insert(facts).values(name="waited", value="yes"))
        store.submit(lambda conn: conn.execute(insert(facts).values(name="twice", value="yes")))


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path):
    (tmp_path / "ledger.db").write_text("this is a shopping list, and quite a long one at that\n" * 20)
    with pytest.raises(StoreError, match="no database, or a damaged one"):
        Store.create(tmp_path / "ledger.db")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"Check that .* exists"):
        Store.create(tmp_path / "nowhere" / "ledger.db")


def test_a_full_disk_is_said_and_nothing_of_the_write_is_there(tmp_path):
    store = Store.create(tmp_path / "ledger.db")
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    fill(store)
    for write in (store.submit, by_write(store)):
        with pytest.raises(StoreError, match=r"ledger\.db: the disk is full: nothing was written.* Free some space"):
            write(much)
    assert books(store, send) == {"pending": 3}
    with store.read() as conn:
        assert conn.execute(select(facts.c.name).where(facts.c.name == "much")).all() == []
        conn.execute(text("PRAGMA max_page_count = 1000000"))
    assert store.submit(lambda conn: 1) == 1


def much(conn) -> None:
    conn.execute(insert(facts).values(name="little", value="x"))
    conn.execute(insert(facts).values(name="much", value="x" * 1_000_000))


def little(conn) -> None:
    conn.execute(select(facts.c.name))


def by_write(store):
    def write(work) -> None:
        with store.write() as conn:
            work(conn)

    return write


def fill(store) -> None:
    """Let every connection of the ledger find the disk full at its next page."""
    from sqlalchemy import event

    @event.listens_for(store._writers, "begin")
    def _full(conn) -> None:
        conn.exec_driver_sql("PRAGMA max_page_count = 1")


def test_in_a_group_on_a_full_disk_everybody_hears_of_it(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    store = Store.create(tmp_path / "ledger.db")
    fill(store)
    with ThreadPoolExecutor(6) as pool:
        results = [pool.submit(store.submit, much if n % 2 else little) for n in range(6)]
        errors = [each.exception() for each in results]
    assert all(error is None or "the disk is full" in str(error) for error in errors)
    assert all(errors[1::2])


def test_a_disk_that_fails_is_said(tmp_path):
    Store.create(tmp_path / "ledger.db").close()
    done = in_a_child(tmp_path, "store.submit(much)")
    assert "ledger.db: the disk failed while the database was read or written" in done


def in_a_child(folder: Path, statement: str) -> str:
    """Run a statement where no file may grow beyond some size, as on a disk that fails."""
    code = (
        "from pathlib import Path; from publisher.store import Store; from tests.unit.store.test_database import much\n"
        f"store = Store.create(Path({str(folder / 'ledger.db')!r}))\n"
        f"try:\n    {statement}\nexcept Exception as error:\n    print(error)"
    )
    root = Path(__file__).parents[3]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, timeout=60, preexec_fn=limit
    ).stdout


# --- whose database it is ---------------------------------------------------------------------------------------------


@pytest.fixture
def of_another(tmp_path):
    """A ledger that belongs to another user."""
    if os.geteuid() != 0:
        pytest.skip("does not apply: only root can give files away")
    path = tmp_path / "ledger.db"
    Store.create(path).close()
    for each in [tmp_path, *tmp_path.iterdir()]:
        os.chown(each, 1, 1)  # daemon, on every system
    return path


def test_root_does_not_open_the_database_of_another_user_and_leaves_nothing_there(of_another, monkeypatch):
    before = {path: path.stat().st_uid for path in of_another.parent.iterdir()}
    monkeypatch.setattr(sys, "argv", ["/usr/bin/publisher", "send", "morning", "--to", "Ann's list"])
    said = "belongs to the user daemon, and this is root. Type: sudo -u daemon publisher send morning --to 'Ann"
    with pytest.raises(StoreError, match=re.escape(said)):
        Store.create(of_another)
    assert {path: path.stat().st_uid for path in of_another.parent.iterdir()} == before


def test_a_user_who_may_not_write_the_file_is_told_the_line_to_type(of_another):
    code = "import os; from pathlib import Path; from publisher.store.owner import refuse_stranger; os.setuid(2)\n"
    code += f"try:\n    refuse_stranger(Path({str(of_another)!r}))\nexcept Exception as error:\n    print(error)"
    for parent in takewhile(lambda folder: folder != Path(tempfile.gettempdir()), of_another.parents):
        parent.chmod(0o755)  # pytest's own folders are closed to others
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert "belongs to the user daemon, and this is bin. Type: sudo -u daemon publisher" in done.stdout


def test_a_user_without_a_name_is_called_by_number(of_another):
    os.chown(of_another, 54321, 54321)
    with pytest.raises(StoreError, match="sudo -u '#54321' publisher"):
        owner.refuse_stranger(of_another)


def test_a_file_system_that_is_read_only_is_named(tmp_path):
    Store.create(tmp_path / "ledger.db").close()
    options = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(options, capture_output=True, check=False).returncode:
        pytest.skip("does not apply: this user may not mount file systems")
    try:
        with pytest.raises(StoreError, match=r"ledger\.db: the file system is read-only"):
            Store.create(tmp_path / "ledger.db")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


# --- DATABASE_URL -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("nonsense", "this is no address of a database"),
        ("postgresql://ada:s3cret@db:port/ledger", "this is no address of a database"),
        ("mysql://ada:s3cret@db/ledger", "the scheme mysql is not known"),
        ("sqlite:///s3cret.db", "the scheme sqlite is not known"),
        ("postgresql:///ledger", "it names no host"),
        ("postgresql://ada:s3cret@db", "it names no database"),
        ("postgresql://ada:s3cret@db/", "it names no database"),
        ("postgresql://ada:p@s3cret@db/ledger", "the host can't be told from the password"),
    ],
)
def test_an_address_that_is_none_is_one_line_without_the_password(address, what):
    with pytest.raises(StoreError, match=f"^DATABASE_URL: {what}") as said:
        Store.open(address)
    assert "s3cret" not in str(said.value)
    assert "\n" not in str(said.value)


def test_both_usual_schemes_are_understood():
    for scheme in ("postgres", "postgresql"):
        url = parse(f" {scheme}://ada:p%40ss@db.example:6432/ledger?sslmode=require\n")
        assert (url.password, url.host, url.database) == ("p@ss", "db.example", "ledger")
        assert place(url) == "PostgreSQL ledger at db.example:6432"


def test_a_server_that_is_not_there_is_one_line_without_the_password():
    with pytest.raises(StoreError, match=r"PostgreSQL ledger at 127\.0\.0\.1:1: the database can't be reached") as said:
        Store.open("postgresql://ada:s3cret@127.0.0.1:1/ledger")
    assert "s3cret" not in str(said.value)


def test_a_database_or_user_that_is_not_there_is_said(postgresql):
    for database, user, what in (
        ("nowhere", "postgres", "no such database"),
        ("postgres", "nobody", "refused this user"),
    ):
        with pytest.raises(StoreError, match=what):
            Store.open(postgresql.server.get_uri(database).replace("postgres:@", f"{user}:s3cret@"))
