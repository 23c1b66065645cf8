"""`publisher staff`: who may sign in to the console, and what they may do there."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli import staff_tokens
from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, confirm, local, say, say_json, table
from publisher.model.staff import Member, Role

if TYPE_CHECKING:
    from publisher.app import App

group = typer.Typer(help="Who may sign in to the console, and what they may do there.", no_args_is_help=True)
group.add_typer(staff_tokens.group, name="token")
Name = Annotated[str, typer.Argument(help="By which they sign in: small letters and digits.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


@group.command("add")
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="Each may do what those before it may.")] = Role.EDITOR,
    project: ProjectDir = Path(),
) -> None:
    """Let somebody work here; they choose their own password by a link."""
    from publisher.app import staff

    app = open_app(project)
    _say_link(app, name, staff.add(app, name, role, app.actor), f"{name}: {role.value}")


@group.command("link")
def link(name: Name, project: ProjectDir = Path()) -> None:
    """Make a new link by which somebody chooses a password: the old one was forgotten, or the link has ended."""
    from publisher.app import staff

    app = open_app(project)
    _say_link(app, name, staff.invite(app, name, app.actor), name)


@group.command("role")
def role(name: Name, role: Annotated[Role, typer.Argument()], project: ProjectDir = Path()) -> None:
    """Give somebody another role; they sign in again."""
    from publisher.app import staff

    app = open_app(project)
    staff.set_role(app, name, role, app.actor)
    say(f"{name}: {role.value} from now on; signed out everywhere")


@group.command("end")
def end(name: Name, yes: Yes = False, project: ProjectDir = Path()) -> None:
    """Let somebody work here no more, and sign them out everywhere. What they did stays under their name."""
    from publisher.app import staff

    app = open_app(project)
    if not yes:
        confirm(f"Let {name} work here no more?", "this signs them out in the midst of their work")
    staff.end(app, name, app.actor)
    say(f"{name}: works here no more; signed out everywhere")


@group.command("list")
def list_(project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """Show who works here."""
    from publisher.store import staff

    app = open_app(project)
    with app.store.read() as conn:
        found = staff.every(conn)
    if as_json:
        names = ("name", "role", "since", "until")
        say_json([dict(zip(names, (each.name, each.role, each.made_at, each.ended_at), strict=True)) for each in found])
        return
    rows = [
        [each.name, each.role.value, local(each.made_at, app.zone), local(each.ended_at, app.zone), _state(each)]
        for each in found
    ]
    table("", ["name", "role", "since", "until", "why"], rows)


def _state(member: Member) -> str:
    return "" if member.has_password or member.ended_at else "has not chosen a password yet"


def _say_link(app: App, name: str, end_of_link: str, said: str) -> None:
    from publisher.app.staff import INVITED_FOR
    from publisher.store.processes import console_of

    until = local(app.clock() + INVITED_FOR, app.zone, seconds=False)
    say(f"{said}. {name} chooses a password behind this link at the console's address, until {until}:")
    serving = app.settings.serving
    shown = "" if serving.console_url else console_of(app.store, socket.gethostname())  # as `run --port` has it
    say(f"{shown or serving.console_address}{end_of_link}")
