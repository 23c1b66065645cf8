"""`publisher withdraw` killed anywhere: every post is gone in the end, and the books balance."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from publisher.app import App
from publisher.store import sends, withdrawals
from publisher.testing import FakeProvider, Fault
from tests.command import Command
from tests.project import SECRETS, ProjectDir, environment
from tests.unit.app.project import edit

CHANNELS = """\
  mastodon:
    sender: mastodon
    instance: {mastodon}
    token: mastodon-t0ken
  discord:
    sender: discord
    base_url: {discord}
    webhook: https://discord.com/api/webhooks/4711/discord-t0ken
  hook:
    sender: webhook
    url: {webhook}
    secret: ${{WEBHOOK_SECRET}}
schedules:
"""
SEND = """\
      - {via: mastodon, template: social/thread.txt}
      - {via: discord, template: social/thread.txt}
      - {via: hook}
"""
NAMES = ("mastodon", "discord", "webhook")
KILLS = 4
SLOW = Fault(accept=True, delay=0.05)  # so that a kill meets calls under way
FAULTS = (SLOW, Fault.too_many("1"), Fault.server_error(), Fault.dropped_after(), Fault.dropped_before())


@pytest.fixture
def networks() -> Iterator[dict[str, FakeProvider]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(FakeProvider(name)) for name in NAMES}


def project_of(folder, networks: dict[str, FakeProvider]) -> ProjectDir:
    made = ProjectDir(folder, "http://127.0.0.1:9", secrets=f"{SECRETS}PUBLISHER_UNKNOWN_RETRY=1s\n", backfill=6)
    urls = {name: network.url for name, network in networks.items()}
    edit(folder, ("schedules:\n", CHANNELS.format(**urls)), ("      - {via: letters, to: daily}\n", SEND))
    networks["mastodon"].dialect.limit = 5_000
    return made


def removed(networks: dict[str, FakeProvider]) -> int:
    return sum(request.method == "DELETE" for network in networks.values() for request in network.requests)


@pytest.mark.parametrize("seed", range(4, 6))  # at the last kill a deletion is being said again
def test_a_withdrawal_that_is_killed_anywhere_is_carried_to_its_end(tmp_path, networks, seed):
    dice = random.Random(seed)
    project = project_of(tmp_path, networks)
    project.publish(6)
    project.publisher("send", "morning", "--yes")
    assert len(networks["mastodon"].dialect.standing()) > 2
    for _ in range(KILLS):
        for network in networks.values():
            network.fails(*[dice.choice(FAULTS) for _ in range(3)])
        enough, end = removed(networks) + dice.randrange(3), time.monotonic() + 10
        with (tmp_path / "out").open("ab") as out:
            words = ["withdraw", "morning", "--yes"]
            process = Command(words, cwd=tmp_path, env=environment(), stdout=out, stderr=out)
            while process.poll() is None and removed(networks) < enough and time.monotonic() < end:
                time.sleep(0.005)
            time.sleep(dice.random() * 0.3)
            process.send_signal(signal.SIGKILL)
            process.wait()
    for network in networks.values():
        network.recovers()
    said = project.publisher("withdraw", "morning", "--yes")
    assert {name: networks[name].dialect.standing() for name in NAMES} == {name: [] for name in NAMES}
    assert said.count(": taken down") == 3
    assert "the books balance" in project.publisher("verify")
    with App.open(tmp_path).store.read() as conn:
        made = withdrawals.removals(conn, 1)
        states = [row["state"] for row in sends.of_edition(conn, 1) if row["kind"] == "regular"]
    assert [each.number for each in made] == [1, 1, 1]  # each post has one send, however often it was killed
    assert states == ["done"] * 3


def test_what_a_killed_withdrawal_left_is_carried_on_by_a_run(tmp_path, networks):
    project = project_of(tmp_path, networks)
    project.publisher("send", "morning", "--yes")
    for network in networks.values():
        network.fails(*[Fault(accept=True, delay=2.0)] * 2)
    with (tmp_path / "out").open("ab") as out:
        words = ["withdraw", "morning", "--yes"]
        process = Command(words, cwd=tmp_path, env=environment(), stdout=out, stderr=out)
        end = time.monotonic() + 30
        while not removed(networks) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert networks["mastodon"].dialect.standing()
        running = Command(["run", "--port", "0"], cwd=tmp_path, env=environment(), stdout=out, stderr=out)
        try:
            while any(network.dialect.standing() for network in networks.values()) and time.monotonic() < end + 60:
                time.sleep(0.05)
        finally:
            running.kill()
            running.wait()
    assert {name: networks[name].dialect.standing() for name in NAMES} == {name: [] for name in NAMES}
