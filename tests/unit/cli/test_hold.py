"""Hold and release, as a person types them."""

from __future__ import annotations

import pytest
import typer

from publisher.app.operator import Operator
from publisher.cli.hold import hold, release
from tests.ledger import add_edition, add_send, subscribe
from tests.project import ProjectDir


@pytest.fixture
def store(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    return Operator.open(tmp_path).store


def test_nothing_to_release_is_no_failure_of_releasing_all(store, tmp_path, capsys):
    release(everything=True, project=tmp_path)
    assert capsys.readouterr().err == "all sending: nothing was held\n"


def test_whoever_holds_everything_is_told_of_which_edition_each_line_is(store, tmp_path, capsys):
    subscribe(store, 2)
    for slot in ("2026-11-24T07:00", "2026-11-25T07:00"):
        add_send(store, add_edition(store, slot))
    hold(everything=True, project=tmp_path)
    release(everything=True, project=tmp_path)
    said = capsys.readouterr().out
    for edition in (1, 2):
        assert f"edition {edition}, letters to daily: paused; 0 of 2 got it" in said
        assert f"edition {edition}, letters to daily: sending; 0 of 2 got it" in said


def test_a_release_says_so_where_the_channel_is_gone(store, tmp_path, capsys):
    subscribe(store, 2)
    add_send(store, add_edition(store), channel="former")
    hold("morning", project=tmp_path)
    with pytest.raises(typer.Exit) as ended:
        release("morning", project=tmp_path)
    assert ended.value.exit_code == 1
    said = capsys.readouterr()
    assert "nothing goes on: something else still holds what is named here" in said.err
    assert "there is no channel former any more" in said.out
