"""Alerts of one machine: whose they are, and who ends them."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from publisher.app import App, machines
from publisher.app.machines import RETIRED_AFTER, Retired
from publisher.config.settings import Settings
from publisher.store import processes
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app

WORDS = {"what": "no slot fires", "affected": "every schedule", "command": "publisher status"}
SHARED = Settings({"DATABASE_URL": "postgresql:"})  # machines may share it; the file beside it is as good for this


class Machine:
    """A process that looks at its machine's clock, on a ledger that others look at too."""

    def __init__(self, folder, monkeypatch, host: str, command: str = "scheduler") -> None:
        self.host, self._monkeypatch, self._stack = host, monkeypatch, ExitStack()
        self._at_home()
        self.app = App.open(folder, Clock(NOW))
        self.app.settings = SHARED
        self.app.process_id = self._stack.enter_context(processes.at_work(self.app.store, command, NOW))

    def finds(self, *, wrong: bool) -> list[str]:
        """Return which machines have an alert once this one has looked."""
        self._at_home()
        if wrong:
            machines.begin(self.app, "clock", **WORDS)
        else:
            machines.end(self.app, "clock")
        return self.open()

    def open(self) -> list[str]:
        return [cause.rpartition(":")[0] for cause in sorted(self.app.open_causes())]

    def end(self) -> None:
        self._stack.close()

    def _at_home(self) -> None:
        self._monkeypatch.setattr(socket, "gethostname", lambda: self.host)


@pytest.fixture
def begin(tmp_path, monkeypatch):
    open_app(tmp_path, Clock(NOW)).store.close()
    begun = []

    def begin(host: str, command: str = "scheduler") -> Machine:
        begun.append(Machine(tmp_path, monkeypatch, host, command))
        return begun[-1]

    yield begin
    for machine in begun:
        machine.end()


def test_two_of_one_name_whose_clocks_differ_dont_take_turns(begin):
    wrong, right = begin("web-1"), begin("web-1")
    assert wrong.finds(wrong=True) == ["clock:web-1"]
    assert right.finds(wrong=False) == ["clock:web-1"]
    assert wrong.finds(wrong=False) == []


def test_two_of_one_name_that_are_wrong_are_one_alert(begin):
    first, second = begin("web-1"), begin("web-1")
    first.finds(wrong=True)
    assert second.finds(wrong=True) == ["clock:web-1"]
    assert first.finds(wrong=False) == []
    assert second.finds(wrong=True) == ["clock:web-1"]


def test_whoever_begins_after_it_ends_what_a_dead_one_left(begin):
    first = begin("web-1")
    first.finds(wrong=True)
    first.end()
    assert begin("web-2").finds(wrong=False) == ["clock:web-1"]
    again = begin("web-1")
    assert again.finds(wrong=True) == ["clock:web-1"]
    assert again.finds(wrong=False) == []


def test_the_alert_of_a_machine_that_is_gone_for_long_is_over(begin):
    lost, other, seconds = begin("web-1"), begin("web-2"), [0.0]
    retired = Retired(other.app, lambda: seconds[0])
    lost.finds(wrong=True)
    for alive, passed, is_open in ((True, RETIRED_AFTER, True), (False, 1.0, True), (False, RETIRED_AFTER, False)):
        if not alive:
            lost.end()
        retired.look()
        seconds[0] += passed
        retired.look()
        assert bool(other.open()) == is_open


def test_a_machine_that_comes_back_in_time_keeps_its_alert(begin):
    lost, other, seconds = begin("web-1"), begin("web-2"), [0.0]
    retired = Retired(other.app, lambda: seconds[0])
    lost.finds(wrong=True)
    lost.end()
    retired.look()
    seconds[0] += RETIRED_AFTER - 1
    back = begin("web-1")
    retired.look()
    back.end()
    seconds[0] += RETIRED_AFTER - 1
    retired.look()
    assert other.open() == ["clock:web-1"]


def test_a_worker_there_keeps_no_alert_about_slots_open(begin):
    lost, other, seconds = begin("web-1"), begin("web-2"), [0.0]
    retired = Retired(other.app, lambda: seconds[0])
    lost.finds(wrong=True)
    lost.end()
    begin("web-1", "worker")
    retired.look()
    seconds[0] += RETIRED_AFTER
    retired.look()
    assert other.open() == []


def test_on_a_ledger_in_a_file_there_is_one_machine(tmp_path):
    app = open_app(tmp_path, Clock(NOW))
    machines.begin(app, "clock", **WORDS)
    assert app.open_causes() == {"clock"}
    Retired(app).look()
    machines.end(app, "clock")
    assert app.open_causes() == set()
