"""`publisher staff token`: by what programs ask for one of the staff."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.model.staff import May
from publisher.store import RowMapping

group = typer.Typer(help="Tokens by which programs use the console's interface.", no_args_is_help=True)
MOST = 1_000  # in a list
FIELDS = ("id", "name", "owner", "scopes", "made_at", "ends_at", "used_at", "ended_at")


@group.command("add")
def add(
    owner: Annotated[str, typer.Argument(help="For whom of the staff it asks; it never reaches further.")],
    purpose: Annotated[str, typer.Option("--for", help="What it is for.")],
    scope: Annotated[list[May] | None, typer.Option(help="What it may beside look. May be repeated.")] = None,
    days: Annotated[int | None, typer.Option(help="How long it is good for; else until somebody ends it.")] = None,
    project: ProjectDir = Path(),
) -> None:
    """Make a token, and print it this once: the ledger keeps only its digest."""
    from publisher.app import tokens

    say(tokens.add(open_app(project), owner, purpose, scope or (), days=days))


@group.command("list")
def list_(project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """Show the tokens, newest first; ended ones too."""
    from publisher.store import tokens

    app = open_app(project)
    with app.store.read() as conn:
        found = tokens.every(conn, limit=MOST)
    if as_json:
        say_json([{name: row[name] for name in FIELDS} for row in found])
        return
    now = app.clock()
    rows = [
        [
            row["id"],
            row["name"],
            row["owner"],
            ", ".join(row["scopes"]),
            local(row["made_at"], app.zone),
            local(row["used_at"], app.zone),
            _state(row, now),
        ]
        for row in found
    ]
    table("", ["number", "for", "whose", "may", "made", "last used", "why"], rows)


@group.command("end")
def end(
    number: Annotated[int, typer.Argument(help="As the list shows it.", min=1, max=2**63 - 1)],
    project: ProjectDir = Path(),
) -> None:
    """End a token, from its next use on."""
    from publisher.app import tokens

    owner = tokens.end(open_app(project), number)
    say(f"token {number} of {owner} has ended")


def _state(row: RowMapping, now: datetime) -> str:
    if row["ended_at"] is not None:
        return "ended"
    return "its time is over" if row["ends_at"] is not None and row["ends_at"] <= now else ""
