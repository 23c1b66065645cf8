"""`publisher approve` and `reopen`, as a person types them."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from publisher.cli import approve as command
from publisher.cli.commands import cli
from publisher.errors import StaleError, UsageError
from tests.project import ProjectDir
from tests.unit.app.project import edit


@pytest.fixture
def folder(tmp_path):
    """A project whose next edition is a draft that two must approve."""
    ProjectDir(tmp_path, "http://127.0.0.1:9", when='at: "23:58", days: [31], prepare: 1m')
    edit(tmp_path, ("    send:\n", "    approve: {by: 2, ask: [anna@example.org, ben@example.org]}\n    send:\n"))
    publisher(tmp_path, "edition", "morning")
    publisher(tmp_path, "edition", "morning", "--order", "1")
    return tmp_path


def publisher(folder, *words: str, typed: str = ""):
    """Run a command; return what it printed, or raise what it was refused with."""
    done = CliRunner().invoke(cli, [*words[:1], "--project", str(folder), *words[1:]], input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def version(folder) -> str:
    return re.findall(r"publisher approve 1 --version ([0-9a-f]{10})", publisher(folder, "edition", "morning"))[0]


def test_without_a_terminal_it_has_to_be_said_which_version(folder):
    with pytest.raises(UsageError, match=f"then give --version {version(folder)}"):
        publisher(folder, "approve", "morning", "--yes")
    with pytest.raises(StaleError):
        publisher(folder, "approve", "morning", "--version", "0123456789")
    said = publisher(folder, "approve", "morning", "--version", version(folder), "--why", "read it")
    assert "1 of 2 agreed: cli:" in said and "it waits for the others" in said
    assert "read it" in publisher(folder, "edition", "morning")
    assert "you had approved it already" in publisher(folder, "approve", "1", "--version", version(folder))
    with pytest.raises(UsageError, match="To change it all the same, before its slot: publisher reopen 1"):
        publisher(folder, "edition", "morning", "--drop", "1")
    assert "open again; 1 approval is void" in publisher(folder, "reopen", "morning")
    assert "dropped article 1" in publisher(folder, "edition", "morning", "--drop", "1")
    publisher(folder, "cancel", "morning", "--yes")
    with pytest.raises(UsageError, match="it is cancelled: there is nothing to reopen"):
        publisher(folder, "reopen", "1")


def test_at_a_terminal_it_shows_the_edition_and_asks(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(command, "can_ask", lambda: True)
    monkeypatch.setattr(command, "confirm", lambda question, _: asked.append(question))
    said = publisher(folder, "approve", "morning")
    assert "letters: to daily — Story 1: quay & harbour" in said
    assert asked[0].startswith("Approve version ") and "1 of 2 agreed" in said
    publisher(folder, "reopen", "morning")
    publisher(folder, "approve", "morning", "--yes")
    assert len(asked) == 1
