"""Many machines, and something is wrong with one: it is said, nobody is lost, and nobody is written to twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from publisher.app import App
from publisher.store import migrate, project_versions
from publisher.testing import FakeProvider, Fault
from tests.acceptance.test_crash import is_settled, states, wait_for
from tests.acceptance.test_full_disk import fill, small_disk
from tests.acceptance.test_many_machines import READERS, at_work, machine, said, shared_project
from tests.command import Command
from tests.project import environment

QUICK = "PUBLISHER_LEASE=5s\nPUBLISHER_READ_TIMEOUT=3s\nPUBLISHER_MARGIN=1s\nPUBLISHER_UNKNOWN_RETRY=1s\n"
FIRES, WORKS = "slots are fired from here", "works for letters"
CLOCK_OFF = "CLOCK_OFF"  # seconds, in the environment of a process whose machine's clock is off
SITE = f"""\
import os
if off := os.environ.get({CLOCK_OFF!r}):
    from datetime import timedelta
    from publisher import clock
    right = clock.now
    clock.now = lambda: right() + timedelta(seconds=float(off))
"""


@pytest.fixture
def provider():
    with FakeProvider("webhook") as served:
        yield served


@pytest.fixture
def project(tmp_path, provider, postgresql_url):
    return shared_project(tmp_path, provider, postgresql_url, QUICK)


@contextmanager
def clock_off(folder, seconds: int, *words: str):
    """A part of Publisher on a machine whose clock is off."""
    (folder / "sitecustomize.py").write_text(SITE)
    environ = environment() | {CLOCK_OFF: str(seconds)}
    environ["PYTHONPATH"] += os.pathsep + str(folder)
    whole = [sys.executable, "-m", "publisher", *words]
    with (folder / f"{words[0]}.log").open("ab") as out:
        process = subprocess.Popen(whole, cwd=folder, env=environ, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def scheduler_and_worker(folder):
    with at_work(folder, "scheduler") as scheduler:
        wait_for(lambda: FIRES in said(folder, "scheduler"), "the scheduler")  # before that there is nothing to follow
        with at_work(folder, "worker") as worker:
            yield scheduler, worker


def everybody_got_it_once(app, provider) -> None:
    found = states(app)
    assert set(found) == {"sent"}
    each, rest = divmod(found["sent"], READERS)
    assert not rest
    assert Counter(provider.addresses()) == Counter({f"reader{n}@example.org": each for n in range(READERS)})


def test_a_database_that_fails_over_in_mid_claim(project, provider, postgresql, postgresql_url):
    provider.fails(*[Fault.slow(0.3)] * 4)
    with scheduler_and_worker(project.folder) as (_, worker):
        wait_for(lambda: provider.accepted, "the first letters")
        with psycopg.connect(postgresql_url) as held:
            held.execute("LOCK TABLE deliveries IN SHARE MODE")
            waits = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'publisher' AND wait_event_type = 'Lock'"
            wait_for(lambda: postgresql.execute(waits), "a claim to wait")
            postgresql.restart("immediate")
            held.close()
        app = App.open(project.folder)
        wait_for(lambda: is_settled(app), "the books to settle", 90)
        assert worker.poll() is None
    everybody_got_it_once(app, provider)
    assert "Traceback" not in said(project.folder, "worker")
    project.publisher("verify")


def test_clocks_an_hour_off(project, provider):
    """Leases and due times go by the database's clock; a scheduler whose own differs from it fires nothing."""
    app = App.open(project.folder)
    provider.fails(*[Fault.slow(1.5)] * 4)  # calls under way for long enough to be taken over wrongly
    ahead, behind, early = (machine(project, name) for name in ("ahead", "behind", "early"))
    (early / "schedules.yaml").write_text(app.project.text)
    with ExitStack() as stack:
        stack.enter_context(at_work(project.folder, "scheduler"))
        wait_for(lambda: FIRES in said(project.folder, "scheduler"), "the scheduler")
        stack.enter_context(clock_off(ahead, 3600, "worker"))
        wait_for(lambda: WORKS in said(ahead, "worker"), "the worker that makes the edition")
        stack.enter_context(clock_off(behind, -3600, "worker"))
        stack.enter_context(clock_off(early, 3600, "scheduler"))
        wait_for(lambda: is_settled(app), "the books to settle", 90)
        wait_for(lambda: "no slot fires: this machine's clock says" in said(early, "scheduler"), "the doubt")
        for host in (ahead, behind):
            assert "Traceback" not in said(host, "worker")
    everybody_got_it_once(app, provider)


def test_workers_of_an_older_version_finish_their_calls_and_end(project, provider, postgresql, postgresql_url):
    stamp = "UPDATE alembic_version SET version_num = '{}'"
    app = App.open(project.folder)
    provider.fails(*[Fault.slow(1.0)] * 8)
    try:
        with scheduler_and_worker(project.folder) as (scheduler, worker):
            wait_for(lambda: provider.accepted, "calls under way")
            postgresql.execute(stamp.format(9999), postgresql_url)  # as the newer version's upgrade does
            assert [scheduler.wait(60), worker.wait(60)] == [1, 1]
        for part in ("scheduler", "worker"):
            assert f"schema 9999 by now, and this version of Publisher works with {migrate.HEAD}" in said(
                project.folder, part
            )
            assert "Traceback" not in said(project.folder, part)
        assert "schema 9999, which this version doesn't know" in project.publisher("worker", code=1)
    finally:
        postgresql.execute(stamp.format(migrate.HEAD), postgresql_url)
    found = states(app)
    assert not found["taken"] and not found["unknown"]
    assert found["sent"] == len(provider.accepted)


def test_two_schedulers_with_different_files(project, provider):
    """The newer file holds, whoever starts when; the older one is named, and no slot fires twice."""
    text = (project.folder / "schedules.yaml").read_text()
    older, newer = machine(project, "older"), machine(project, "newer")
    (older / "schedules.yaml").write_text(text.replace("at_most: 8", "at_most: 1"))
    os.utime(older / "schedules.yaml", (1_000_000_000, 1_000_000_000))
    with ExitStack() as stack:
        for host in (project.folder, older):
            stack.enter_context(at_work(host, "scheduler"))
            wait_for(lambda host=host: FIRES in said(host, "scheduler"), "a scheduler")
        assert "schedules.yaml here is older than what holds, which goes on" in said(older, "scheduler")
        (newer / "schedules.yaml").write_text(text.replace("at_most: 8", "at_most: 2"))
        stack.enter_context(at_work(newer, "scheduler"))
        for host in (project.folder, older):
            wait_for(lambda host=host: "version_followed" in said(host, "scheduler"), "the newer file", 30)
        stack.enter_context(at_work(project.folder, "worker"))
        app = App.open(project.folder)
        wait_for(lambda: is_settled(app), "an edition", 60)
        with app.store.read() as conn:
            held = [project_versions.get(conn, row["id"])["text"] for row in project_versions.latest(conn)]
    assert ["at_most: 2" in text for text in held] == [True, False]
    everybody_got_it_once(app, provider)


def test_a_full_disk_on_a_workers_host_is_no_hindrance(project, provider, tmp_path):
    """A worker writes nothing there; a scheduler fires no slot, which another does: tests/unit/app/test_room.py."""
    app = App.open(project.folder)
    with small_disk(tmp_path / "disk", "1m") as disk, (tmp_path / "full.log").open("ab") as out, ExitStack() as stack:
        if disk is None:
            pytest.skip("this user may not mount a disk of its own: run it as root")
        full = machine(project, "disk/full")
        fill(disk)
        stack.enter_context(at_work(project.folder, "scheduler"))
        wait_for(lambda: FIRES in said(project.folder, "scheduler"), "the scheduler")
        ill = Command(["worker"], cwd=full, env=environment(), stdout=out, stderr=out)
        stack.callback(ill.kill)
        wait_for(lambda: is_settled(app), "the edition", 60)
        ill.terminate()
        assert ill.wait(60) == 0
    everybody_got_it_once(app, provider)
    assert "duty_failed" not in (tmp_path / "full.log").read_text()
