"""The list of articles says what was sent."""

from __future__ import annotations

import json

from publisher.cli.articles import articles
from publisher.store import sends
from tests.unit.app.project import stories
from tests.unit.app.test_sending import with_work


def test_an_article_names_the_editions_that_brought_it_to_anyone(tmp_path, monkeypatch, capsys):
    app = with_work(tmp_path, monkeypatch)
    (first, *_) = stories(app, 1)

    def shown() -> dict:
        articles(limit=50, project=tmp_path, as_json=True)
        return {each["id"]: each["sent_in"] for each in json.loads(capsys.readouterr().out)}

    assert shown()[first] == []  # locked, and nobody has it yet
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE deliveries SET state = 'sent' WHERE id = 1")
        sends.post_to_books(conn, 1, {"pending": -1, "sent": 1})
    assert shown()[first] == [{"edition": 1, "schedule": "morning"}]
    articles(limit=50, project=tmp_path)
    table = capsys.readouterr().out
    assert "sent in" in table
    assert table.count("1 morning") == len(stories(app, 1))
