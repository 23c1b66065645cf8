"""The commands on either store: PostgreSQL by DATABASE_URL, one `run` on a SQLite file."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from publisher.store import Store, log
from publisher.testing import FakeProvider
from tests.acceptance.test_crash import running, wait_for
from tests.project import ProjectDir


@pytest.fixture
def provider():
    with FakeProvider("mailgun") as served:
        yield served


@pytest.fixture
def project(tmp_path, provider):
    return ProjectDir(tmp_path, provider.url)


def set_url(project, url: str) -> None:
    with (project.folder / ".env").open("a") as env:
        env.write(f"DATABASE_URL={url}\nJOURNAL=publisher.journal\n")


def test_with_database_url_the_ledger_is_on_postgresql_and_there_is_no_file(project, provider, postgresql_url):
    set_url(project, postgresql_url)
    project.subscribe(5)
    project.publisher("send", "morning", "--yes")
    project.publisher("send", "morning", "--yes")
    assert Counter(provider.addresses()) == {f"reader{n}@example.org": 1 for n in range(5)}
    assert not list(project.folder.glob("publisher.db*"))
    store = Store.open(postgresql_url)
    with store.read() as conn:
        assert Counter(row["state"] for row in log.find(conn, log.Filter())) == {"sent": 5}
    store.close()


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("postgres://ada:s3cret@127.0.0.1:1/ledger", "PostgreSQL ledger at 127.0.0.1:1: the database can't be reached"),
        ("postgres://ada:s3cret@127.0.0.1", "DATABASE_URL: it names no database"),
        ("mysql://ada:s3cret@127.0.0.1/ledger", "DATABASE_URL: the scheme mysql is not known"),
    ],
)
def test_a_wrong_database_url_is_one_line_without_the_password(project, url, what):
    set_url(project, url)
    said = project.publisher("editions", code=1)
    assert said.startswith(what)
    assert "s3cret" not in said
    assert said.count("\n") == 1


def test_a_second_run_on_one_file_refuses_at_once_and_names_the_first(project):
    with running(project) as first:
        lock = project.folder / "publisher.db.locks" / "run"
        wait_for(lambda: lock.exists() and lock.read_text(), "the first run")
        said = project.publisher("run", "--port", "0", code=1)
        assert f"`publisher run` is at work on this ledger already: pid {first.pid} on " in said
        assert first.poll() is None


def test_a_command_as_root_on_the_database_of_another_user_prints_the_line_to_type(project):
    if os.geteuid() != 0:
        pytest.skip("does not apply: only root can give files away")
    project.subscribe(1)
    os.chown(project.folder / "publisher.db", 1, 1)
    (project.folder / "keys.json").chmod(0o600)
    said = project.publisher("send", "morning", "--yes", code=1)
    assert "Type: sudo -u daemon publisher send morning --yes\n" in said
