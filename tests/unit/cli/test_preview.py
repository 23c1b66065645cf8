"""`publisher preview` prints what would go out, leaves it as files, or shows the page that follows the editor."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
import requests
from typer.testing import CliRunner

from publisher.cli.commands import cli
from publisher.clock import now
from publisher.errors import UsageError
from tests.ledger import Clock
from tests.project import environment
from tests.unit.app.project import compose_now, open_app
from tests.unit.web.ledger import add_reader


@pytest.fixture
def app(tmp_path):
    app = open_app(tmp_path, Clock(now() - timedelta(hours=2)))
    add_reader(app, "ada@example.org", "Ada Lovelace")
    yield app
    app.store.close()


def run(app, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["preview", *words, "--project", str(app.folder)], catch_exceptions=False)
    assert done.exit_code == code, done.stdout
    return done.stdout


def test_words_sizes_and_checks_are_printed(app):
    said = run(app, "morning")
    assert "letters: 1 person on daily" in said
    assert "subject: Story 3: quay & harbour" in said
    assert "KB of HTML" in said
    assert "every check is passed" in said
    assert said.endswith("publisher preview morning --open\n")


def test_what_would_hold_it_is_said_with_the_remedy_and_the_answer_is_no(app):
    own = app.folder / "templates" / "email" / "digest.html"
    own.parent.mkdir(parents=True)
    own.write_text("<p>\n{{ artcles }}</p>")
    said = run(app, "morning", code=1)
    assert "letters: held: templates/email/digest.html:2: 'artcles' is not defined. Nearest: articles" in said


def test_an_example_is_called_one(app):
    compose_now(app)
    said = run(app, "morning")
    assert "! nothing would go out: nothing new" in said
    assert "this is how the newest articles would look" in said


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("mornin",), "Did you mean morning"),
        (("morning", "--at", "noon"), "is no time"),
        (("morning", "--at", "2020-01-01"), "is past"),
        (("morning", "--as", "nobody@example.org"), "nobody has the address"),
    ],
)
def test_what_cannot_be_meant_is_refused(app, words, what):
    with pytest.raises(UsageError, match=what):
        run(app, *words)


def test_it_is_left_as_files_or_the_place_is_refused(app, tmp_path):
    said = run(app, "morning", "--out", str(tmp_path / "out"))
    assert f"See it: {tmp_path / 'out' / 'index.html'}" in said
    assert (tmp_path / "out" / "index.html").is_file()
    run(app, "morning", "--out", str(tmp_path / "out"))  # over its own files
    own = (tmp_path / "out" / "index.html").read_text("utf-8")
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"it holds files that no preview left: thesis\.txt"):
        run(app, "morning", "--out", str(tmp_path / "out"))
    assert (tmp_path / "out" / "index.html").read_text("utf-8") == own
    with pytest.raises(UsageError, match="can't write there"):
        run(app, "morning", "--out", str(tmp_path / "schedules.yaml"))


def test_the_page_is_served_until_it_is_told_to_stop(app):
    words = ["preview", "morning", "--open", "--project", str(app.folder)]
    environ = {**environment(), "BROWSER": "true"}
    asked = subprocess.Popen(
        [sys.executable, "-m", "publisher", *words], stdout=subprocess.PIPE, text=True, env=environ
    )
    try:
        address = next(line.split()[2] for line in asked.stdout if line.startswith("See it: "))
        assert "Story 3" in requests.get(address, timeout=20).text
    finally:
        asked.terminate()
    assert asked.wait(20) == 0
