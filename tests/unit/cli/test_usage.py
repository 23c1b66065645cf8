"""Wrong use of a command is said in one line: where, what, and what to look at."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import publisher
from publisher.cli.commands import cli
from tests.project import ProjectDir


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("articles release 14 nonsense", "publisher articles release: ARTICLE…: 'nonsense' is no number."),
        ("articles --limit 0", "publisher articles: --limit: 0 is less than 1."),
        ("nosuch", "publisher: No such command 'nosuch'."),
        ("plan --nosuch", "publisher plan: No such option: --nosuch."),
    ],
)
def test_wrong_use_is_one_line(tmp_path, words, said):
    path = said.partition(":")[0]
    shown = ProjectDir(tmp_path, "http://127.0.0.1:9").publisher(*words.split(), code=2)
    assert shown == f"{said} See: {path} --help\n"


def test_saying_nothing_shows_the_help(tmp_path):
    assert ProjectDir(tmp_path, "http://127.0.0.1:9").publisher(code=2).startswith("Usage: publisher ")


def test_it_says_its_version():
    assert CliRunner().invoke(cli, ["--version"]).stdout == f"publisher {publisher.__version__}\n"
