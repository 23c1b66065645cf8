"""What the commands say of a schedule with an edition in each of its languages."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from publisher.app.slots import fire_due
from publisher.cli.commands import cli
from publisher.clock import now
from publisher.errors import UsageError
from tests.ledger import Clock, subscribe
from tests.unit.app.bilingual import open_bilingual


@pytest.fixture
def publisher(tmp_path):
    """The commands, in the folder of a newspaper that has an article in each language."""
    app = open_bilingual(tmp_path, "en Ferry", "pt Ponte")
    app.clock = Clock(now())
    for name in ("daily", "diario"):
        subscribe(app.store, 1, name)
    fire_due(app)
    app.poll_all()

    def run(*words: str, is_refused: bool = False) -> str:
        done = CliRunner().invoke(cli, [*words, "--project", str(tmp_path)])
        assert isinstance(done.exception, UsageError) if is_refused else done.exit_code == 0, done.output
        return f"{done.exception}" if is_refused else done.output

    return run


def test_a_plan_shows_each_languages_edition_or_the_one_that_is_named(publisher):
    both = json.loads(publisher("plan", "--json"))
    assert [(each["language"], [one["title"] for one in each["articles"]]) for each in both] == [
        ("en", ["Ferry"]),
        ("pt", ["Ponte"]),
    ]
    assert [send["to"] for each in both for send in each["sends"]] == [["daily"], ["diario"]]
    shown = publisher("plan", "morning/pt")
    assert "morning/pt: " in shown
    assert "in en: not for this edition (languages)" in shown
    assert "morning/en" not in shown


def test_sending_by_hand_shows_each(publisher):
    assert [each["language"] for each in json.loads(publisher("send", "morning", "--dry-run", "--json"))] == [
        "en",
        "pt",
    ]
    assert json.loads(publisher("send", "morning/pt", "--dry-run", "--json"))["language"] == "pt"
    shown = publisher("send", "morning", "--dry-run")
    assert shown.index("morning/en: now, by hand") < shown.index("morning/pt: now, by hand")


def test_a_test_is_of_the_edition_in_one_language_and_its_line_says_so(publisher, tmp_path):
    asked = publisher("test", "morning", "--to", "ada@harbor.example", is_refused=True)
    assert asked.startswith("morning has an edition in each of its languages. Say which: morning/en, morning/pt")
    said = CliRunner().invoke(cli, ["test", "morning/pt", "--to", "ada@harbor.example", "--project", str(tmp_path)])
    assert said.exit_code == 1 and "ada@harbor.example by letters: " in said.output  # nobody listens there
    shown = json.loads(publisher("editions", "morning", "--json"))
    assert [each["language"] for each in shown if each["slot"].startswith("test:")] == ["pt"]


def test_a_preview_shows_each_and_leaves_the_files_of_one(publisher, tmp_path):
    shown = publisher("preview", "morning")
    assert shown.index("subject: Ferry") < shown.index("subject: Ponte")
    assert "Say which: morning/en, morning/pt" in publisher(
        "preview", "morning", "--out", str(tmp_path / "x"), is_refused=True
    )
    publisher("preview", "morning/pt", "--out", str(tmp_path / "x"))
    assert "preview in pt" in (tmp_path / "x" / "index.html").read_text()


def test_the_next_edition_is_opened_in_one_language(publisher):
    said = publisher("edition", "morning", "--subject", "Bom dia", is_refused=True)
    assert "morning has an edition in each of its languages. Say which: morning/en, morning/pt" in said
    publisher("edition", "morning/pt", "--subject", "Bom dia")
    shown = publisher("edition", "morning/pt")
    assert ": draft, in pt, until" in shown
    assert "diario — Bom dia" in shown
    assert "There is no draft of it yet" in publisher("edition", "morning/en")


def test_a_note_is_for_one_language(publisher, tmp_path):
    (tmp_path / "note.md").write_text("Bom dia.")
    publisher("note", "morning/pt", str(tmp_path / "note.md"))
    assert "Bom dia." in publisher("note", "morning/pt")
    assert "no note waits. To write one: publisher note morning/en" in publisher("note", "morning/en")
    publisher("note", "morning/pt", "--clear")
    assert "no note waits" in publisher("note", "morning/pt")


def test_a_language_that_there_is_not_is_refused_with_those_there_are(publisher):
    assert "morning has no edition in 'de'. There is: morning/en, morning/pt" in publisher(
        "plan", "morning/de", is_refused=True
    )
