"""What a person who sends now is told while it goes on."""

from __future__ import annotations

from sqlalchemy import update

from publisher.app import App
from publisher.cli.send import say_what_waits
from publisher.store.tables import deliveries
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
    assert not say_what_waits(app, [mine])
    assert capsys.readouterr().err == ""
    assert say_what_waits(app, [other])
    said = "letters waits until 2026-11-24 09:00:00 WET (its time) (Ctrl-C leaves it to `publisher run`)\n"
    assert capsys.readouterr().err == said
