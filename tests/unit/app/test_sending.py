"""What a process that sends has in its hands."""

from __future__ import annotations

from structlog.testing import capture_logs

from publisher.app import App, composing
from publisher.pipeline.operate import stopping
from publisher.store import alerts, calls, processes
from tests.ledger import Clock
from tests.unit.app.project import EVENING, edit, open_app, sends_of
from tests.unit.app.test_slots import subscribe


def with_work(folder, monkeypatch):
    """A project with an edition that is due, on a channel that can be built and reaches nobody."""
    for name in ("MAILGUN_API_KEY", "WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    app = open_app(folder, Clock(EVENING))
    subscribe(app)
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending.advance()
    return app


def test_while_the_clock_is_in_doubt_nothing_is_claimed(tmp_path, monkeypatch):
    app = with_work(tmp_path, monkeypatch)
    dispatch = app.sending.duties().dispatch
    with processes.at_work(app.store, "test", EVENING) as app.process_id:
        app.doubted = True
        assert not dispatch("letters")
        app.doubted = False
        assert dispatch("letters")


def test_one_duty_that_fails_keeps_no_other_from_being_done(tmp_path, monkeypatch):
    app = with_work(tmp_path, monkeypatch)

    def fails(*_):
        raise ValueError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(app.sending, "take_over", fails)
        patched.setattr("publisher.pipeline.settle.pause_without_channel", fails)
        with app.store.write() as conn:
            conn.exec_driver_sql("UPDATE deliveries SET state = 'failed'")
            conn.exec_driver_sql("UPDATE sends SET failed = pending, pending = 0")
        app.sending.advance()
    with app.store.read() as conn:
        assert calls.open_ones(conn) == []
        assert conn.exec_driver_sql("SELECT state FROM sends").scalars().all() == ["done"]


def own_template(folder, text: str) -> None:
    (folder / "templates" / "email").mkdir(parents=True)
    (folder / "templates" / "email" / "own.html").write_text(text)
    edit(folder, ("to: daily}", "to: daily, template: email/own.html}"))


def composed(folder):
    """An app whose edition's messages are still to be made."""
    app = open_app(folder, Clock(EVENING))
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    return app


def alerted(app) -> list[tuple[str, str]]:
    with app.store.read() as conn:
        return [(row["what"], row["command"]) for row in alerts.open_ones(conn)]


def test_a_template_that_wants_all_memory_holds_its_edition_once(tmp_path):
    open_app(tmp_path, Clock(EVENING))
    own_template(tmp_path, "{{ '%1000000000000d' % 1 }}")
    app = App.open(tmp_path, Clock(EVENING))
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    with capture_logs() as logs:
        app.sending.advance()
        app.sending.advance()
    (send,) = sends_of(app, 1)
    assert send["state"] == "held"
    assert send["reasons"][0]["what"].startswith("templates/email/own.html:1: the sandbox forbids this")
    assert not [each for each in logs if each["log_level"] == "error"]


def test_a_fault_while_a_message_is_made_holds_it_with_the_place_and_no_traceback(tmp_path, monkeypatch):
    app = composed(tmp_path)

    def fails(*_):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(app.studio.renderer, "mail", fails)
    with capture_logs() as logs:
        app.sending.advance()
        app.sending.advance()
    (send,) = sends_of(app, 1)
    assert (send["state"], send["reasons"][0]["check"]) == ("held", "fault")
    assert "it can't be made: RuntimeError a fault of ours (test_sending.py:" in send["reasons"][0]["what"]
    assert not [each for each in logs if "exc_info" in each]


def test_an_edition_whose_schedule_no_file_has_is_told_once_and_made_when_it_is_put_back(tmp_path):
    app = composed(tmp_path)
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE editions SET schedule = 'briefing'")
    with capture_logs() as logs:
        app.sending.advance()
        app.sending.advance()
    assert len(logs) == 1
    what = "edition 1 can't be made: edition 1 belongs to the schedule briefing, which no schedules.yaml has"
    assert alerted(app) == [(what, "Put it back, or `publisher cancel 1`")]
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE editions SET schedule = 'morning'")
    app.sending.advance()
    app.sending.advance()
    assert len(sends_of(app, 1)) == 1
    assert alerted(app) == []


def test_the_alert_of_an_edition_that_can_not_be_made_ends_when_it_is_cancelled(tmp_path, monkeypatch):
    app = composed(tmp_path)

    def fails(*_, **__):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("publisher.pipeline.pacing.due_at", fails)
    with capture_logs() as logs:
        app.sending.advance()
        app.sending.advance()
    assert len([each for each in logs if "exc_info" in each]) == 1
    assert alerted(app) == [("edition 1 can't be made: RuntimeError (see the log)", "publisher cancel 1")]
    stopping.cancel_edition(app.store, 1, reason="", now=EVENING)
    app.sending.advance()
    assert alerted(app) == []
