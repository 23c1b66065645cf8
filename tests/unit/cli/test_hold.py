"""Hold and release, as a person types them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import typer

from publisher.app import App, composing
from publisher.app.operator import Operator
from publisher.cli.hold import hold, release
from publisher.clock import now
from publisher.store import channels, sends
from tests.ledger import NOW, Clock, add_edition, add_send, subscribe
from tests.project import ProjectDir
from tests.unit.app.project import compose_now, edit, open_app
from tests.unit.web.ledger import add_reader


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


def test_a_release_of_an_edition_says_that_its_channel_is_still_stopped(store, tmp_path, capsys):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    hold("1", project=tmp_path)
    with store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=NOW)
    release("1", project=tmp_path)  # where it has a fallback, that carries on
    stopped = "letters is stopped: bad key; when that is mended: publisher release --channel letters"
    assert stopped in capsys.readouterr().out
    with store.write() as conn:
        sends.pause_for(conn, send, "letters", "bad key")
    with pytest.raises(typer.Exit) as ended:
        release("1", project=tmp_path)
    assert ended.value.exit_code == 1
    assert "letters is paused; when it may go on: publisher release --channel letters" in capsys.readouterr().out
    with store.read() as conn:
        assert channels.is_stopped(conn, "letters")


def test_a_release_after_the_end_of_practice_lets_nothing_of_practice_go_though_nobody_has_accepted_it(
    tmp_path, capsys
):
    open_app(tmp_path, Clock())
    edit(tmp_path, ("version: 1", "version: 1\npractice: true"))
    app = App.open(tmp_path, Clock())
    subscribe(app.store, 2)
    compose_now(app)
    app.sending.advance()
    hold("1", project=tmp_path)
    edit(tmp_path, ("version: 1\npractice: true", "version: 1"))
    with pytest.raises(typer.Exit) as ended:
        release("1", project=tmp_path)
    assert ended.value.exit_code == 1
    said = capsys.readouterr().out
    assert "it was made in practice, which is over. No reader may get practice's words: `publisher cancel 1`" in said
    assert "letters is paused, and can't go on: publisher cancel 1" in said


def held_by_a_template(folder) -> App:
    """Make an edition that its template holds."""
    app = open_app(folder, Clock(now() - timedelta(hours=1)))
    add_reader(app, "ada@example.org")
    own = folder / "templates" / "email" / "digest.html"
    own.parent.mkdir(parents=True)
    own.write_text("<p>{{ artcles }}</p>")
    compose_now(app)
    app.sending.advance()
    return app


def test_what_a_check_held_goes_on_once_it_is_mended(tmp_path, capsys):
    app = held_by_a_template(tmp_path)
    with pytest.raises(typer.Exit):
        release("morning", project=tmp_path)
    said = capsys.readouterr()
    assert "nothing goes on: something else still holds what is named here" in said.err
    assert "letters is held; when it may go on: publisher send morning --finish" in said.out
    (tmp_path / "templates" / "email" / "digest.html").unlink()
    release("morning", project=tmp_path)
    said = capsys.readouterr()
    assert said.err.endswith(": released\n")
    assert "letters to daily: ready" in said.out
    assert "Nobody runs the schedules: publisher run" in said.out
    with app.store.read() as conn:
        assert [send["state"] for send in sends.of_edition(conn, 1)] == ["ready"]


def test_while_everything_is_held_nothing_is_made_again(tmp_path, capsys):
    app = held_by_a_template(tmp_path)
    hold(everything=True, project=tmp_path)
    (tmp_path / "templates" / "email" / "digest.html").unlink()
    with pytest.raises(typer.Exit):
        release("morning", project=tmp_path)
    assert "publisher release --all" in capsys.readouterr().out
    with app.store.read() as conn:
        assert [send["state"] for send in sends.of_edition(conn, 1)] == ["held"]


def test_an_edition_that_was_too_late_goes_by_a_persons_word(tmp_path):
    app = open_app(tmp_path, Clock(now() - timedelta(hours=1)))
    add_reader(app, "ada@example.org")
    app.poll_all()
    slot = composing.manual_slot(app)
    composing.compose_known(app, app.schedule("morning"), slot, actor="test", held="an hour late")
    app.sending.advance()
    release("morning", project=tmp_path)
    with app.store.read() as conn:
        assert [send["state"] for send in sends.of_edition(conn, 1)] == ["ready"]


def test_what_is_only_noted_is_not_said_with_a_hold(store, tmp_path, capsys):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    note = {"check": "missing-alt", "blocks": False, "what": "a picture has no description", "remedy": "Write one"}
    with store.write() as conn:
        sends.add_reasons(conn, send, [note])
    hold("morning", project=tmp_path)
    said = capsys.readouterr().out
    assert "held by" in said
    assert "no description" not in said
