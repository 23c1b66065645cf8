"""`publisher diff`: what it says of sources and schedules."""

from __future__ import annotations

import json

from publisher.app import App, versions
from publisher.cli.diff import diff
from tests.ledger import Clock
from tests.unit.app.project import EVENING, edit, open_with_press


def test_sources_that_come_go_and_change_are_named(tmp_path, capsys):
    versions.accepted(open_with_press(tmp_path, Clock(EVENING)))
    diff(project=tmp_path)
    assert capsys.readouterr().out == "nothing changes in the next 7 days\n"
    edit(
        tmp_path,
        ("  press:\n    feed: press.xml\n", "  wire: {feed: wire.xml, backfill: 2}\n  cms: {push: true}\n"),
        ("from: [site, press]", "from: [site]"),
        ("feed: feed.xml\n    every: 1m", "feed: other.xml\n    every: 2m"),
    )
    diff(project=tmp_path)
    said = capsys.readouterr().out
    assert said.startswith(
        "source site: changed\n  is read differently: address, every\n"
        "source wire: added\n  what it has at its first look was there before, and is not sent, "
        "but for the newest 2 (backfill)\n"
        "source cms: added\n  takes articles from the first one on\n"
        "source press: removed\n  brings nothing more; what it has brought stays in the ledger\n"
        "morning: changed\n"
    )
    diff(project=tmp_path, as_json=True)
    kinds = {each.get("source") or each["schedule"]: each["kind"] for each in json.loads(capsys.readouterr().out)}
    assert kinds == {"site": "changed", "wire": "added", "cms": "added", "press": "removed", "morning": "changed"}


def test_where_only_sources_change_that_is_not_called_nothing(tmp_path, capsys):
    versions.accepted(open_with_press(tmp_path, Clock(EVENING)))
    edit(tmp_path, ("lists:\n", "  cms: {push: true}\nlists:\n"))
    diff(project=tmp_path)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "source cms: added"
    assert said[-1] == "no schedule changes in the next 7 days"


def test_the_end_of_practice_is_said_first_and_loudest(tmp_path, capsys):
    app = open_with_press(tmp_path, Clock(EVENING))
    edit(tmp_path, ("publication:\n", "practice: true\npublication:\n"))
    versions.accepted(App.open(tmp_path, app.clock))
    edit(tmp_path, ("practice: true\n", ""), ('"07:00"', '"07:30"'))
    diff(project=tmp_path)
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["! From now on real people get this: practice is over", "morning: changed"]
    diff(project=tmp_path, as_json=True)
    assert json.loads(capsys.readouterr().out)[0] == {"key": "practice", "was": "true", "now": ""}
