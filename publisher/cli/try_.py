"""`publisher try`: the whole job with any site, feed, file, folder or article, into the built-in inbox."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from publisher.cli.output import say, table

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.model.article import Reading
    from publisher.model.project import Project
    from publisher.sources.discover import Found

AT_MOST = 30  # stories in one mail: more would run into Gmail's clip
READERS = (("ada@example.org", "Ada Lovelace"), ("grace@example.org", "Grace Hopper"), ("reader@example.org", ""))


def try_source(
    source: Annotated[str, typer.Argument(help="A site, a feed, a file, a folder or an article.")],
    once: Annotated[bool, typer.Option("--once", help="End after the last delivery.")] = False,
    out: Annotated[Path | None, typer.Option(help="Leave mail, posts, log and pages here as files.")] = None,
    port: Annotated[int, typer.Option(help="Where the page is. 0: any free port.")] = 0,
) -> None:
    """Read a source, make the mail and the posts, deliver them to the built-in inbox, and show them."""
    # A closed window or a stopped container ends as Ctrl-C does: what was made for the trial is removed.
    for wanted in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, lambda *_: sys.exit(1))
    stays = sys.stdout.isatty() and not once
    target = out if out is not None else None if stays else Path("publisher-try")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="publisher-try-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        app = _make_project(folder, source)
        edition_id = _deliver(app, stack, port)
        if edition_id is None:
            raise typer.Exit(1)
        if target is not None:
            _leave_files(app, edition_id, target)
        if stays:
            say(f"\nSee the mail and the posts: {app.inbox}/editions/{edition_id}   (Ctrl-C ends)")
            _wait()


def _make_project(folder: Path, said: str) -> App:
    """Read the source once into a practice project of its own, and say what was wrong with it."""
    from publisher.app import App, versions
    from publisher.app.ledger import DATABASE
    from publisher.config.keys import KeyRing
    from publisher.config.settings import Settings
    from publisher.errors import SourceError
    from publisher.pipeline import collect
    from publisher.sources.discover import read_anything
    from publisher.sources.fetch import Fetcher
    from publisher.store import Store

    found, reading = read_anything(said, Fetcher(user_agent="Publisher (try)", allow_private=True))
    for problem in (*reading.problems, *reading.remarks):
        sys.stderr.write(f"{found.location}: {problem}\n")
    if not reading.articles:
        raise SourceError("there are no articles", where=found.location, remedy="Try another address of the site")
    keys = KeyRing.create(folder / "keys.json")
    app = App(folder, _project(found), Store.create(folder / DATABASE), keys, Settings.load(folder))
    app.project = _named_after(app.project, reading)
    versions.accepted(app)
    collect.record(app.store, app.project.sources["source"], reading, app.clock())
    return app


def _named_after(project: Project, reading: Reading) -> Project:
    """Call the publication what the source calls itself: nobody was asked for a name."""
    from dataclasses import replace

    paper = project.publication
    name = reading.title or paper.name
    language = (reading.language or paper.language).replace("_", "-")
    url = reading.site_url or paper.url
    return replace(project, publication=replace(paper, name=name, from_name=name, url=url, language=language))


def _project(found: Found) -> Project:
    from dataclasses import replace

    from publisher.config.schedules import parse_project

    host = urlsplit(found.location).hostname or "example.org"
    project = parse_project(TRY.format(host=host, at_most=AT_MOST), name="publisher try")
    location = found.location
    if not urlsplit(location).scheme:
        location = str(Path(location).resolve())  # the project's folder is another place than this one
    source = replace(project.sources["source"], kind=found.kind, location=location, backfill=sys.maxsize)
    return replace(project, sources={"source": source}, notes=())


TRY = """\
version: 1
practice: true
publication:
  name: {host}
  url: https://{host}
  from: {host} <news@example.org>
  address: Your postal address stands here
  timezone: UTC
  language: en
sources:
  source: {{feed: placeholder}}
lists:
  readers: {{title: The newsletter}}
channels:
  letters: {{sender: mailpit}}
  mastodon: {{sender: mastodon, instance: "https://mastodon.example", token: "${{TOKEN}}"}}
  webhook: {{sender: webhook, url: "https://hooks.example", secret: "${{SECRET}}"}}
schedules:
  try:
    when: {{every: 1d}}
    pick: {{at_most: {at_most}}}
    send:
      - {{via: letters, to: readers}}
      - {{via: mastodon}}
      - {{via: webhook}}
"""


def _deliver(app: App, stack: ExitStack, port: int) -> int | None:
    """Run the main job once; return its edition, or None where there was nothing to send."""
    from publisher.app import composing
    from publisher.audience import imports
    from publisher.cli.books import print_books
    from publisher.cli.send import say_what_waits
    from publisher.runtime.embedded import drain
    from publisher.store import processes
    from publisher.web.inbox import Inbox
    from publisher.web.server import Server, make_app

    app.process_id = stack.enter_context(processes.at_work(app.store, "try", app.clock()))
    server = Server(make_app(app, Inbox(app.folder / "inbox")), port)
    server.start()
    stack.callback(server.stop)
    app.inbox = server.url
    key = app.keys.current("suppression")[1]
    for email, name in READERS:
        imports.add_one(app.store, email, "readers", name=name, hash_key=key, now=app.clock(), actor=app.actor)
    composed = composing.compose_known(app, app.schedule("try"), composing.manual_slot(app), actor=app.actor)
    if composed.edition_id is None or composed.choice.skipped:
        say(f"Nothing to send: {composed.choice.skipped}")
        return None
    made = [composed.edition_id]
    told = set[str]()
    drain(app.sending.duties(), lambda: app.sending.is_over(made), lambda: say_what_waits(app, made, told))
    _print_log(app, composed.edition_id)
    print_books(app, made)  # and no command: its project is gone in a moment
    return composed.edition_id


def _print_log(app: App, edition_id: int) -> None:
    from publisher.cli.log import COLUMNS, WHERE_USED, line
    from publisher.store import log

    with app.store.read() as conn:
        found = log.find(conn, log.Filter(edition_id=edition_id))
    table("Send log", COLUMNS, [line(row, app.zone) for row in reversed(found)], WHERE_USED)


def _leave_files(app: App, edition_id: int, out: Path) -> None:
    from publisher.errors import UsageError
    from publisher.web.showcase import write_out

    try:
        write_out(app, edition_id, out)
    except OSError as error:
        raise UsageError(f"can't write there: {error.strerror}", where=str(out), remedy="Give another --out") from error
    say(f"\nSee the mail and the posts: {(out / 'index.html').resolve()}")


def _wait() -> None:
    try:
        Event().wait()
    except KeyboardInterrupt:
        say()
