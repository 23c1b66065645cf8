"""`publisher backup` and `publisher restore`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import ProjectDir, local, say, tell

NICE = 10  # of 19: a call to a provider is not kept waiting by what can wait


def backup(
    to: Annotated[Path, typer.Argument(help="The file to write; a directory gets one named by the time.")] = Path(),
    project: ProjectDir = Path(),
) -> None:
    """Write ledger, schedules.yaml, templates and keys into one file, while everything goes on.

    It gives way to what is sent meanwhile. Secrets of .env are left out. The journal (who left since) belongs
    elsewhere, and is not part of it either.
    """
    from publisher.app.backup import back_up

    os.nice(NICE)
    app = open_app(project)
    target = to / f"publisher-{app.clock():%Y%m%d-%H%M%S}.tar.gz" if to.is_dir() else to
    manifest = back_up(app, target)
    megabytes = target.stat().st_size / 1_000_000
    as_of = local(manifest.made_at, app.zone)
    say(f"{target}: {len(manifest.files)} files, {megabytes:,.1f} MB, as of {as_of}")


def restore(
    backup: Annotated[Path, typer.Argument(help="A file that `publisher backup` wrote.", exists=True, dir_okay=False)],
    project: ProjectDir = Path(),
) -> None:
    """Put a backup into a directory without a ledger. Nothing is sent until you have looked and let it go."""
    from publisher.app.backup import restore as put_back
    from publisher.clock import now

    done = put_back(backup, project, now)
    made = done.manifest
    say(f"restored as of {made.made_at:%Y-%m-%d %H:%M} UTC, by Publisher {made.version}; all sending is held")
    if done.lacks:
        tell(f"there is no newer journal at {done.lacks}: who left, complained or was erased since would be written to")
        tell("if there is one elsewhere, name it (JOURNAL in .env), and restore once more into an empty place")
    for name in done.beside:
        tell(f"{name} was there and differs: it holds, and the backup's stands beside it as {name}.restored")
    say("what went out since then is not in it: see `publisher status` and `publisher editions`, cancel what did")
    say("stories that came out since are new to it and would go out again; to drop some: publisher articles discard")
    say("then let the rest go: publisher release --all")
