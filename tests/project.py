"""A project directory as an editor has one, and the command line as an operator types it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryFile
from xml.sax.saxutils import escape

from publisher.config.keys import KeyRing
from tests.command import Command

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
  site:
    feed: feed.xml
    every: 1m
    backfill: {backfill}
lists:
  daily: {{title: Morning briefing, about: The day's news at seven}}
channels:
  letters:
{channel}
schedules:
  morning:
    when: {{{when}}}
    pick: {{from: [site], at_most: 8}}
    send:
      - {{via: letters, to: daily}}
"""

MAILGUN = {"sender": "mailgun", "domain": "mg.harbor.example", "api_key": "${MAILGUN_API_KEY}"}
WEBHOOK = {"sender": "webhook", "url": "https://hooks.harbor.example/in", "secret": "${WEBHOOK_SECRET}"}
SECRETS = "MAILGUN_API_KEY=key-0123456789\nWEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"


class ProjectDir:
    """A project with a feed of numbered stories and one list."""

    def __init__(
        self,
        folder: Path,
        base_url: str,
        *,
        channel: dict[str, str] = MAILGUN,
        when: str = 'at: "07:00"',
        backfill: int = 3,
        secrets: str = SECRETS,
        plugins: Path | None = None,
    ) -> None:
        self.folder = folder
        self.plugins = plugins  # a folder with packages that are installed beside ours
        options = {**channel, "base_url": base_url}
        lines = "\n".join(f"    {name}: {value}" for name, value in options.items())
        text = PROJECT.format(channel=lines, when=when, backfill=backfill)
        (folder / "schedules.yaml").write_text(text, encoding="utf-8")
        (folder / ".env").write_text(secrets)
        KeyRing.create(folder / "keys.json")
        self.publish(3)

    def publish(self, count: int) -> None:
        """Let the feed hold stories 1 … count."""
        self.publish_in(self.folder, count)

    @staticmethod
    def publish_in(folder: Path, count: int, since: int = 1) -> None:
        """Write the feed of a project, whole at any moment."""
        items = "".join(_item(number) for number in range(count, since - 1, -1))
        head = "<title>Harbor Gazette</title><link>https://harbor.example</link>"
        path = folder / "feed.new"
        path.write_text(f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>')
        path.replace(folder / "feed.xml")

    def subscribe(self, count: int, timeout: float = 120) -> None:
        """Put readers 0 … count-1 on the list, through the command."""
        rows = "".join(f"reader{number}@example.org,Reader {number}\n" for number in range(count))
        (self.folder / "people.csv").write_text("email,name\n" + rows)
        self.publisher("subscribers", "import", "people.csv", "--list", "daily", timeout=timeout)

    def publisher(self, *words: str, code: int = 0, timeout: float = 120) -> str:
        """Run the command here; fail unless it ends with this code. Return what it printed, stdout first."""
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            command = Command(words, cwd=self.folder, env=environment(self.plugins), stdout=out, stderr=err)
            try:
                ended = command.wait(timeout)
            finally:
                command.kill()
            out.seek(0)
            err.seek(0)
            said = out.read() + err.read()
        assert ended == code, said
        assert "Traceback" not in said
        return said

    def json(self, *words: str):
        """Run a command with --json and return what it says."""
        return json.loads(self.publisher(*words, "--json"))


def environment(plugins: Path | None = None) -> dict[str, str]:
    places = [str(place) for place in (Path(__file__).parents[1], plugins) if place]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places), "COLUMNS": "200"}


def _item(number: int) -> str:
    published = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=number)
    title = escape(f"Story {number}: quay & harbour")
    link = f"https://harbor.example/{number}"
    date = format_datetime(published)
    text = f"<description>What happened at the quay, number {number}.</description>"
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate>{text}</item>"
