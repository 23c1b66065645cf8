"""A small project for tests, and ways to change one place of it."""

from publisher.config.schedules import parse_project
from publisher.errors import ConfigError

BASE = """\
publication:
  name: Harbor Gazette
  url: https://harbor.example
  from: Harbor Gazette <news@harbor.example>
  timezone: Europe/Lisbon
sources:
  site: {feed: https://harbor.example/feed}
lists:
  daily: {title: Morning briefing}
  weekly: {}
channels:
  letters: {sender: mailpit}
  mastodon: {sender: mastodon}
schedules:
  morning:
    when: {at: "07:00"}
    pick: {from: site}
    send:
      - {via: letters, to: daily}
"""


def with_line(old: str, new: str) -> str:
    """Return the project with one of its lines, or a part of one, written differently."""
    assert BASE.count(old) == 1
    return BASE.replace(old, new)


def problems_of(text: str) -> tuple[str, ...]:
    """Return what is wrong with a text, without the file's name."""
    try:
        parse_project(text)
    except ConfigError as error:
        return tuple(line.removeprefix("schedules.yaml:") for line in error.problems)
    return ()


def schedule(when: str = '{at: "07:00"}', pick: str = "{}", send: str = "[{via: letters, to: daily}]", more: str = ""):
    """Return the one schedule of the project with these parts."""
    head, _ = BASE.split("schedules:\n")
    text = f"{head}schedules:\n  morning:\n    when: {when}\n    pick: {pick}\n    send: {send}\n{more}"
    return parse_project(text).schedules["morning"]
