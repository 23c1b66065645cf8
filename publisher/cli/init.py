"""`publisher init`: a working project from a site's address, in practice until the editor says otherwise."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

import typer

from publisher.cli.output import can_ask, say
from publisher.errors import PrivateAddressError, SourceError, UsageError

if TYPE_CHECKING:
    from publisher.model.article import Reading
    from publisher.model.project import Source


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
    source, reading = _look(said)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "templates").mkdir(exist_ok=True)
        text = _schedules(source, reading, name)
        (folder / "schedules.yaml").write_text(text, encoding="utf-8")
        (folder / ".gitignore").write_text(
            ".env\nkeys.json\npublisher.db*\npublisher.journal\npublisher-*.tar.gz\ninbox/\n", encoding="utf-8"
        )
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
    _say_what_next(folder, source.location, len(reading.articles))


def _ask() -> str:
    if not can_ask():
        raise UsageError(
            "it isn't said whose articles", remedy="Give the site's address: --site https://your-site.example"
        )
    return str(typer.prompt("Your site's address"))


def _look(said: str) -> tuple[Source, Reading]:
    """Find the source that is meant and read it once; it may stand in the own network where it does."""
    from publisher.model.project import Source
    from publisher.sources.base import open_source
    from publisher.sources.discover import discover
    from publisher.sources.fetch import Fetcher
    from publisher.sources.folder import FolderReader

    fetcher = Fetcher(user_agent="Publisher (init)")
    kind, location = discover(said, fetcher.allowing_private())
    if kind not in ("feed", "folder"):
        remedy = "Give the address of its feed, or of the site's front page"
        raise SourceError("this is a single article, not a source of new ones", where=said, remedy=remedy)
    if not urlsplit(location).scheme:
        location = str(Path(location).resolve())  # the project's folder is another place than this one
    source = Source("site", kind, location)
    try:
        # Nothing is taken yet: a file that was written just now counts as any other.
        reader = FolderReader(Path(location)) if kind == "folder" else open_source(source, location, fetcher, Path())
        reading = reader.read(None)
    except PrivateAddressError:
        source = replace(source, allow_private=True)
        reading = open_source(source, location, fetcher.allowing_private(), Path()).read(None)
    for problem in (*reading.problems, *reading.remarks):
        sys.stderr.write(f"{location}: {problem}\n")
    return source, reading


def _schedules(source: Source, reading: Reading, name: str) -> str:
    place = urlsplit(reading.site_url or source.location)
    host = place.hostname or "example.org"
    title = name or reading.title or host
    private = "\n    allow_private: true   # it stands in the own network" if source.allow_private else ""
    return PROJECT.format(
        name=_quoted(title),
        url=_quoted(reading.site_url or _front_page(place) or f"https://{host}"),
        sender=_sender(title, host.removeprefix("www.")),
        language=_quoted(_language(reading.language or "en")),
        kind=source.kind,
        location=_quoted(source.location) + private,
        timezone=_quoted(_zone()),
    )


def _front_page(place: SplitResult) -> str:
    from publisher.sources.address import shown

    return shown(f"{place.scheme}://{place.netloc}") if place.hostname else ""


def _language(stated: str) -> str:
    """Return the source's language; English where what it states is none."""
    from publisher.config.values import language

    try:
        return language(stated)
    except ValueError:
        return "en"


def _sender(title: str, host: str) -> str:
    """Return who the mail comes from; where the site's host takes no mail, an address that is plainly to be changed."""
    from publisher.config.values import TO_BE_CHANGED, is_nobodys, mailbox

    with suppress(ValueError):
        mailbox(f"{title} <news@{host}>")
        if not is_nobodys(host):
            return _quoted(f"{title} <news@{host}>")
    return _quoted(TO_BE_CHANGED) + "   # change this: the address that your mail comes from"


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
  daily: {{title: The morning’s news}}

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
    say("  publisher plan              # what would go out")
    say("  publisher preview morning   # how it would look")
    say("  publisher send morning      # now, to the built-in inbox")
    say("  publisher run               # on schedule, with the console")
    say("  publisher check             # what is wrong, and what is missing for the real thing")
