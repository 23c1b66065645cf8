"""A schedules.yaml that is broken keeps nobody from working with the ledger."""

from __future__ import annotations

import pytest
import typer

from publisher.app import composing, versions
from publisher.cli import articles, editions, hold, log, pause, plan, unknown, verify
from publisher.cli.status import status
from publisher.errors import ConfigError
from tests.ledger import Clock
from tests.unit.app.project import EVENING, edit, open_app

BROKEN = "schedules.yaml:25:16:"  # the line of `when:`


@pytest.fixture
def folder(tmp_path):
    """A project with an edition under way, whose file was broken since then."""
    app = open_app(tmp_path, Clock(EVENING))
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    edit(tmp_path, ('at: "07:00"', 'at: "25:00"'))
    return tmp_path


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (lambda folder: pause.pause("morning", project=folder), "morning: paused"),
        (lambda folder: pause.resume("morning", project=folder), "morning: isn't paused"),
        (lambda folder: editions.editions(limit=20, project=folder), "locked"),
        (lambda folder: articles.articles(limit=50, project=folder), "Story 3"),
        (lambda folder: log.log(limit=100, project=folder), "delivery"),
        (lambda folder: hold.hold("", everything=True, project=folder), "publisher release --all"),
        (lambda folder: hold.hold("1", project=folder), "publisher release 1"),
        (lambda folder: hold.cancel("morning", yes=True, project=folder), "cancelled"),
        (lambda folder: unknown.show(limit=100, project=folder), "Nothing is in doubt."),
        (lambda folder: verify.verify(project=folder), ""),
    ],
)
def test_a_command_works_with_the_ledger_and_says_in_a_line_that_the_file_is_broken(folder, capsys, command, says):
    command(folder)
    said = capsys.readouterr()
    assert says in said.out + said.err
    told = [line for line in said.err.splitlines() if line.startswith(BROKEN)]
    assert len(told) == 1
    assert told[0].endswith("Until that is mended the version accepted before it holds, here too")


def test_status_says_it_with_what_else_is_wrong(folder, capsys):
    with pytest.raises(typer.Exit):
        status(folder)
    assert "as it is now is refused: " + BROKEN in capsys.readouterr().out


def test_a_plan_is_of_the_version_that_holds_and_its_answer_is_no(folder, capsys):
    with pytest.raises(typer.Exit) as ended:
        plan.plan(project=folder)
    said = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert "07:00:00 WE" in said.out
    assert said.err.startswith(BROKEN)


def test_a_broken_file_that_nothing_was_accepted_before_is_an_error(tmp_path):
    app = open_app(tmp_path, Clock(EVENING))
    edit(tmp_path, ('at: "07:00"', 'at: "25:00"'))
    for command in (lambda: pause.pause("morning", project=tmp_path), lambda: hold.hold("1", project=tmp_path)):
        with pytest.raises(ConfigError, match="25:00"):
            command()
    assert versions.accepted(app)
