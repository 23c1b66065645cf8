"""What `run` does beside the schedules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App
from publisher.app.doctor import left_behind
from publisher.app.duties import standing_duties
from publisher.store import alerts, channels, credentials
from publisher.testing import FakeProvider
from tests.ledger import Clock, add_edition, add_send
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


def keep_token(app, channel: str) -> None:
    with app.store.write() as conn:
        credentials.lock(conn, channel, "token")
        credentials.keep(conn, channel, "token", credentials.Sealed("1", b"sealed"), now=app.clock())


def has_token(app, channel: str) -> bool:
    with app.store.read() as conn:
        return credentials.get(conn, channel, "token") is not None


def test_what_a_gone_channel_was_given_is_dropped_a_month_later_and_never_before(app):
    forget = named(app, "credentials")
    for channel in ("letters", "gone"):
        keep_token(app, channel)
    app.clock.advance(timedelta(days=90))  # it went after the last renewal: its age says nothing
    forget.run_once()
    app.clock.advance(timedelta(days=29))
    forget.run_once()
    assert has_token(app, "gone")
    app.clock.advance(timedelta(days=2))
    forget.run_once()
    assert (has_token(app, "gone"), has_token(app, "letters")) == (False, True)


def test_a_channel_that_is_put_back_keeps_what_it_was_given(app):
    forget = named(app, "credentials")
    keep_token(app, "letters")
    with app.store.write() as conn:
        credentials.notice_gone(conn, [], app.clock())
    app.clock.advance(timedelta(days=31))
    forget.run_once()
    assert has_token(app, "letters")


def test_what_waits_for_a_gone_channel_keeps_its_credentials(app):
    forget = named(app, "credentials")
    keep_token(app, "gone")
    add_send(app.store, add_edition(app.store), channel="gone")
    for _ in range(2):
        forget.run_once()
        app.clock.advance(timedelta(days=31))
    assert has_token(app, "gone")


def test_the_doctor_names_what_is_kept_of_a_gone_channel(app):
    keep_token(app, "gone")
    keep_token(app, "letters")
    (name,), ((finding,),) = zip(*left_behind(app).items(), strict=True)
    assert (name, finding.level) == ("gone", "note")
    assert "drops them 30 days after" in finding.remedy
