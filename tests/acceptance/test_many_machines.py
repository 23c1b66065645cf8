"""Scheduler, workers and web on one PostgreSQL: processes of their own, each in a folder as on a machine of its own."""

from __future__ import annotations

import re
import shutil
import signal
from collections import Counter
from contextlib import ExitStack, contextmanager

import pytest
import requests

from publisher.app import App, versions
from publisher.store import edition_lists
from publisher.testing import FakeProvider
from tests.acceptance.test_crash import is_settled, states, wait_for
from tests.command import Command
from tests.project import WEBHOOK, ProjectDir, environment
from tests.unit.app.project import edit

READERS = 40


@pytest.fixture
def provider():
    with FakeProvider("webhook") as served:
        yield served


@pytest.fixture
def project(tmp_path, provider, postgresql_url):
    return shared_project(tmp_path, provider, postgresql_url)


def shared_project(tmp_path, provider, url: str, more: str = "") -> ProjectDir:
    """Return a project on a ledger that machines share, with more lines of .env."""
    folder = tmp_path / "first"
    folder.mkdir()
    project = ProjectDir(folder, provider.url, channel=WEBHOOK, when="every: 2s", backfill=3)
    with (folder / ".env").open("a") as env:
        env.write(f"DATABASE_URL={url}\nJOURNAL={tmp_path / 'publisher.journal'}\n{more}")
    project.subscribe(READERS)
    return project


def machine(project, name: str):
    """Return the folder of another machine: secrets and keys, and no schedules.yaml."""
    folder = project.folder.parent / name
    folder.mkdir()
    for each in (".env", "keys.json"):
        shutil.copy(project.folder / each, folder / each)
    return folder


@contextmanager
def at_work(folder, *words: str):
    with (folder / f"{words[0]}.log").open("ab") as out:
        process = Command([*words], cwd=folder, env=environment(), stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def said(folder, command: str) -> str:
    return (folder / f"{command}.log").read_text(errors="replace")


def test_the_parts_send_an_edition_together_and_one_may_die(project, provider):
    app = App.open(project.folder)
    with ExitStack() as stack:
        scheduler = stack.enter_context(at_work(project.folder, "scheduler"))
        wait_for(lambda: "slots are fired from here" in said(project.folder, "scheduler"), "the scheduler")
        hosts = [machine(project, name) for name in ("second", "third")]
        workers = [stack.enter_context(at_work(host, "worker")) for host in hosts]
        web_host = machine(project, "fourth")
        web = stack.enter_context(at_work(web_host, "web", "--port", "0"))
        wait_for(lambda: all("works for letters" in said(host, "worker") for host in hosts), "the workers")
        workers[0].send_signal(signal.SIGKILL)
        wait_for(lambda: is_settled(app), "the edition", 90)
        wait_for(lambda: "http://127.0.0.1:" in said(web_host, "web"), "the pages")
        line = next(line for line in said(web_host, "web").splitlines() if "http://" in line)
        page = requests.get(line.partition(": ")[2].split()[0], timeout=10)
        assert (page.status_code, "morning" in page.text) == (200, True)
        for process in (scheduler, workers[1], web):
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
    assert set(states(app)) == {"sent"}
    doubled = {name: count for name, count in Counter(provider.addresses()).items() if count > len(all_of(app))}
    assert not doubled
    project.publisher("verify")


def all_of(app) -> list:
    with app.store.read() as conn:
        return [row for row in edition_lists.latest(conn, limit=100) if row["state"] != "skipped"]


def test_whoever_follows_takes_over_what_the_scheduler_accepts(project):
    with ExitStack() as stack:
        stack.enter_context(at_work(project.folder, "scheduler"))
        wait_for(lambda: "slots are fired from here" in said(project.folder, "scheduler"), "the scheduler")
        host = machine(project, "second")
        stack.enter_context(at_work(host, "worker"))
        wait_for(lambda: "works for letters" in said(host, "worker"), "the worker")
        edit(project.folder, ("at_most: 8", "at_most: 7"))
        wait_for(lambda: "version_followed" in said(host, "worker"), "the new version", 30)


@pytest.mark.parametrize("command", ["scheduler", "worker", "web"])
def test_on_a_ledger_in_a_file_there_are_no_parts(tmp_path, command):
    project = ProjectDir(tmp_path, "http://127.0.0.1:1", channel=WEBHOOK)
    project.subscribe(1)
    words = project.publisher(command, code=2)
    assert "share a ledger on PostgreSQL, and this one is a file. Use `publisher run`" in words


@pytest.mark.parametrize("command", ["run", "scheduler", "worker", "web"])
@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        (
            "",
            2,
            "a ledger that machines share needs a journal that they share. Set JOURNAL to a file that all machines",
        ),
        ("/nowhere/publisher.journal", 1, "the journal can't be written: No such file or directory"),
        ("postgresql://ada:s3cret@127.0.0.1:1/journal", 1, "journal on PostgreSQL journal at 127.0.0.1:1: the journal"),
    ],
)
def test_nobody_begins_without_a_journal_that_outlives_the_database(project, command, place, code, words):
    versions.accepted(App.open(project.folder))
    env = project.folder / ".env"
    env.write_text(re.sub("JOURNAL=.*", f"JOURNAL={place}", env.read_text()))
    said = project.publisher(command, code=code)
    assert words in said
    assert "http://" not in said and "s3cret" not in said


def test_a_worker_before_any_version_holds_says_what_to_start(project, tmp_path):
    (project.folder / "schedules.yaml").unlink()
    words = project.publisher("worker", code=2)
    assert "no version of schedules.yaml holds yet. Start `publisher scheduler` first" in words


def test_each_part_is_seen_at_work(project):
    with at_work(project.folder, "scheduler") as process:

        def is_seen() -> bool:
            found = project.json("status")["processes"]
            return any((each["command"], each["pid"]) == ("scheduler", process.pid) for each in found)

        wait_for(is_seen, "the scheduler in `status`", 30)
