"""What is old goes in the night, and never while letters are on their way; `publisher prune` does it at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from publisher.app import App, handling
from publisher.app.keeping import Nightly, sealer_of
from publisher.app.verification import verify_books
from publisher.audience import imports
from publisher.cli.commands import cli
from publisher.errors import EndedError
from publisher.model.call import Answer, Outcome, Scope, Verdict
from publisher.pipeline import dispatch, settle
from publisher.pipeline.dispatch.answer import record_answer
from publisher.store import tables
from tests.ledger import NOW, Clock, add_edition, add_send, desk
from tests.project import ProjectDir

SENT = Verdict(Outcome.SENT)
NIGHT = datetime(2029, 6, 1, 2, 30, tzinfo=UTC)


@pytest.fixture
def app(tmp_path):
    """A project that sent an edition to two readers, years ago."""
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    app = App.open(tmp_path, Clock())
    key = app.keys.current("suppression")[1]
    for who in ("r0", "r1"):
        imports.add_one(app.store, f"{who}@example.org", "daily", name="", hash_key=key, now=NOW, actor="test")
    sent(app)
    return app


def sent(app, slot: str = "2026-11-24T07:00", verdict: Verdict = SENT) -> None:
    add_send(app.store, add_edition(app.store, slot=slot))
    mine = desk(app.store, Clock())
    claimed = dispatch.claim(app.store, mine, "letters", 2)
    assert dispatch.begin(app.store, mine, claimed)
    record_answer(app.store, mine, claimed, Answer(verdict))
    settle.settle_finished(app.store, now=NOW)


def deliveries(app) -> int:
    with app.store.read() as conn:
        return conn.execute(select(func.count()).select_from(tables.deliveries)).scalar_one()


def at_night(app, moment) -> int:
    app.clock = Clock(moment)
    waited: list[float] = []
    Nightly(app, waited.append).look()
    return deliveries(app)


def test_what_is_old_goes_in_the_night_and_the_books_balance(app):
    assert at_night(app, NIGHT - timedelta(hours=12)) == 2
    assert at_night(app, NOW + timedelta(days=100)) == 2
    assert at_night(app, NIGHT) == 0
    assert [count.wrong for count in verify_books(app.store, app.clock, None, sealer_of(app.keys))] == [()]


def test_it_waits_while_letters_are_on_their_way(app):
    add_send(app.store, add_edition(app.store, "next"))
    assert at_night(app, NIGHT) == 4
    with app.store.write() as conn:
        conn.execute(update(tables.sends).where(tables.sends.c.state == "addressed").values(state="paused"))
    assert at_night(app, NIGHT) == 2


def run(app, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*words, "--project", str(app.folder)])
    assert done.exit_code == code, done.output
    return done.stdout


def test_the_command_counts_before_and_says_what_went(app, monkeypatch):
    monkeypatch.setattr("publisher.app.operator.Operator.now", lambda self: NIGHT)
    assert json.loads(run(app, "prune", "--dry-run", "--json"))["deliveries"] == 2
    assert deliveries(app) == 2
    said = run(app, "prune")
    assert "deliveries" in said and "730d" in said and deliveries(app) == 0
    assert "nothing is older than it is kept" in run(app, "prune")
    assert "2 deliveries: the books balance" in run(app, "verify")
    assert "the totals are sealed" in run(app, "log", "--edition", "1")


def test_a_total_that_somebody_changed_is_found_by_verify(app, monkeypatch):
    monkeypatch.setattr("publisher.app.operator.Operator.now", lambda self: NIGHT)
    run(app, "prune")
    with app.store.write() as conn:
        conn.execute(update(tables.sealed_totals).values(counted={"sent": 1, "failed": 1}))
        conn.execute(update(tables.sends).values(sent=1, failed=1))
    assert "is not as it was written" in run(app, "verify", code=1)


def test_a_send_whose_total_was_changed_is_left_alone_and_the_command_says_so(app, monkeypatch):
    monkeypatch.setattr("publisher.app.operator.Operator.now", lambda self: NIGHT)
    with app.store.write() as conn:
        wrong = {"message_id": 1, "send_id": 1, "counted": {"sent": 1}, "calls": 0, "sealed_at": NOW, "seal": "00"}
        conn.execute(tables.sealed_totals.insert().values(wrong))
    done = CliRunner().invoke(cli, ["prune", "--project", str(app.folder)])
    assert done.exit_code == 1 and "not as it was written" in done.stderr
    assert json.loads(run(app, "prune", "--json", code=1))["left"]
    assert deliveries(app) == 2 and "books don't balance" in run(app, "status", code=1)


def test_what_failed_is_not_promised_again_once_it_is_not_kept_whom_it_failed_for(app, monkeypatch):
    monkeypatch.setattr("publisher.app.operator.Operator.now", lambda self: NIGHT)
    sent(app, slot="2026-11-25T07:00", verdict=Verdict(Outcome.REFUSED, Scope.RECIPIENT, "no such mailbox"))
    assert [send.failed for send in handling.failed_of(app, 2)] == [2]
    run(app, "prune")
    with pytest.raises(EndedError, match="whom it failed for is not kept any more"):
        handling.failed_of(app, 2)
