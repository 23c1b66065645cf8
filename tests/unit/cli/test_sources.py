"""`publisher sources`: what it says of each, and how one is started again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from publisher.app import App
from publisher.cli.commands import cli
from publisher.errors import SourceError, UsageError
from publisher.model.article import Article, Reading
from publisher.model.source import Manners
from publisher.pipeline import polls, push
from publisher.store import processes
from tests.ledger import NOW, Clock
from tests.project import ProjectDir
from tests.unit.app.project import edit

CMS = ("lists:\n", "  cms: {push: true}\nlists:\n")


@pytest.fixture
def app(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    return App.open(tmp_path)


def run(app: App, *words: str) -> str:
    done = CliRunner().invoke(cli, ["sources", "--project", str(app.folder), *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def note(app: App, what: Reading | SourceError) -> None:
    source = app.project.sources["site"]
    with app.store.write() as conn:
        write = polls.note_good if isinstance(what, Reading) else polls.note_bad
        write(conn, polls.row_of(conn, source), source, what, NOW)


def test_a_source_that_was_never_asked_is_asked_now(app):
    (only,) = json.loads(run(app, "--json"))
    assert (only["name"], only["state"], only["good_at"], only["next_poll_at"]) == ("site", "never asked", None, None)


def test_a_source_that_rests_says_why_and_until_when(app):
    note(app, Reading(manners=Manners(app.project.sources["site"].every * 4, "ttl"), title="Harbor Gazette"))
    said = run(app)
    assert "well" in said
    assert "site: it asks for " in said
    assert "(ttl)" in said


def test_a_source_that_is_gone_says_how_to_start_it_and_when_it_is_asked(app):
    note(app, SourceError("is gone for good (410)", where="site", remedy="Give it its new address.", status=410))
    said = run(app)
    assert said.count("new address") == 1
    assert "stopped" in said
    assert "site: is gone for good (410)" in said
    assert "publisher sources --start site" in said
    assert "site: is asked when `publisher run` or a send comes next" in run(app, "--start", "site")
    with processes.at_work(app.store, "run", app.clock()):
        assert "site: is asked at once" in run(app, "--start", "site")


def test_a_draft_or_an_empty_folder_is_said_of_a_source_that_is_well(app):
    note(app, Reading(remarks=("two.md: it is marked as a draft",)))
    said = run(app)
    assert "well" in said
    assert "site: two.md: it is marked as a draft" in said


def test_what_was_wrong_before_is_not_said_of_a_source_that_is_gone(app):
    note(app, Reading(problems=("the document breaks off",)))
    assert "in part" in run(app)
    note(app, SourceError("is gone for good (410)", where="site", status=410))
    assert "breaks off" not in run(app)


def test_a_source_that_is_well_is_asked_at_once_too(app):
    note(app, Reading(title="Harbor Gazette"))
    (before,) = json.loads(run(app, "--json"))
    (after,) = json.loads(run(app, "--start", "site", "--json"))
    assert (before["state"], after["state"]) == ("well", "well")
    assert before["next_poll_at"] is not None
    assert after["next_poll_at"] is None


def test_a_source_whose_articles_come_by_themselves_says_when_the_last_came(app):
    edit(app.folder, CMS)

    def shown() -> list[str]:
        return next(line for line in run(app).splitlines() if "cms" in line).split()

    assert shown() == ["cms", "push", "nothing", "yet", "comes", "by", "itself"]
    cms = App.open(app.folder, Clock(NOW)).project.sources["cms"]
    for hours in range(3):
        push.push(app.store, cms, Article("Ferry", guid=f"{hours}"), NOW + timedelta(hours=hours))
    assert shown() == ["cms", "push", "well", "2026-11-24", "09:00:00", "WET", "comes", "by", "itself"]
    last = json.loads(run(app, "--json"))[-1]
    assert (last["every"], last["next_poll_at"], last["good_at"]) == (None, None, "2026-11-24T09:00:00+00:00")


def test_a_source_whose_articles_come_by_themselves_is_asked_for_nothing(app):
    edit(app.folder, CMS)
    with pytest.raises(UsageError, match="cms is asked for nothing: its articles come by themselves"):
        run(app, "--start", "cms")


def test_a_name_that_is_no_source_is_told_the_nearest_there_is(app):
    with pytest.raises(UsageError) as caught:
        run(app, "--start", "sight")
    assert caught.value.remedy == "Did you mean `site`?"
