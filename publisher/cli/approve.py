"""`publisher approve` and `reopen`: saying yes to exactly what an edition is, and opening it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import ProjectDir, can_ask, confirm, local, reason_lines, say, tell
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.approving import Look, Words

Edition = Annotated[
    str, typer.Argument(metavar="EDITION", help="A number, a schedule (its next edition) or `morning@2026-11-24`.")
]


def approve(
    edition: Edition,
    version: Annotated[
        str, typer.Option(help="The version you looked at: another one is not approved. Needed without a terminal.")
    ] = "",
    why: Annotated[str, typer.Option(help="A word for those who read it later.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Answer the question before it is asked.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Approve an edition as it stands: it is locked, and goes out at its slot with exactly these words."""
    from publisher.app import approving

    app = open_app(project)
    edition_id = _edition_meant(app, edition)
    seen = None
    if not version:
        version, seen = _seen(app, edition_id, yes=yes)
    agreed = approving.approve(app, edition_id, version, actor=app.actor, why=why, seen=seen)
    title = _title(app, edition_id)
    if not agreed.is_new:
        tell(f"{title}: you had approved it already")
    say(f"{title}: {agreed}{'' if agreed.is_enough else '; it waits for the others'}")
    for line in _what_next(app, edition_id):
        say(line)


def _seen(app: App, edition_id: int, *, yes: bool) -> tuple[str, int]:
    """Show an edition and ask; return the version that was shown, and how many changes it had."""
    from publisher.app import approving
    from publisher.model.desk import Changes

    found = approving.look(app, edition_id)
    if not found.waits:
        return "", 0  # why there is nothing to approve is said where it is tried
    if not can_ask():
        remedy = f"Look at it with `publisher edition {edition_id}`, then give --version {found.version}"
        raise UsageError("it isn't said which version you approve", where=_title(app, edition_id), remedy=remedy)
    _show(app, found)
    if not yes:
        confirm(f"Approve version {found.version} of {_title(app, edition_id)}?", "it would be approved")
    return found.version, Changes.of(found.edition["changes"]).version


def _show(app: App, found: Look) -> None:
    due = local(found.edition["due_at"], app.zone, seconds=False)
    tell(f"{_title(app, found.edition['id'])}: version {found.version}, due {due}")
    for each in found.words:
        tell(f"  {each.channel}: to {', '.join(each.audience) or 'its account'}{first_words(each)}")
        for line in reason_lines(each.channel, "held", list(each.findings)):
            tell(f"    {line}")


def first_words(words: Words) -> str:
    """Return what a message says first, as it follows on whom it goes to."""
    from publisher.model.message import Mail, Post, fill
    from publisher.pipeline.produce import preview_values

    if isinstance(words.content, Mail):
        return f" — {fill(words.content.subject, preview_values())}"
    return f" — {words.content.parts[0].splitlines()[0]}" if isinstance(words.content, Post) else ""


def _what_next(app: App, edition_id: int) -> list[str]:
    """Return what holds it all the same, and how it is opened again."""
    from publisher.app import standing
    from publisher.app.at_work import at_work, missing

    lines = [
        line
        for send in standing.sends_of(app.store, edition_id)
        for line in reason_lines(send.channel, send.state, send.blocking)
    ]
    alone = missing(at_work(app.store))
    return [*lines, f"To change it: publisher reopen {edition_id}", *([str(alone)] if alone else [])]


def reopen(edition: Edition, project: ProjectDir = Path()) -> None:
    """Open an approved edition again before its slot: its approvals are void, and it may be changed."""
    from publisher.app import approving

    app = open_app(project)
    edition_id = _edition_meant(app, edition)
    count = approving.reopen(app, edition_id, actor=app.actor)
    approvals = "1 approval is" if count == 1 else f"{count} approvals are"
    say(f"{_title(app, edition_id)}: open again; {approvals} void")
    say(f"To change it: publisher edition {edition_id} --help")


def _edition_meant(app: App, said: str) -> int:
    """Return the edition that a person means: of a schedule the one that its next slot has, else its latest."""
    from publisher.app import desk

    if said in app.project.schedules:
        there = desk.edition_of_next(app, app.project.schedules[said])
        if there is not None:
            return there
    return app.edition(said)


def _title(app: App, edition_id: int) -> str:
    from publisher.app import standing

    return standing.edition_title(app.store, edition_id, app.zone)
