"""`publisher doctor`: whether letters would be believed, networks take what they need, and all stands on something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.output import AsJson, ProjectDir, say, say_json
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app.doctor import Found


def doctor(
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    message: Annotated[Path | None, typer.Option(help="A letter that it sent, as received: an .eml file.")] = None,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Look at what makes letters and posts arrive: machine, own addresses, options, accounts, DNS. Sends nothing."""
    from publisher.app import App
    from publisher.app import doctor as ward

    app = App.open(project)
    chosen = _chosen(channel, list(app.project.channels))
    if message and len(chosen) != 1:
        raise UsageError("a letter is of one channel", remedy="Say of which: --channel NAME")
    received = ward.Letter.read(message) if message else None
    names, web = ward.Names(), ward.Web()
    found = {} if channel else ward.surroundings(app, web)
    found |= {name: ward.examine(app, name, names, web, received) for name in chosen}
    found |= {} if channel else ward.left_behind(app)
    if as_json:
        say_json({name: [asdict(each) for each in findings] for name, findings in found.items()})
    else:
        for name, findings in found.items():
            _show(name, findings)
    if any(each.level == ward.Level.TROUBLE for findings in found.values() for each in findings):
        raise typer.Exit(1)


def _chosen(channel: str, known: Sequence[str]) -> Sequence[str]:
    if channel and channel not in known:
        raise UsageError(f"there is no channel {channel!r}", remedy=f"Channels in schedules.yaml: {', '.join(known)}")
    return [channel] if channel else known


def _show(name: str, findings: Sequence[Found]) -> None:
    say(name)
    for each in findings:
        say(f"  {each.level:<7} {each}")
