"""`alerts:`: addresses and channels, and a heartbeat whose address may be a secret."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.config.schedules import parse_project
from publisher.config.settings import Settings
from publisher.errors import ConfigError

BASE = """\
version: 1
publication: {name: Harbor Gazette, url: https://harbor.example, from: news@harbor.example}
channels:
  ops: {sender: mailpit}
alerts:
"""


def read(lines):
    return parse_project(BASE + lines).alerts


def test_addresses_and_channels_are_told_apart():
    alerts = read("  to: [desk@harbor.example, ops]\n  every: 5m\n")
    assert alerts.addresses == ("desk@harbor.example",)
    assert alerts.channels == ("ops",)
    assert alerts.every == timedelta(minutes=5)


def test_the_heartbeat_may_be_a_name_that_is_filled_in_and_is_missed_where_it_is_not_set():
    project = parse_project(BASE + "  heartbeat: ${HEARTBEAT_URL}\n")
    settings = Settings({"HEARTBEAT_URL": "https://watch.example/secret"})
    assert settings.resolve(project.alerts.heartbeat) == "https://watch.example/secret"
    assert "secret" not in repr(project)
    [note] = Settings({}).missing(project)
    assert str(note).startswith("schedules.yaml:5:1: ${HEARTBEAT_URL} is not set")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("  to: [desk@]\n", "is not an e-mail address"),
        ("  to: [opps]\n", "there is no channel `opps`. Did you mean `ops`?"),
        ('  to: "${X}"\n', "`${NAME}` is filled in under `channels:` and `sources:` only"),
        ("  heartbeat: watch.example\n", "is not a web address"),
        ("  every: 0\n", "is no time at all"),
    ],
)
def test_what_cannot_be_meant_is_said(lines, said):
    with pytest.raises(ConfigError) as caught:
        read(lines)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems
