"""`publisher breaking` as a person types it: what is shown, the one question, and what --yes and --again answer."""

from __future__ import annotations

import json

import pytest

from publisher.app import App
from publisher.audience import imports
from publisher.cli import breaking as command
from publisher.cli.breaking import breaking
from publisher.cli.editions import editions
from publisher.errors import PublisherError, UsageError
from publisher.testing import FakeProvider
from tests.ledger import NOW
from tests.project import ProjectDir
from tests.unit.app.project import edit


@pytest.fixture
def house(tmp_path):
    with FakeProvider("mailgun") as provider:
        ProjectDir(tmp_path, provider.url)
        app = App.open(tmp_path)
        key = app.keys.current("suppression")[1]
        imports.add_one(app.store, "ada@example.org", "daily", name="", hash_key=key, now=NOW, actor="test")
        app.poll_all()
        app.store.close()
        yield provider, tmp_path


def test_it_is_shown_asked_once_sent_and_then_asked_again(house, capsys, monkeypatch):
    provider, folder = house
    questions = []
    monkeypatch.setattr(command, "can_ask", lambda: True)
    monkeypatch.setattr(command, "confirm", lambda question, _: questions.append(question))
    breaking("2", to="daily", project=folder)
    said = capsys.readouterr().out
    assert said.startswith("breaking: now — Story 2: quay & harbour (article 2)\n\nletters: 1 person on daily\n")
    assert "  subject: Story 2: quay & harbour\n" in said
    assert provider.addresses() == ["ada@example.org"]
    breaking("2", to="daily", yes=True, project=folder)
    assert questions == ["Send it now?", "Send it again now?"]
    assert "  ! edition 1 (breaking article 2): letters to daily: 1 of 1 since " in capsys.readouterr().out
    editions(project=folder, as_json=False)
    assert "breaking" in capsys.readouterr().out


def test_without_a_terminal_yes_sends_it_and_only_again_sends_it_twice(house, capsys):
    provider, folder = house
    with pytest.raises(UsageError, match="this would go to real people"):
        breaking("2", to="daily", project=folder)
    capsys.readouterr()
    breaking("2", to="daily", yes=True, project=folder, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["state"], row["sent"]) == ("done", 1)
    with pytest.raises(UsageError, match=r"it went out already, or is about to: edition 1 .*Give --again"):
        breaking("2", to="daily", yes=True, project=folder)
    breaking("2", to="daily", yes=True, again=True, project=folder)
    assert len(provider.accepted) == 2


def test_what_a_check_blocks_is_refused_and_nothing_is_written(house, capsys):
    _, folder = house
    edit(folder, ("MAILGUN_API_KEY}", "NOBODY_SET_THIS}"))
    with pytest.raises(PublisherError, match=r"it can't go: .*NOBODY_SET_THIS.* is not set") as said:
        breaking("2", to="daily", yes=True, project=folder)
    assert said.value.exit_code == 1
    editions(project=folder)
    assert len(capsys.readouterr().out.splitlines()[-1].split("\t")) == 11, "the head alone"


def test_a_summary_without_a_headline_is_refused(house):
    with pytest.raises(UsageError, match="--summary goes with --title"):
        breaking("2", summary="words", project=house[1])
