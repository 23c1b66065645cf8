"""What a person who sends now is told while it goes on."""

from __future__ import annotations

import json

import pytest
import typer
from sqlalchemy import update

from publisher.app import App
from publisher.cli.books import INBOX, report
from publisher.cli.send import say_what_waits, send
from publisher.store.tables import deliveries, sends
from tests.ledger import NOW, Clock, add_edition, add_send, subscribe
from tests.project import ProjectDir


def test_only_what_waits_of_these_editions_is_said(tmp_path, capsys):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    app = App.open(tmp_path, Clock())
    subscribe(app.store, 2)
    mine = add_edition(app.store)
    other = add_edition(app.store, "2026-11-25T07:00")
    add_send(app.store, mine)
    later = add_send(app.store, other)
    with app.store.write() as conn:
        due = deliveries.c.send_id == later
        conn.execute(update(deliveries).where(due).values(due_at=NOW.replace(hour=9)))
    assert not say_what_waits(app, [mine], set())
    assert capsys.readouterr().err == ""
    assert say_what_waits(app, [other], set())
    said = "letters waits until 2026-11-24 09:00:00 WET (its time) (Ctrl-C leaves it to the next `publisher run`)\n"
    assert capsys.readouterr().err == said


def test_a_dry_run_is_of_now_and_not_of_the_next_slot(tmp_path, capsys):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    send("morning", dry_run=True, project=tmp_path)
    assert capsys.readouterr().out.startswith("morning: now, by hand\n")
    send("morning", dry_run=True, project=tmp_path, as_json=True)
    assert json.loads(capsys.readouterr().out)["slot"].startswith("manual:")


def test_a_dry_run_of_what_would_be_held_says_so_and_ends_as_a_plan_does(tmp_path, capsys):
    ProjectDir(tmp_path, "http://127.0.0.1:9", secrets="")
    with pytest.raises(typer.Exit) as ended:
        send("morning", dry_run=True, project=tmp_path)
    assert ended.value.exit_code == 1
    assert "letters: held: schedules.yaml:21:14: ${MAILGUN_API_KEY} is not set" in capsys.readouterr().out


@pytest.mark.parametrize("is_practice", [True, False])
def test_practice_says_where_to_see_what_came(tmp_path, capsys, is_practice):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    file = tmp_path / "schedules.yaml"
    if is_practice:
        file.write_text(file.read_text().replace("version: 1\n", "version: 1\npractice: true\n"))
    app = App.open(tmp_path, Clock())
    subscribe(app.store, 2)
    edition = add_edition(app.store)
    made = add_send(app.store, edition)
    with app.store.write() as conn:
        conn.execute(update(sends).where(sends.c.id == made).values(sent=2, pending=0, state="done"))
    assert report(app, [edition])
    said = capsys.readouterr()
    assert (INBOX in said.out + said.err) == is_practice
