"""What systemd hears, at a real socket: that we are ready, that we live while that is true, and that we end."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from threading import Event

import pytest

from publisher.runtime.duty import STANDS_STILL, Duty
from publisher.runtime.embedded import RECOVERS_WITHIN, Embedded
from publisher.runtime.notify import Notifier


@pytest.fixture(params=["file", "abstract"])
def systemd(request, tmp_path):
    """The socket at which systemd listens, and the environment in which it names it."""
    name = str(tmp_path / "notify") if request.param == "file" else f"\0publisher-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name)
        listening.settimeout(10)
        environ = {"NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "90000000"}
        yield listening, environ


def test_it_hears_that_we_are_ready_and_that_we_end(systemd):
    listening, environ = systemd
    notifier = Notifier(environ)
    notifier.ready("Harbor Gazette")
    notifier.ending()
    assert listening.recv(200) == b"READY=1\nSTATUS=Harbor Gazette"
    assert listening.recv(200).startswith(b"STOPPING=1\n")


def test_it_hears_that_we_live_only_while_every_part_does(systemd):
    listening, environ = systemd
    parts = {"scheduler": True, "web": True}
    signs = [(name, lambda name=name: parts[name]) for name in parts]
    notifier = Notifier(environ)
    notifier.look(signs)
    assert listening.recv(200) == b"WATCHDOG=1"
    parts["web"] = False
    notifier.look(signs)
    assert listening.recv(200) == b"STATUS=stands still: web"


def test_it_is_told_three_times_within_its_patience(systemd):
    listening, environ = systemd
    assert Notifier(environ).every == timedelta(seconds=30)
    watchdog = Notifier(environ | {"WATCHDOG_USEC": "30000"}).watch([])
    watchdog.start()
    assert listening.recv(200) == b"WATCHDOG=1"
    watchdog.stop()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "90000000"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "0"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "1"},
    ],
)
def test_whoever_does_not_ask_is_not_told(environ):
    notifier = Notifier(environ)
    assert notifier.watch([]) is None
    notifier.ready()  # nobody listens: that is no trouble


def test_a_duty_that_only_fails_lives_and_one_that_hangs_does_not(monkeypatch):
    held, begun = Event(), Event()

    def fail() -> None:
        raise ZeroDivisionError

    def hang() -> None:
        begun.set()
        held.wait(30)

    failing, hanging = Duty("failing", fail), Duty("hanging", hang)
    for duty in (failing, hanging):
        duty.start()
        duty.wake()
    assert begun.wait(10)
    hanging.turned_at -= STANDS_STILL + 1
    failing.run_once()
    assert (failing.is_turning(), hanging.is_turning()) == (True, False)
    held.set()
    for duty in (failing, hanging):
        duty.stop()
        assert not duty.is_turning()


class Duties:
    """What an engine drives: nothing, or what hangs."""

    def __init__(self) -> None:
        self.ending = Event()
        self.hangs = Event()
        self.hung = Event()

    def channels(self):
        return {}

    def advance(self) -> bool:
        return False

    def recover(self) -> bool:
        if self.hangs.is_set():
            self.hung.set()
            self.ending.wait(30)
        return False


def test_an_engine_lives_while_its_threads_come_round():
    duties = Duties()
    engine = Embedded(duties)
    assert not engine.is_turning()  # not begun
    engine.start()
    assert engine.is_turning()
    duties.hangs.set()
    assert duties.hung.wait(10)
    assert engine.is_turning()  # it takes long, so far
    engine._turned["recover"] -= RECOVERS_WITHIN + 1
    assert not engine.is_turning()
    engine.stop()
    assert not engine.is_turning()
