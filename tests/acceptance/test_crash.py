"""`publisher run` killed in mid-send and started again: nobody lost, nobody written to twice, the doubtful named."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import contextmanager

from publisher.app import App
from publisher.model.project import Channel
from publisher.store import log, sends
from publisher.testing import FakeProvider, Fault
from tests.command import Command
from tests.project import WEBHOOK, ProjectDir, environment

READERS = 250
KILLS = 3


@contextmanager
def running(project: ProjectDir):
    """A `publisher run` of the project; killed if the block leaves it alive."""
    with (project.folder / "run.log").open("ab") as out:
        process = Command(["run", "--port", "0"], cwd=project.folder, env=environment(), stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for(condition, what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def states(app: App) -> Counter[str]:
    with app.store.read() as conn:
        return Counter(row["state"] for row in log.find(conn, log.Filter(limit=10_000)))


def is_settled(app: App) -> bool:
    found = states(app)
    return bool(found) and not found["pending"] and not found["taken"]


def test_a_run_that_is_killed_and_started_again_loses_nobody_and_doubles_nobody(tmp_path):
    with FakeProvider("webhook") as provider:
        project = ProjectDir(tmp_path, provider.url, channel=WEBHOOK, when="every: 2s", backfill=3)
        project.subscribe(READERS)
        for kill in range(KILLS):
            already = len(provider.accepted)
            # The first request after the start is slow, so that the kill meets calls under way.
            provider.fails(Fault.slow(0.3))
            with running(project) as process:
                wait_for(lambda enough=already + 15 + 10 * kill: len(provider.accepted) >= enough, "some accepted")
                process.send_signal(signal.SIGKILL)
        app = App.open(tmp_path)
        with running(project):
            wait_for(lambda: is_settled(app), "the books to settle")

        assert max(Counter(provider.addresses()).values()) == 1
        found = states(app)
        assert sum(found.values()) == READERS
        assert set(found) <= {"sent", "unknown"}
        most = KILLS * Channel("letters", "").at_once
        assert found["unknown"] <= most, "in doubt are the calls under way at a kill, and no others"
        with app.store.read() as conn:
            rows = log.find(conn, log.Filter(limit=10_000))
            assert sends.imbalance(conn, rows[0]["send_id"]) == ""
        accepted = set(provider.addresses())
        assert {row["to"] for row in rows if row["state"] == "sent"} <= accepted
        assert accepted <= {row["to"] for row in rows}
        assert all(row["reason"] for row in rows if row["state"] == "unknown")


def test_a_slot_that_comes_while_running_is_sent_without_anyone_asking(tmp_path):
    with FakeProvider("webhook") as provider:
        project = ProjectDir(tmp_path, provider.url, channel=WEBHOOK, when="every: 2s", backfill=3)
        project.subscribe(1)
        with running(project):
            wait_for(lambda: len(provider.accepted) == 1, "the first edition")
            project.publish(4)
            wait_for(lambda: len(provider.accepted) == 2, "the edition with the new story")
            time.sleep(3)  # more slots pass, with nothing new
        assert len(provider.accepted) == 2
