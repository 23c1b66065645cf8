"""`publisher subscribers`: people in and out of a project, their file, and what arrives by telephone."""

from __future__ import annotations

import csv
import json

import pytest
from typer.testing import CliRunner

from publisher.app import App
from publisher.audience import imports
from publisher.cli.commands import cli
from publisher.errors import PublisherError
from publisher.store import sends, subscribers
from tests.ledger import NOW, Clock, add_edition, add_send
from tests.project import ProjectDir


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A project with one reader; each test brings its own besides."""
    folder = tmp_path_factory.mktemp("project")
    ProjectDir(folder, "http://127.0.0.1:9")
    app = App.open(folder, Clock())
    join(app, "ada@example.org")
    return app


def join(app: App, email: str) -> None:
    key = app.keys.current("suppression")[1]
    imports.add_one(app.store, email, "daily", name="Reader", hash_key=key, now=NOW, actor="cli:ada")


def run(app: App, *words: str, code: int = 0, stdin: str = "") -> str:
    done = CliRunner().invoke(cli, ["subscribers", *words, "--project", str(app.folder)], input=stdin)
    if isinstance(done.exception, PublisherError):
        assert done.exception.exit_code == code, done.exception
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


def bring_in(app: App, text: str, *words: str, code: int = 0, name: str = "people.csv") -> str:
    (app.folder / name).write_text(text)
    return run(app, "import", str(app.folder / name), "--list", "daily", *words, code=code)


def test_an_import_says_how_it_read_the_file_and_what_became_of_the_rows(app):
    told = bring_in(app, "Stadt;E-Mail\nPorto;info@one.example\nFaro;nobody\n", code=1)
    assert "email ← E-Mail; attribute stadt ← Stadt" in told
    assert "people.csv:3: nobody: " in told
    assert "note: 1 address is an office’s" in told
    assert "imported into daily: 1 new, 0 known from other lists, 0 already there, 1 not taken" in told
    rejected = (app.folder / "people.rejected.csv").read_text("utf-8-sig")
    assert rejected.startswith("Stadt;E-Mail;publisher: line;publisher: reason\nFaro;nobody;3;") or "\r\n" in rejected


def test_a_column_can_be_said_and_a_dry_run_writes_nothing(app):
    text = "wohin,wer\nzoe@example.org,Zoe\n"
    assert "no column `email`" in bring_in(app, text, code=1)
    assert "would import into daily: 1 new" in bring_in(app, text, "--map", "email=wohin", "--dry-run")
    assert "nobody has the address" in run(app, "show", "zoe@example.org", code=1)
    assert "this is no FIELD=COLUMN" in bring_in(app, text, "--map", "wohin", code=2)


def test_ask_writes_to_everybody_and_once_only(app):
    text = "email\nask1@example.org\nask2@example.org\n"
    assert "2 letters ask them" in bring_in(app, text, "--ask")
    assert "letter" not in bring_in(app, text, "--ask")
    with app.store.read() as conn:
        standing = [send for send in sends.in_state(conn, "addressed") if send["kind"] == "standing"]
    assert [send["pending"] for send in standing] == [2]


def test_the_export_has_everyone_with_their_state_and_runs_no_formula(app):
    bring_in(app, 'email,name,city\nleft@example.org,"=HYPERLINK(""x"")",@Porto\nquiet@example.org,Q,\n')
    run(app, "unsubscribe", "left@example.org", "--why", "she rang")
    run(app, "suppress", "quiet@example.org", "--why", "he rang")
    rows = {row["email"]: row for row in csv.DictReader(run(app, "export", "--list", "daily").splitlines())}
    assert (rows["left@example.org"]["name"], rows["left@example.org"]["city"]) == ('\'=HYPERLINK("x")', "'@Porto")
    assert (rows["left@example.org"]["state"], rows["left@example.org"]["basis"]) == ("left", "left: she rang")
    assert (rows["quiet@example.org"]["state"], rows["quiet@example.org"]["suppressed"]) == ("confirmed", "he rang")
    people = {each["email"]: each for each in json.loads(run(app, "export", "--format", "json"))}
    assert people["left@example.org"]["attributes"] == {"city": "@Porto"}


def test_the_file_of_a_person_and_their_whole_record(app):
    join(app, "file@example.org")
    add_send(app.store, add_edition(app.store, "2026-11-25T07:00"))
    run(app, "unsubscribe", "file@example.org", "--list", "daily", "--why", "letter of 3 May")
    shown = run(app, "show", "FILE@example.org")
    for words in ("Reader <file@example.org>", "left: letter of 3 May", "added by cli:ada", "Before", "morning"):
        assert words in shown, words
    told = json.loads(run(app, "record", "file@example.org"))
    assert [each["state"] for each in told["lists"]] == ["left"]
    assert [each["words"] for each in told["history"]] == ["added by cli:ada"]
    assert len(told["mails"]) == 1
    assert json.loads(run(app, "show", "file@example.org", "--json"))["deliveries"][0]["events"] == []


def test_adding_says_who_is_not_written_to_all_the_same(app):
    bring_in(app, "email\nopen@example.org\n", "--ask")
    assert "hasn't said yes to daily yet" in run(app, "add", "open@example.org", "--list", "daily", code=2)
    run(app, "suppress", "blocked@example.org", "--why", "a lawyer's letter")
    assert "but nobody writes to them: a lawyer's letter" in run(app, "add", "blocked@example.org", "--list", "daily")


def test_a_letter_to_one_person_is_called_by_what_it_is_about(app):
    bring_in(app, "email\nasked@example.org\n", "--ask")
    assert "letter confirm:daily:en" in run(app, "show", "asked@example.org")
    assert json.loads(run(app, "record", "asked@example.org"))["mails"][0]["entry"] == "confirm:daily:en"


def test_who_rings_is_taken_off_and_whoever_is_on_nothing_is_told_so(app):
    join(app, "rings@example.org")
    assert "has left daily" in run(app, "unsubscribe", "rings@example.org", "--why", "he rang")
    assert "isn't on any list" in run(app, "unsubscribe", "rings@example.org", "--why", "again", code=1)
    assert "there is no list" in run(app, "unsubscribe", "rings@example.org", "--list", "x", "--why", "y", code=2)
    assert "without a reason" in run(app, "unsubscribe", "rings@example.org", "--why", " ", code=2)


@pytest.mark.parametrize(
    "words",
    [
        ("unsubscribe", "no@example.org"),
        ("erase", "no@example.org", "--yes"),
        ("move", "no@example.org", "x@example.org"),
    ],
)
def test_of_nobody_it_is_said_that_there_is_nobody(app, words):
    assert "nobody has the address no@example.org" in run(app, *words, "--why", "x", code=1)
    assert "Check the address" in run(app, words[0], "no", *words[2:], "--why", "x", code=2)


def test_an_address_can_be_suppressed_before_anybody_brings_it_in(app):
    assert "by any list any more" in run(app, "suppress", "never@example.org", "--why", "a lawyer's letter")
    assert "suppressed already" in run(app, "suppress", "never@example.org", "--list", "daily", "--why", "again")
    bring_in(app, "email\nnever@example.org\n")
    with app.store.read() as conn:
        state = subscribers.standing_on(conn, subscribers.find(conn, app.hash_of("never@example.org")).id, ["daily"])
    assert state["daily"]["suppressed"] == "a lawyer's letter"


def test_a_move_on_an_operators_word(app):
    join(app, "old@example.org")
    assert "old@example.org is new@example.org now" in run(
        app, "move", "old@example.org", "new@example.org", "--why", "x"
    )
    assert "old@example.org; moved: x" in run(app, "show", "new@example.org")
    assert "the same address" in run(app, "move", "new@example.org", "NEW@example.org", "--why", "x", code=2)
    join(app, "second@example.org")
    told = run(app, "move", "new@example.org", "second@example.org", "--why", "x")
    assert "the two have become one person" in told


def test_erasing_asks_once_and_says_that_it_cannot_be_undone(app):
    join(app, "gone@example.org")
    send_id = add_send(app.store, add_edition(app.store, "2026-11-26T07:00"))
    assert "this can't be undone" in run(app, "erase", "gone@example.org", "--why", "GDPR", code=2)
    assert "they themselves may join again" in run(app, "erase", "gone@example.org", "--why", "GDPR", "--yes")
    assert "erased, 2026" in run(app, "show", "gone@example.org", code=1)
    assert "was erased" in bring_in(app, "email\ngone@example.org\n", code=1)
    assert "Only they can come back" in run(app, "add", "gone@example.org", "--list", "daily", code=2)
    shown = CliRunner().invoke(cli, ["log", "--project", str(app.folder)]).output
    assert "(erased)" in shown
    assert "gone@" not in shown
    with app.store.read() as conn:
        assert sends.imbalance(conn, send_id) == ""
