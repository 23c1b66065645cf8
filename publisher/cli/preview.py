"""`publisher preview`: what a schedule's next slot would send, as its readers would get it."""

from __future__ import annotations

import signal
import sys
import webbrowser
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlencode

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import ProjectDir, local, reason_lines, say
from publisher.cli.plan import audience_words, what_waits

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.preview import Preview
    from publisher.web.message_views import EntryView


def preview(
    schedule: Annotated[str, typer.Argument(help="A schedule, or its edition in a language: morning/pt.")],
    as_: Annotated[str, typer.Option("--as", help="For this subscriber: their own values and lists.")] = "",
    at: Annotated[str, typer.Option(help="The slot of then, or the next after it: 2026-11-24T07:00.")] = "",
    out: Annotated[Path | None, typer.Option(help="Leave the page as files in this folder of their own.")] = None,
    opened: Annotated[
        bool, typer.Option("--open", help="Show the page in the browser, and follow the files until Ctrl-C.")
    ] = False,
    project: ProjectDir = Path(),
) -> None:
    """Show what the next slot would send: words, sizes, counts, checks. Runs the real thing and writes nothing."""
    from publisher.app.looking import look
    from publisher.app.plan import moment_said
    from publisher.app.preview import preview as make

    app = open_app(project)
    chosen = [app.edition_to_come(schedule)] if out is not None else app.editions_of(schedule)
    moment, looked = moment_said(at, app.zone) if at else None, look(app, chosen)
    previews = [make(app, each, moment, email=as_, looked=looked) for each in chosen]
    for number, made in enumerate(previews):
        if number:
            say()
        show(made, app)
    if out is not None:
        _leave_files(app, previews[0], out)
    if opened:
        _open(app, schedule, as_, at)
    elif out is None:
        say(f"\nTo see it as people will: publisher preview {schedule} --open")
    if app.trouble or any(made.is_held for made in previews):
        raise typer.Exit(1)


def show(made: Preview, app: App) -> None:
    """Print what would be sent for people."""
    from publisher.web.message_views import entry_views

    plan = made.plan
    due = "on every new article" if plan.schedule.when.new else local(plan.slot.due_at, app.zone)
    say(f"{plan.schedule.label}: {due}, as {made.reader.email or 'a made-up reader'} would get it")
    for problem in plan.problems:
        say(f"  ! {problem}")
    for line in what_waits(plan):
        say(line)
    if made.is_example:
        say(f"  ! nothing would go out: {plan.choice.skipped}")
        say(f"    this is how {'the newest articles' if made.instead else 'a made-up article'} would look")
    for entry in entry_views(app, made):
        _show_entry(entry, made.reader.email, plan.editions)


def _show_entry(entry: EntryView, email: str, editions: int) -> None:
    from publisher.web.pages import size

    posts = len(entry.post.parts) if entry.post else 1
    say(f"\n{entry.entry.via}: {audience_words(entry.entry, entry.audience, editions, posts)}")
    if entry.ends:
        say(f"  {entry.ends}")
    if entry.left_out:
        say(f"  ! {email} would not get it: {entry.left_out}")
    if entry.mail:
        for name, subject in zip("AB", entry.subjects, strict=False):
            say(f"  subject {name}: {subject}")
        if entry.tried:
            say(f"  {entry.tried}; what follows is subject A's")
        say(f"  subject: {entry.mail.subject}\n  from:    {entry.mail.sender}")
        say(f"  size:    {size(entry.mail.html_bytes)} of HTML, {size(entry.mail.text_bytes)} of text")
    for text, count in entry.post.parts if entry.post else ():
        assert entry.post is not None  # noqa: S101 -- it has these parts
        say("\n".join(f"  | {line}".rstrip() for line in text.splitlines()))
        say(f"  {count:,}{f' of {entry.post.limit:,}' if entry.post.limit else ''} {entry.post.units}")
    if entry.post and entry.post.attached:
        picture = entry.post.attached
        say(f"  picture: {picture.alt or 'nobody has described it'} ({picture.url})")
    for line in reason_lines(entry.entry.via, "held", entry.findings):
        say(f"  {line}")
    if not entry.findings:
        say("  every check is passed")


def _leave_files(app: App, made: Preview, out: Path) -> None:
    from publisher.errors import UsageError
    from publisher.web.previews import write_files

    try:
        write_files(app, made, out)
    except OSError as error:
        raise UsageError(f"can't write there: {error.strerror}", where=str(out), remedy="Give another --out") from error
    say(f"\nSee it: {(out / 'index.html').resolve()}")


def _open(app: App, schedule: str, email: str, at: str) -> None:
    """Serve the console's page on this machine until it is told to stop; it shows what the editor saves."""
    from publisher.web.inbox import Inbox
    from publisher.web.server import Server, make_app

    stop = Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    server = Server(make_app(app, Inbox(app.folder / "inbox")))
    server.start()
    name, _, language = schedule.partition("/")
    said = urlencode({word: value for word, value in (("as", email), ("at", at), ("language", language)) if value})
    address = f"{server.url}/schedules/{quote(name, safe='')}/preview{'?' if said else ''}{said}"
    say(f"\nSee it: {address}   (Ctrl-C ends)")
    sys.stdout.flush()
    webbrowser.open(address)
    stop.wait()
    server.stop()
