"""What `run` does beside the schedules."""

from __future__ import annotations

import pytest

from publisher.app import App
from publisher.app.duties import standing_duties
from publisher.store import alerts, channels
from publisher.testing import FakeProvider
from tests.ledger import Clock
from tests.project import ProjectDir


@pytest.fixture
def watchdog():
    with FakeProvider("webhook") as running:
        yield running


@pytest.fixture
def app(tmp_path, watchdog):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text() + "alerts: {heartbeat: '${HEARTBEAT_URL}', every: 2s}\n")
    (tmp_path / ".env").write_text((tmp_path / ".env").read_text() + f"HEARTBEAT_URL={watchdog.url}/ping\n")
    assert project
    return App.open(tmp_path, Clock())


def named(app, name, is_alive=lambda: True):
    return next(duty for duty in standing_duties(app, is_alive) if duty.name == name)


def test_the_heartbeat_stops_when_the_scheduler_stalls(app, watchdog):
    alive = [True]
    heartbeat = named(app, "heartbeat", lambda: alive[0])
    heartbeat.run_once()
    assert [request.path for request in watchdog.requests] == ["/ping"]
    alive[0] = False
    heartbeat.run_once()
    assert len(watchdog.requests) == 1


def test_trouble_in_the_ledger_becomes_an_alert(app):
    with app.store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=app.clock())
    named(app, "watch").run_once()
    with app.store.read() as conn:
        assert [row["cause"] for row in alerts.open_ones(conn)] == ["channel:letters"]


def test_nobody_to_tell_is_no_trouble(app):
    named(app, "alerts").run_once()
