"""`publisher plan` and `send --dry-run` show what an edition would carry, for people and as JSON."""

from __future__ import annotations

import json
from datetime import timedelta

from typer.testing import CliRunner

from publisher.cli.commands import cli
from publisher.clock import now
from tests.ledger import Clock
from tests.unit.app.project import compose_now, open_with_press, write_feed


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, [*words], catch_exceptions=False)
    return done.stdout


def test_corrections_are_shown_beside_what_goes_and_what_stays_out(tmp_path):
    app = open_with_press(tmp_path, Clock(now() - timedelta(hours=2)))
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", first="A first word")
    compose_now(app)
    write_feed(tmp_path / "feed.xml", ferry="The ferry is back", bridge="The bridge stays shut", first="A first word")
    for command in (["plan", "morning"], ["send", "morning", "--dry-run"]):
        shown = [line.split() for line in run(*command, "--project", str(tmp_path)).splitlines()]
        assert ["in", "Ferry", "new", "at", "the", "source"] in shown
        assert ["named", "Bridge", "changed", "since", "edition", "2", "(on_update)"] in shown
        said = json.loads(run(*command, "--json", "--project", str(tmp_path)))
        (only,) = said if command[0] == "plan" else [said]
        assert [each["title"] for each in only["named"]] == ["Bridge"]
        assert [each["title"] for each in only["articles"]] == ["Ferry"]
