"""`publisher staff`, as an admin types it: people, and the tokens of programs."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack

import pytest
from typer.testing import CliRunner

from publisher.app import App, tokens
from publisher.cli.commands import cli
from publisher.errors import PublisherError
from publisher.model.staff import May
from publisher.store import processes
from tests.ledger import Clock
from tests.unit.app.project import EVENING, open_app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_app(tmp_path, Clock(EVENING)).store.close()

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, ["staff", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_a_token_is_printed_once_listed_without_itself_and_ended(run, tmp_path):
    run("add", "anna", "--role", "operator")
    token = run(
        "token", "add", "anna", "--for", "the CMS", "--scope", "edit", "--scope", "operate", "--days", "30"
    ).strip()
    app = App.open(tmp_path)
    assert tokens.who(app, token).scopes == {May.LOOK, May.EDIT, May.OPERATE}
    app.store.close()
    listed = run("token", "list", "--json")
    (row,) = json.loads(listed)
    assert (row["name"], row["owner"], row["scopes"], row["ended_at"]) == (
        "the CMS",
        "anna",
        ["edit", "look", "operate"],
        None,
    )
    assert token not in listed + run("token", "list")
    assert run("token", "end", "1") == "token 1 of anna has ended\n"
    assert "ended" in run("token", "list")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["token", "add", "nobody", "--for", "x"], "nobody called 'nobody' works here"),
        (["token", "add", "anna", "--for", ""], "say what the token is for"),
        (["token", "add", "anna", "--for", "x", "--scope", "manage"], "doesn’t reach as far as `manage`"),
        (["token", "add", "anna", "--for", "x", "--days", "0"], "1 to 3,650 days"),
        (["token", "end", "7"], "there is no token 7"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_the_reason(run, words, why):
    run("add", "anna")
    with pytest.raises(PublisherError) as raised:
        run(*words)
    assert why in str(raised.value) and raised.value.exit_code == 2


def test_people_are_let_in_listed_and_let_go_at_the_terminal(run):
    assert "/welcome/" in run("add", "anna", "--role", "admin")
    assert "/welcome/" in run("link", "anna")
    run("add", "ben")
    assert "ben: approver from now on" in run("role", "ben", "approver")
    assert "works here no more" in run("end", "ben", "--yes")
    assert [each["name"] for each in json.loads(run("list", "--json"))] == ["anna", "ben"]
    assert "has not chosen a password yet" in run("list")


def test_links_lead_to_the_console_that_runs_on_this_machine(run, tmp_path, monkeypatch):
    monkeypatch.delenv("PUBLISHER_CONSOLE_URL", raising=False)
    app, url = App.open(tmp_path), "http://127.0.0.1:9025"
    assert "http://127.0.0.1:8025/welcome/" in run("add", "anna")
    with processes.at_work(app.store, "run", EVENING) as first, processes.showing(app.store, first, url):
        assert f"{url}/welcome/" in run("link", "anna")
        monkeypatch.setenv("PUBLISHER_CONSOLE_URL", "https://desk.harbor.example")
        assert "https://desk.harbor.example/welcome/" in run("link", "anna")
        monkeypatch.delenv("PUBLISHER_CONSOLE_URL")
        monkeypatch.setattr(socket, "gethostname", lambda: "another")
        assert "http://127.0.0.1:8025/welcome/" in run("link", "anna")
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert "http://127.0.0.1:8025/welcome/" in run("link", "anna")


def test_where_a_process_showed_the_console_that_died_is_forgotten(tmp_path):
    store = open_app(tmp_path, Clock(EVENING)).store
    with ExitStack() as stack:
        first = stack.enter_context(processes.at_work(store, "run", EVENING))
        died = processes.showing(store, first, "http://127.0.0.1:1")
        died.__enter__()  # and never ends
    assert processes.console_of(store, socket.gethostname()) == ""
    with (
        processes.at_work(store, "run", EVENING) as second,
        processes.showing(store, second, "http://127.0.0.1:2"),
        store.read() as conn,
    ):
        assert died and processes._shown(conn) == {second: "http://127.0.0.1:2"}
