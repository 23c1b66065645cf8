"""`publisher note`: a word of the editors on top of a schedule's next edition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.files import named, text_in
from publisher.cli.opening import open_app
from publisher.cli.output import ProjectDir, local, say, tell
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.model.desk import Note
    from publisher.model.project import Schedule


def note(
    schedule: Annotated[str, typer.Argument(help="A schedule, or its edition in a language: morning/pt.")],
    file: Annotated[Path | None, typer.Argument(help="A Markdown file, or - for what is piped in.")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Don't ask for its pictures elsewhere on the web.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Take back the note that waits.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Write a note that stands on top of a schedule's next edition, and is used once; without a file, show it."""
    from publisher.app import noting

    app = open_app(project)
    chosen = app.edition_to_come(schedule)
    if file is not None and clear:
        raise UsageError("FILE and --clear say different things")
    if clear:
        before = noting.take_back(app, chosen)
        say(f"{schedule}: {'its note is taken back' if before else 'no note waits'}")
    elif file is None:
        _show(app, chosen)
    else:
        where = named(file)
        kept = noting.write(app, chosen, text_in(file, noting.LONGEST), where, anyway=anyway)
        for fault in kept.faults:
            tell(fault.said_of(where))
        if kept.before is not None:
            tell(f"It takes the place of this one by {_signed(kept.before, app)}:\n{kept.before.text}")
        due = local(kept.slot.due_at, app.zone, seconds=False)
        say(f"{schedule}: the note stands on top of the edition of {due}")


def _show(app: App, schedule: Schedule) -> None:
    """Show the note that waits, or say which was the last."""
    from publisher.store import desk

    with app.store.read() as conn:
        waits = desk.waiting_note(conn, schedule.name, schedule.languages.only)
        last = desk.last_used_note(conn, schedule.name, schedule.languages.only)
    if waits is not None:
        say(f"{schedule.label}: this note by {_signed(waits, app)} waits for the next edition:\n{waits.text}")
    else:
        say(f"{schedule.label}: no note waits. To write one: publisher note {schedule.label} FILE.md")
        if last is not None:
            say(f"The last, of edition {last.edition_id}, by {_signed(last, app)}:\n{last.text}")


def _signed(note: Note, app: App) -> str:
    return f"{note.actor}, {local(note.made_at, app.zone)}"
