"""Commands import only what they use: a person who asks for the log does not wait for parsers of pages."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.project import WEBHOOK, ProjectDir, environment

HEAVY = ("requests", "jinja2", "lxml", "premailer", "trafilatura", "feedparser", "fastapi", "uvicorn", "apscheduler")
HEAVY_ROOMS = ("publisher.sources.", "publisher.render.", "publisher.web.", "publisher.senders.http")
SPY = """\
import atexit, sys
def tell():
    heavy = sorted(n for n in sys.modules if n in {heavy!r} or n.startswith({rooms!r}))
    sys.stderr.write("IMPORTED " + " ".join(heavy) + "\\n")
atexit.register(tell)
sys.argv = ["publisher", *{words!r}]
from publisher.cli import main
main()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = ProjectDir(tmp_path_factory.mktemp("project"), "http://127.0.0.1:9", channel=WEBHOOK)
    made.subscribe(3)  # makes the ledger: migrations are imported once
    return made


@pytest.mark.parametrize("words", [("--help",), ("log",), ("editions",), ("articles",)], ids=" ".join)
def test_a_command_that_only_looks_imports_no_parsers_no_renderer_and_no_web(project, words):
    spy = SPY.format(heavy=HEAVY, rooms=HEAVY_ROOMS, words=words)
    done = subprocess.run(
        [sys.executable, "-c", spy], cwd=project.folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1].split() == ["IMPORTED"]
