"""What a process that sends has in its hands."""

from __future__ import annotations

from publisher.app import composing
from publisher.store import calls, processes
from tests.ledger import Clock
from tests.unit.app.project import EVENING, open_app
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
