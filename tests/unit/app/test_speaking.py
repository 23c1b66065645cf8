"""Webhooks as they are told: at least once under one id, retried, left alone, paused, ended; nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from threading import Event

import pytest
import structlog
from standardwebhooks import Webhook

from publisher.app import App, hooks, speaking
from publisher.app.speaking import LEASE, Speaker
from publisher.app.trouble import all_in
from publisher.clock import now
from publisher.model.hook import FAILS_FOR, RETRIES, HookKind, next_try, rest
from publisher.store import hook_messages, outbox
from publisher.store import hooks as ledger
from tests.ledger import NOW, Clock
from tests.receiver import receiving
from tests.unit.app.project import open_app

K = HookKind


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def app(tmp_path) -> App:
    return open_app(tmp_path, Clock(NOW))


@pytest.fixture
def hook(app, receiver):
    return hooks.add(app, receiver.address, allow_private=True)


def tell(app: App, count: int = 1) -> None:
    with app.store.write() as conn:
        for number in range(count):
            outbox.tell(conn, K.EDITION_CLOSED, {"edition": number, "schedule": "früh"}, app.clock())


def speak(app: App) -> None:
    """Say what is due, and wait until it is said."""
    speaker = Speaker(app)
    speaker.speak()
    until = time.monotonic() + 10
    while speaker.is_busy and time.monotonic() < until:
        time.sleep(0.005)
    assert not speaker.is_busy


def states(app: App, hook_id: int = 1) -> list[str]:
    with app.store.read() as conn:
        return [row["state"] for row in reversed(hook_messages.latest(conn, hook_id))]


def row(app: App, hook_id: int = 1) -> ledger.Hook:
    with app.store.read() as conn:
        found = ledger.get(conn, hook_id)
    assert found is not None
    return found


def test_what_happened_is_said_signed_with_the_secret_that_was_shown(app, receiver, hook):
    tell(app)
    speak(app)
    ((headers, body),) = receiver.heard
    assert json.loads(body) == {
        "type": "edition.closed",
        "timestamp": NOW.isoformat(),
        "data": {"edition": 0, "schedule": "früh"},
    }
    signed_at = int(headers["webhook-timestamp"])
    assert signed_at == int(app.clock().timestamp())
    signature = Webhook(hook[1]).sign(headers["webhook-id"], NOW, body.decode())
    assert headers["webhook-signature"] == signature
    assert states(app) == ["said"]


def test_what_is_not_taken_is_said_again_under_the_same_id_with_the_same_bytes(app, receiver, hook):
    receiver.status = 500
    tell(app)
    speak(app)
    speak(app)  # not yet due
    assert (len(receiver.heard), states(app)) == (1, ["waiting"])
    receiver.status = 200
    app.clock.advance(timedelta(seconds=6))
    speak(app)
    (first, body), (second, again) = receiver.heard
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    with app.store.read() as conn:
        assert [each["status"] for each in hook_messages.tries_of(conn, 1)] == [500, 200]
    assert (states(app), row(app).failures) == (["said"], 0)


def test_after_the_last_try_it_is_given_up_and_can_be_said_again(app, receiver, hook):
    receiver.status = 500
    tell(app)
    for wait in (timedelta(), *RETRIES):
        app.clock.advance(wait * 1.2 + timedelta(minutes=5))
        speak(app)
    assert (len(receiver.heard), states(app)) == (len(RETRIES) + 1, ["given up"])
    receiver.status = 200
    app.clock.advance(timedelta(hours=1))
    assert hooks.again(app, 1) == 1
    speak(app)
    assert (states(app), len(set(receiver.ids))) == (["said"], 1)


def test_the_waits_between_tries():
    assert next_try(len(RETRIES) + 1, NOW) is None
    for tries, wait in enumerate(RETRIES, start=1):
        assert wait * 0.9 <= next_try(tries, NOW) - NOW <= wait * 1.1
    assert next_try(1, NOW, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)
    assert [rest(failures, NOW) for failures in (1, 2)] == [None, None]
    assert rest(3, NOW) == NOW + timedelta(seconds=5)
    assert rest(99, NOW) == NOW + timedelta(minutes=5)


def test_whoever_says_when_to_come_again_is_left_alone_until_then(app, receiver, hook):
    receiver.status, receiver.headers = 429, {"Retry-After": "600"}
    tell(app, 2)
    speak(app)
    heard = len(receiver.heard)
    app.clock.advance(timedelta(minutes=9))
    speak(app)
    assert len(receiver.heard) == heard
    receiver.status = 200
    app.clock.advance(timedelta(minutes=3))
    speak(app)
    assert states(app) == ["said", "said"]


def test_whoever_is_gone_is_told_nothing_any_more(app, receiver, hook):
    receiver.status = 410
    tell(app)
    speak(app)
    assert (row(app).state, row(app).secrets) == ("ended", (None, None))
    with app.store.read() as conn:
        (found,) = [each for each in all_in(conn, app.project, app.clock(), None) if each.kind == "hook"]
    assert "410" in found.what


def test_one_that_takes_nothing_for_five_days_is_paused_and_a_person_is_told(app, receiver, hook):
    receiver.status = 503
    tell(app)
    speak(app)
    app.clock.advance(FAILS_FOR)
    tell(app)
    speak(app)
    assert (row(app).state, row(app).paused_by) == ("paused", "publisher")
    with app.store.read() as conn:
        (found,) = [each for each in all_in(conn, app.project, app.clock(), None) if each.kind == "hook"]
    assert "publisher hooks resume 1" in found.command
    assert not found.urgent
    receiver.status = 200
    hooks.resume(app, 1)
    app.clock.advance(timedelta(hours=1))
    speak(app)
    assert set(states(app)) == {"said"}


def test_both_secrets_sign_for_a_day(app, receiver, hook):
    second = hooks.rotate(app, 1)
    for hours, secrets in ((0, [second, hook[1]]), (25, [second])):
        app.clock.advance(timedelta(hours=hours))
        tell(app)
        speak(app)
        headers, body = receiver.heard[-1]
        at = app.clock()
        assert headers["webhook-signature"].split() == [
            Webhook(secret).sign(headers["webhook-id"], at, body.decode()) for secret in secrets
        ]


def test_one_that_hangs_delays_no_other(app, receiver, hook):
    with receiving() as slow:
        ended = Event()

        def hang(request):
            request.close_connection = True
            ended.wait(10)

        slow.answer = hang
        hooks.add(app, slow.address, allow_private=True)
        tell(app, 3)
        speaker = Speaker(app)
        speaker.speak()
        until = time.monotonic() + 5
        while len(receiver.heard) < 3 and time.monotonic() < until:
            time.sleep(0.01)
        assert (len(receiver.heard), speaker.is_busy) == (3, True)
        ended.set()
        while speaker.is_busy:
            time.sleep(0.01)


def test_two_processes_say_nothing_twice(app, receiver, hook):
    tell(app, 40)
    other = App.open(app.folder, app.clock)
    speakers = [Speaker(app), Speaker(other)]
    until = time.monotonic() + 10
    while len(receiver.heard) < 40 and time.monotonic() < until:
        for speaker in speakers:
            speaker.speak()
        time.sleep(0.005)
    while any(speaker.is_busy for speaker in speakers):
        time.sleep(0.005)
    other.store.close()
    assert len(receiver.ids) == len(set(receiver.ids)) == 40


WRITE_AND_SPEAK = """
import sys
from pathlib import Path
from publisher.app import App
from publisher.app.speaking import Speaker
from publisher.model.hook import HookKind
from publisher.store import outbox
app = App.open(Path(sys.argv[1]))
with app.store.write() as conn:
    for number in range(2):
        outbox.tell(conn, HookKind.EDITION_CLOSED, {"edition": number}, app.clock())
Speaker(app).speak()
sys.stdin.read()
"""


def test_who_is_killed_between_writing_and_the_answer_loses_nothing(app, receiver, hook):
    """Of two messages one was heard, and that not written down yet; the other was only written."""
    came = Event()

    def hang(request):
        request.close_connection = True
        came.wait(20)

    receiver.answer = hang
    command = [sys.executable, "-c", WRITE_AND_SPEAK, str(app.folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    until = time.monotonic() + 30
    while not receiver.heard and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    came.set()
    receiver.answer = None
    app.clock.moment = now() + LEASE
    speak(app)
    assert states(app) == ["said", "said"]
    assert sorted(Counter(receiver.ids).values()) == [1, 2]


def test_a_machine_whose_clock_is_ahead_does_not_say_what_another_has_under_its_lease(app, receiver, hook):
    tell(app)
    with app.store.write() as conn:
        assert hook_messages.claim(conn, 1, now=NOW, lease=LEASE, limit=1)
    other = App.open(app.folder, app.clock)
    other.clock = Clock(NOW + 2 * LEASE)  # its own; the ledger's is as it was
    speak(other)
    assert receiver.heard == []


def test_no_secret_reaches_a_log_or_the_ledger_in_clear(app, receiver, hook):
    canary = "canary-of-the-path"
    secret = hooks.rotate(app, 1)
    hooks.add(app, receiver.address + f"/{canary}", allow_private=True)
    receiver.status, receiver.words = 500, secret.encode()
    tell(app)
    with structlog.testing.capture_logs() as lines:
        speak(app)
    assert {line["event"] for line in lines} == {"webhook_not_taken"}
    kept = (app.folder / "publisher.db").read_bytes() + (app.folder / "publisher.db-wal").read_bytes()
    for word in (hook[1], hook[1][6:], canary):
        assert word not in repr(lines)
    assert hook[1][6:].encode() not in kept
    assert secret not in repr(row(app))


def test_a_secret_that_cant_be_read_is_a_try_that_failed(app, receiver, hook):
    with app.store.write() as conn:
        sealed = row(app).secrets[0]
        ledger.keep_secret(conn, 1, type(sealed)("99", sealed.content), None, None)
    tell(app)
    speak(app)
    assert (receiver.heard, states(app)) == ([], ["waiting"])


def test_one_that_is_too_far_behind_is_paused(app, hook, monkeypatch):
    monkeypatch.setattr(speaking, "MOST", 2)
    tell(app, 2)
    speaking.pause_far_behind(app)
    assert row(app).state == "open"
    tell(app)
    speaking.pause_far_behind(app)
    assert (row(app).state, "more than 2" in row(app).paused_why) == ("paused", True)


def test_what_is_a_month_old_is_dropped(app, receiver, hook):
    tell(app, 3)
    speak(app)
    assert speaking.forget(app) == 0
    app.clock.advance(speaking.KEPT + timedelta(seconds=1))
    assert speaking.forget(app) == 3
    assert states(app) == []
