"""`publisher upgrade`: the ledger of an earlier version, brought up to this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.output import ProjectDir, say

WITHOUT = "Make no backup: you have one, such as a snapshot of the disk."


def upgrade(
    backup: Annotated[
        Path | None, typer.Option(help="The backup to write. Else one in the project, by the time.")
    ] = None,
    no_backup: Annotated[bool, typer.Option("--no-backup", help=WITHOUT)] = False,
    project: ProjectDir = Path(),
) -> None:
    """Bring the ledger up to this version: end what is at work on it, back it up, migrate it, count the books.

    Nothing else ever changes the ledger's schema. What ended starts again by itself where a service manager keeps it.
    """
    from publisher.app.upgrading import in_words
    from publisher.app.upgrading import upgrade as bring_up
    from publisher.clock import now

    target = None if no_backup else backup or project / f"publisher-{now():%Y%m%d-%H%M%S}.tar.gz"
    done = bring_up(project, now, target, say)
    for line in in_words(done):
        say(line)
    _say_what_to_look_at(project)
    if done.wrong:
        raise typer.Exit(1)


def _say_what_to_look_at(project: Path) -> None:
    """Say what of the project's own files this version sees otherwise; `publisher check` says all of it."""
    from publisher.app import App, overridden
    from publisher.errors import ConfigError

    try:
        app = App.open(project)
    except ConfigError as error:
        lines: list[str] = list(error.problems)
    else:
        lines = [*map(str, app.project.notes), *overridden.changed(app)]
    say("look at:" if lines else "look at it all: publisher check")
    for line in lines:
        say(f"  {line}")
