"""What a person says of deliveries in doubt, and what they are answered."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from publisher.app.operator import Operator
from publisher.cli.unknown import group
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch
from tests.ledger import Clock, add_edition, add_send, desk, subscribe
from tests.project import ProjectDir


@pytest.fixture
def doubted(tmp_path):
    """Two editions, each with two readers in doubt; return how a command is typed."""
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    store = Operator.open(tmp_path).store
    subscribe(store, 2)
    place = desk(store, Clock())
    for slot in ("2026-11-24T07:00", "2026-11-25T07:00"):
        add_send(store, add_edition(store, slot))
        claimed = dispatch.claim(store, place, "letters", 2)
        dispatch.begin(store, place, claimed)
        dispatch.record_answer(store, place, claimed, Answer(Verdict(Outcome.UNKNOWN, reason="no answer came")))
    return lambda *words: CliRunner().invoke(group, [*words, "--yes", "--project", str(tmp_path)])


@pytest.mark.parametrize(
    ("word", "said", "state"),
    [("treat-as-sent", "treated as sent", "2 of 2 got it"), ("treat-as-failed", "treated as failed", "2 failed")],
)
def test_it_is_said_how_many_of_which_edition_were_settled(doubted, word, said, state):
    answer = doubted(word, "--all")
    lines = [line for line in answer.stdout.splitlines() if line]
    assert answer.exit_code == 0
    for line, edition in zip(lines, ("edition 1 (morning 2026-11-24", "edition 2 (morning 2026-11-25"), strict=True):
        assert line.startswith(f"2 {said}: {edition}T07:00), letters to daily: ")
        assert state in line


def test_where_nothing_is_in_doubt_that_is_said(doubted):
    assert doubted("treat-as-sent", "1").exit_code == 0
    answer = doubted("treat-as-sent", "1")
    assert answer.exit_code == 1
    assert "nothing of that is in doubt" in answer.stdout
