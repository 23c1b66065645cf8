"""`publisher correct`: an edition's words are put right for everybody who can be reached, and the others are named."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.at_work import heir
from publisher.cli.files import named, text_in
from publisher.cli.hold import Why, Yes
from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, confirm, say, say_json, tell
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.corrections import Account
    from publisher.app.errata import Prepared

Note = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Markdown on top of its mails, as a correction; - for what is piped in."),
]
NoNote = Annotated[bool, typer.Option("--no-note", help="Take the note of an earlier correction off.")]
Subject = Annotated[str | None, typer.Option(help="The subject of its mails from now on, as in schedules.yaml.")]
Mailed = Annotated[bool, typer.Option("--mail", help="Mail the right words to whoever has the old ones.")]


def correct(
    edition: Annotated[str, typer.Argument(help="A number, `morning` (its latest) or `morning@2026-11-24`.")],
    note: Note = None,
    no_note: NoNote = False,
    subject: Subject = None,
    mail: Mailed = False,
    why: Why = "",
    yes: Yes = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Put an edition's words right: for who is still to get it, in the archive, and in posts where networks can."""
    from publisher.app import corrections, errata, standing

    app = open_app(project)
    edition_id = app.edition(edition)
    title = standing.edition_title(app.store, edition_id, app.zone)
    errata.require_gone_out(app, edition_id)
    text = _note(app, note, is_none=no_note)
    for line in errata.ask_sources(app, edition_id):
        tell(line)
    prepared = errata.prepare(app, edition_id, note=text, subject=subject, mail=mail)
    errata.require_fit(prepared, title)
    if prepared.is_nothing:
        _say_nothing_differs(app, edition_id, title, as_json)
        raise typer.Exit(1)
    if not as_json:
        _show_differences(prepared)
    if not yes:
        confirm(f"Correct {title}?", "readers and networks get these words")
    with ExitStack() as stack:
        _carry_out(app, stack, edition_id, prepared, why)
    found = corrections.account_of(app, edition_id)
    if as_json:
        say_json({"edition": edition_id, "changes": _plain_changes(prepared), **_plain(found)})
    else:
        tell(f"{title}: corrected")
        _show(found)
        for line in corrections.next_steps(app, edition_id, found):
            say(line)
    if not found.is_done:
        raise typer.Exit(1)


def _note(app: App, path: Path | None, *, is_none: bool) -> str | None:
    """Return what a person says was wrong; None where they say nothing of it. What is left out of it is told.

    :raises PublisherError: the file can't be read, shows a picture that isn't there, or nothing of it could be shown.
    """
    from publisher.app import written
    from publisher.app.noting import LONGEST

    if path is not None and is_none:
        raise UsageError("--note and --no-note say different things")
    if path is None:
        return "" if is_none else None
    text, where = text_in(path, LONGEST), named(path)
    # Readers wait for what is right: it is no time to ask other servers for pictures.
    for fault in written.looked_through(app, text, where, anyway=True).faults:
        tell(fault.said_of(where))
    return text


def _say_nothing_differs(app: App, edition_id: int, title: str, as_json: bool) -> None:
    """Say that there is nothing to correct, and what to do; and how the words stand that were corrected before."""
    from publisher.app import corrections

    found = corrections.account_of(app, edition_id)
    if as_json:
        say_json({"edition": edition_id, "changes": [], **_plain(found)})
        return
    tell(f"{title}: nothing differs from what it says; nothing was changed")
    _show(found)
    say(f"Mend the article at its source, then publisher correct {edition_id}; or say what was wrong: --note FILE")


def _show_differences(prepared: Prepared) -> None:
    for difference in prepared.differences:
        for line in difference.lines():
            say(line)
    for line in prepared.lines():
        say(line)


def _carry_out(app: App, stack: ExitStack, edition_id: int, prepared: Prepared, why: str) -> None:
    """Write it down, and have it carried out; whatever ends us, `publisher run` goes on with it."""
    from publisher.app import corrections, errata
    from publisher.cli.send import open_for_work
    from publisher.runtime.embedded import drain

    open_for_work(app, stack, "correct")
    errata.correct(app, edition_id, prepared, why)
    told = set[str]()
    drain(
        app.sending.duties(),
        lambda: corrections.is_over(app, edition_id),
        lambda: _say_what_waits(app, edition_id, told),
    )


def _say_what_waits(app: App, edition_id: int, told: set[str]) -> bool:
    """Say what is waited for: a moment, or a network that gave no answer; say whether anything is."""
    from publisher.app import corrections
    from publisher.cli.send import say_what_waits

    with app.store.read() as conn:
        silent = corrections.soon(app, conn, edition_id)
    for each in silent:
        tell(f"{each.channel} gave no answer, and is asked again in a moment (Ctrl-C leaves it to {heir(app)})")
    return say_what_waits(app, [edition_id], told) or bool(silent)


def _show(found: Account) -> None:
    for line in (*found.posts, *found.unposted, *found.mails):
        say(str(line))


def _plain_changes(prepared: Prepared) -> list[dict[str, object]]:
    return [asdict(difference) for difference in prepared.differences]


def _plain(found: Account) -> dict[str, object]:
    return {
        "posts": [asdict(post) for post in found.posts],
        "unposted": [asdict(post) for post in found.unposted],
        "mails": [asdict(mail) for mail in found.mails],
    }
