"""`publisher init`: a working project from a site's address, in practice until the editor says otherwise."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from publisher.cli.output import can_ask, say
from publisher.errors import SourceError, UsageError

if TYPE_CHECKING:
    from publisher.model.article import Reading


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new project's folder.")],
    site: Annotated[str, typer.Option(help="The site's address, its feed, a file or a folder.")] = "",
    name: Annotated[str, typer.Option(help="The publication's name. Empty: what the source calls itself.")] = "",
) -> None:
    """Write a working project: schedules.yaml, templates/, keys. It starts in practice."""
    from publisher.config.keys import KeyRing

    if (folder / "schedules.yaml").exists():
        if not (folder / "keys.json").exists() and not (folder / "publisher.db").exists():
            KeyRing.create(folder / "keys.json")  # a schedule file came with git, and keys never do
            say(f"{folder / 'schedules.yaml'} stays as it is; {folder / 'keys.json'} is made")
            return
        remedy = "Change that file, or name another folder"
        raise UsageError("there is a project already", where=str(folder / "schedules.yaml"), remedy=remedy)
    said = site or _ask()
    kind, location, reading = _look(said)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "templates").mkdir(exist_ok=True)
        text = _schedules(kind, location, reading, name)
        (folder / "schedules.yaml").write_text(text, encoding="utf-8")
        (folder / ".gitignore").write_text(".env\nkeys.json\npublisher.db*\ninbox/\n", encoding="utf-8")
        if not (folder / ".env").exists():
            descriptor = os.open(folder / ".env", os.O_CREAT | os.O_WRONLY, 0o600)
            os.write(
                descriptor, b"# NAME=value, one per line; schedules.yaml says ${NAME} under channels: and sources:\n"
            )
            os.close(descriptor)
        if not (folder / "keys.json").exists():
            KeyRing.create(folder / "keys.json")
    except OSError as error:
        raise UsageError(
            f"can't write there: {error.strerror}", where=str(folder), remedy="Name another folder"
        ) from error
    _say_what_next(folder, location, len(reading.articles))


def _ask() -> str:
    if not can_ask():
        raise UsageError("whose articles?", remedy="Give the site's address: --site https://your-site.example")
    return str(typer.prompt("Your site's address"))


def _look(said: str) -> tuple[str, str, Reading]:
    from publisher.model.project import Source
    from publisher.sources.base import open_source
    from publisher.sources.discover import discover
    from publisher.sources.fetch import Fetcher

    fetcher = Fetcher(user_agent="Publisher (init)", allow_private=True)
    kind, location = discover(said, fetcher)
    if kind not in ("feed", "folder"):
        remedy = "Give the address of its feed, or of the site's front page"
        raise SourceError("this is a single article, not a source of new ones", where=said, remedy=remedy)
    if not urlsplit(location).scheme:
        location = str(Path(location).resolve())  # the project's folder is another place than this one
    source = Source("site", kind, location, allow_private=True)
    reading = open_source(source, location, fetcher, Path()).read(None)
    for problem in reading.problems:
        sys.stderr.write(f"{location}: {problem}\n")
    return kind, location, reading


def _schedules(kind: str, location: str, reading: Reading, name: str) -> str:
    host = urlsplit(reading.site_url or location).hostname or "example.org"
    title = name or reading.title or host
    return PROJECT.format(
        name=_quoted(title),
        url=_quoted(reading.site_url or f"https://{host}"),
        sender=_quoted(f"{title} <news@{host.removeprefix('www.')}>"),
        language=_quoted((reading.language or "en").replace("_", "-")),
        kind=kind,
        location=_quoted(location),
        timezone=_quoted(_zone()),
    )


def _quoted(text: str) -> str:
    """Write a text so that YAML reads back exactly this."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"').replace("${", "$ {") + '"'


def _zone() -> str:
    """Return this machine's IANA zone, as the operating system names it; UTC where it doesn't."""
    target = os.path.realpath("/etc/localtime")
    return target.partition("/zoneinfo/")[2] or "UTC"


PROJECT = """\
# What goes out when. `publisher check` reads this file and says what is wrong or missing; every key: docs/schedules.md
version: 1
practice: true            # every mail and post goes to the built-in inbox. Take this line out for the real thing.

publication:
  name: {name}
  url: {url}
  from: {sender}
  timezone: {timezone}
  language: {language}
  # public_url: https://letters.your-site.example     # where readers reach Publisher, to unsubscribe
  # address: Your postal address                      # the law asks for it in every newsletter

sources:
  site:
    {kind}: {location}
    every: 5m
    backfill: 5           # the newest 5 articles may go out; the others were there before us

lists:
  daily: {{title: The morning's news}}

channels:
  letters: {{sender: mailpit, base_url: "http://127.0.0.1:8025/inbox"}}

schedules:
  morning:
    when: {{at: "07:00", days: mon-fri}}
    pick: {{from: [site], at_most: 8}}
    send:
      - {{via: letters, to: daily}}
"""


def _say_what_next(folder: Path, location: str, found: int) -> None:
    from publisher.model.counting import many

    say(f"A project stands in {folder}: {many(found, 'article')} at {location}.")
    say("Next:")
    say(f"  cd {folder}")
    say("  publisher subscribers add you@your-site.example --list daily")
    say("  publisher plan            # what would go out")
    say("  publisher send morning    # now, to the built-in inbox")
    say("  publisher run             # on schedule, with the console")
