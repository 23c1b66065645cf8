"""A newsroom's week: what every reader got and every network was told is what the editors meant."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.acceptance.newsroom import Newsroom

MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Lisbon"))
PROJECT = """\
version: 1
publication:
  name: Harbor Gazette
  url: https://harbor.example
  public_url: https://letters.harbor.example
  from: Harbor Gazette <news@harbor.example>
  address: 1 Quay Street, Harbor
  timezone: Europe/Lisbon
  language: en
sources:
  site: {{feed: feed.xml, every: 5m}}
lists:
  daily: {{title: Morning briefing}}
channels:
  letters: {{sender: mailgun, base_url: "{mailgun}", domain: mg.harbor.example, api_key: key-0123456789}}
  toots: {{sender: mastodon, instance: "{mastodon}", token: mastodon-t0ken}}
schedules:
  morning:
    when: {{at: "07:00", days: mon-fri, prepare: 45m}}
    pick: {{from: site, at_most: 4}}
    send:
      - {{via: letters, to: daily}}
      - {{via: toots}}
"""


def test_a_week(tmp_path):
    with Newsroom(tmp_path, PROJECT, ["mailgun", "mastodon"], MONDAY) as room:
        room.publish("old", "An old story")
        room.at("mon 01:00")
        room.subscribe("daily", "ada@example.org", "ben@example.org")
        room.publish("bridge", "The bridge opens")
        room.publish("ferry", "The ferry is back")
        room.publish("budget", "The budget fails")
        room.at("mon 06:40")
        room.type("edition", "morning", "--drop", room.number("budget"), "--order", room.number("ferry"))
        room.type("note", "morning", str(room.write("note.md", "# Good morning\n\nIt rains.")))
        room.publish("late", "A late story")
        room.at("mon 07:10")
        room.publish("tuesday", "What Tuesday brings")
        room.at("tue 07:30")
        assert room.subjects("ada@example.org") == [
            ("mon 07:00", "The ferry is back"),
            ("tue 07:00", "What Tuesday brings"),
        ]
        assert "It rains." in room.inboxes["ben@example.org"][0].text
        assert "A late story" in room.inboxes["ben@example.org"][0].text
        assert "budget" not in str(room.inboxes)
        assert [each[:2] for each in room.said] == [("mon 07:00", "mastodon posts"), ("tue 07:00", "mastodon posts")]
        assert "the books balance" in room.type("verify")
