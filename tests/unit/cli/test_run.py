"""What `publisher run` says when it has ended."""

from __future__ import annotations

import pytest

from publisher.app import App
from publisher.cli.at_work import last_words
from publisher.pipeline import dispatch
from publisher.pipeline.operate import holding
from tests.ledger import NOW, Clock, add_edition, add_send, desk, subscribe
from tests.project import ProjectDir


@pytest.fixture
def app(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    return App.open(tmp_path, Clock())


def test_where_nothing_is_left_it_has_ended(app):
    assert last_words(app) == "ended"


def test_what_is_left_is_said(app):
    subscribe(app.store, 5)
    edition = add_edition(app.store)
    add_send(app.store, edition)
    claimed = dispatch.claim(app.store, desk(app.store, Clock()), "letters", 2)
    app.sending.under_way.add(claimed.call.id)
    left = "ended; left to the next `publisher run`: "
    assert last_words(app) == f"{left}3 deliveries not begun yet, 1 call without an answer so far"
    app.sending.under_way.clear()
    holding.hold_edition(app.store, edition, actor="cli:ada", why="", now=NOW)
    assert last_words(app) == "ended"  # what is held waits for a person
