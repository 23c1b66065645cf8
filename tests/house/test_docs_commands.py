"""Commands in the docs exist, and the README's own steps run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from publisher.cli.commands import cli
from publisher.cli.reference import reference
from publisher.senders.reference import reference as senders_page
from tests.project import environment

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
SPOKEN = re.compile(r"(?:^|`|\s)(?:\.venv/bin/)?publisher ([a-z][^`\n#]*)", re.MULTILINE)
CODE = re.compile(r"^```\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)


def test_the_page_of_commands_is_made_from_the_commands():
    assert (ROOT / "docs" / "commands.md").read_text() == reference()


def spoken():
    for page in PAGES:
        for code in CODE.finditer(page.read_text(encoding="utf-8")):
            for line in SPOKEN.finditer(f"\n{code[1] or code[2]}"):
                yield pytest.param(line[1].strip(), id=f"{page.relative_to(ROOT)}: {line[1].strip()[:60]}")


def test_the_page_of_senders_is_made_from_the_senders():
    assert (ROOT / "docs" / "senders.md").read_text() == senders_page()


@pytest.mark.parametrize("line", list(spoken()))
def test_a_command_in_the_docs_exists_with_its_options(line):
    command = typer.main.get_command(cli)
    words = shlex.split(line)
    while words and hasattr(command, "commands") and not words[0].startswith("--"):
        names = words.pop(0).split("|")
        assert set(names) <= set(command.commands), f"no such command: {names}"
        command = command.commands[names[0]]
    known = {option for param in getattr(command, "params", []) for option in param.opts} | {"--help"}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


def test_the_steps_of_the_readme_make_a_newsletter(tmp_path):
    section = (ROOT / "README.md").read_text().split("## Your own newsletter\n")[1]
    steps = CODE.search(section)[1].strip().splitlines()
    feed = ROOT / "examples" / "harbor-gazette" / "feed.xml"
    folder = tmp_path
    for step in steps:
        words = shlex.split(step.replace("https://your-site.example", str(feed)))
        if words[0] == "cd":
            folder = folder / words[1]
        elif words[0] == "publisher" and words[1] != "run":  # `run` stays up; the acceptance tests run it
            done = subprocess.run(
                [sys.executable, "-m", "publisher", *words[1:]],
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((folder / "inbox").rglob("*.json"))) >= 1
