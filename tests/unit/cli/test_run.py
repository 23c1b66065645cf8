"""What `publisher run` and its parts say when they have ended."""

from __future__ import annotations

import pytest

from publisher.app import App
from publisher.cli.at_work import last_words
from publisher.config.settings import Settings
from publisher.pipeline import dispatch
from publisher.pipeline.operate import holding
from tests.ledger import NOW, Clock, add_edition, add_send, desk, subscribe
from tests.project import ProjectDir


@pytest.fixture
def app(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    return App.open(tmp_path, Clock())


def test_where_nothing_is_left_it_has_ended(app):
    assert last_words(app, "run") == "ended"


def test_what_is_left_is_said(app):
    subscribe(app.store, 5)
    edition = add_edition(app.store)
    add_send(app.store, edition)
    claimed = dispatch.claim(app.store, desk(app.store, Clock()), "letters", 2)
    app.sending.under_way.add(claimed.call.id)
    left = "ended; left to the next `publisher run`: "
    words = "3 deliveries not begun yet, 1 call without an answer so far"
    assert last_words(app, "run") == f"{left}{words}"
    app.settings = Settings({"DATABASE_URL": "postgresql:"})
    assert last_words(app, "worker") == f"ended; left to whoever is at work: {words}"
    assert [last_words(app, part) for part in ("web", "scheduler")] == ["ended", "ended"]  # it never was theirs
    app.sending.under_way.clear()
    holding.hold_edition(app.store, edition, actor="cli:ada", why="", now=NOW)
    assert last_words(app, "run") == "ended"  # what is held waits for a person
