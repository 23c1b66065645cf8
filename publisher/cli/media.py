"""`publisher media`: pictures for notes, inserts and letters, kept in the ledger and served to readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.store.media import Added

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

File = Annotated[Path, typer.Argument(help="PNG, JPEG, GIF or WebP, at most 5 MB.")]
Alt = Annotated[str, typer.Option(help="What it shows, for whoever can't see it.")]
Decorative = Annotated[bool, typer.Option("--decorative", help="It is an ornament: there is nothing to say of it.")]
Name = Annotated[str, typer.Option(help="What Markdown calls it; without it, as its file.")]


@group.command("add")
def add(
    file: File,
    alt: Alt = "",
    decorative: Decorative = False,
    name: Name = "",
    project: ProjectDir = Path(),
) -> None:
    """Add a picture, at most 1,200 pixels wide and without what cameras write; print how Markdown shows it."""
    from publisher.app import pictures

    if bool(alt.strip()) == decorative:
        what = "--alt and --decorative say different things" if decorative else "nobody says what it shows"
        remedy = 'Give --alt "A ferry at the quay", or --decorative where it says nothing'
        raise UsageError(what, where=str(file), remedy=remedy)
    app = open_app(project)
    say(pictures.markdown(pictures.add(app, file, alt=alt, name=name)))


@group.command("list")
def listing(project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """List the pictures that were added, by name."""
    from publisher.app import pictures

    app = open_app(project)
    found = pictures.added(app)
    if as_json:
        say_json([_plain(app, each) for each in found])
    elif not found:
        say("No picture was added yet. To add one: publisher media add FILE --alt TEXT")
    else:
        rows = [[each.name, each.alt or "(an ornament)", f"{each.size:,}", _signed(app, each)] for each in found]
        table("", ["name", "what it shows", "bytes", "added"], rows)


@group.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="As `publisher media list` names it.")], project: ProjectDir = Path()
) -> None:
    """Remove a picture that no message, no waiting note and no insert shows."""
    from publisher.app import pictures

    app = open_app(project)
    say(f"{pictures.remove(app, name).name}: removed")


def _signed(app: App, picture: Added) -> str:
    return f"{picture.actor}, {local(picture.made_at, app.zone)}"


def _plain(app: App, picture: Added) -> dict[str, object]:
    from publisher.app import pictures

    return {
        "name": picture.name,
        "alt": picture.alt,
        "type": picture.type,
        "bytes": picture.size,
        "url": pictures.address(app, picture),
        "markdown": pictures.markdown(picture),
        "actor": picture.actor,
        "added_at": picture.made_at,
    }
