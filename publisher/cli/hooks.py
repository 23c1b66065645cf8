"""`publisher hooks`: addresses that are told of editions and deliveries, signed, and again until they take it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, confirm, local, say, say_json, table
from publisher.model.hook import MessageState

if TYPE_CHECKING:
    from publisher.store.hooks import Hook

group = typer.Typer(help="Addresses that are told of editions and deliveries (webhooks).", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="Of the webhook: see `publisher hooks list`.", min=1, max=2**63 - 1)]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
MOST = 1_000  # messages that are counted


@group.command("add")
def add(
    address: Annotated[str, typer.Argument(help="https, or http to this machine.")],
    on: Annotated[
        list[str] | None, typer.Option(help="What it wants to hear of, such as `edition.closed`; default: all.")
    ] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    allow_private: Annotated[bool, typer.Option("--allow-private", help="It may stand in the own network.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Tell an address from now on; its secret is shown this once."""
    from publisher.app import hooks

    app = open_app(project)
    number, secret = hooks.add(
        app, address, hooks.kinds_named(on or ()), description=description, allow_private=allow_private
    )
    say(f"webhook {number} is told from now on. Its secret, which is shown this once:")
    say(secret)
    say(f"To try it while `publisher run` runs: publisher hooks test {number}")


@group.command("list")
def list_(project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """Show the webhooks, and how they do."""
    from publisher.store import hook_messages, hooks

    app = open_app(project)
    with app.store.read() as conn:
        found = [(each, hook_messages.waiting(conn, each.id, MOST)) for each in hooks.every(conn)]
    if as_json:
        say_json([_as_json(hook, count) for hook, count in found])
        return
    rows = [
        [
            hook.id,
            hook.address,
            hook.state,
            _counted(count),
            local(hook.said_at, app.zone),
            "all" if hook.wants_all else " ".join(hook.kinds),
            hook.paused_why or hook.ended_why or hook.description,
        ]
        for hook, count in found
    ]
    table("", ["webhook", "address", "state", "waiting", "told last", "wants", "why"], rows)


@group.command("test")
def test(number: Number, project: ProjectDir = Path()) -> None:
    """Send a test event; `publisher run` says it within seconds."""
    from publisher.app import hooks

    message = hooks.test(open_app(project), number)
    say(f"message {message} is said soon; what came of it: publisher hooks log {number}")


@group.command("rotate")
def rotate(number: Number, project: ProjectDir = Path()) -> None:
    """Give a webhook another secret, shown this once; for a day both sign."""
    from publisher.app import hooks

    secret = hooks.rotate(open_app(project), number)
    say(f"webhook {number} has another secret, which is shown this once; for a day the one before it signs too:")
    say(secret)


@group.command("pause")
def pause(
    number: Number,
    why: Annotated[str, typer.Option(help="Kept beside it.")] = "",
    project: ProjectDir = Path(),
) -> None:
    """Say nothing to a webhook; what happens meanwhile it is never told."""
    from publisher.app import hooks

    hooks.pause(open_app(project), number, why)
    say(f"webhook {number} is paused: what happens from now on it is not told; what waits, waits")


@group.command("resume")
def resume(number: Number, project: ProjectDir = Path()) -> None:
    """Tell a webhook again, first what waits."""
    from publisher.app import hooks

    hooks.resume(open_app(project), number)
    say(f"webhook {number} is told again")


@group.command("end")
def end(number: Number, yes: Yes = False, project: ProjectDir = Path()) -> None:
    """Tell a webhook nothing any more, for good."""
    from publisher.app import hooks

    app = open_app(project)
    if not yes:
        confirm(f"End webhook {number} for good?", "what waits for it is never said")
    hooks.end(app, number)
    say(f"webhook {number} has ended")


@group.command("log")
def log(
    number: Number,
    state: Annotated[MessageState | None, typer.Option(help="Only messages that stand so.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many, newest first.")] = 50,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show what a webhook was told, newest first, and what came of it."""
    from publisher.app import hooks as verbs
    from publisher.store import hook_messages, hooks

    app = open_app(project)
    with app.store.read() as conn:
        verbs.require(number, hooks.get(conn, number))
        found = hook_messages.latest(conn, number, state=state, limit=limit)
    if as_json:
        say_json([dict(row) for row in found])
        return
    rows = [
        [
            row["id"],
            row["kind"],
            row["state"],
            row["tries"],
            local(row["made_at"], app.zone),
            local(row["due_at"], app.zone) if row["state"] == MessageState.WAITING else "",
            row["trouble"] or (f"HTTP {row['status']}" if row["status"] else ""),
        ]
        for row in found
    ]
    table("", ["message", "event", "state", "tries", "happened", "next try", "why"], rows)


@group.command("again")
def again(
    number: Number,
    message: Annotated[int | None, typer.Argument(help="Of its log; default: all that were given up.", min=1)] = None,
    project: ProjectDir = Path(),
) -> None:
    """Say a message again, or all that were given up."""
    from publisher.app import hooks

    count = hooks.again(open_app(project), number, message)
    say(f"{count:,} {'message is' if count == 1 else 'messages are'} said again" if count else "nothing was given up")


def _as_json(hook: Hook, waiting: int) -> dict[str, Any]:
    times = {name: getattr(hook, name) for name in ("made_at", "said_at", "paused_at", "ended_at", "failing_since")}
    said = {"id": hook.id, "address": hook.address, "description": hook.description, "state": hook.state}
    wants = [kind.value for kind in hook.kinds]
    return {**said, "events": wants, "allow_private": hook.allow_private, "waiting": waiting, **times}


def _counted(count: int) -> str:
    return f"{MOST:,} or more" if count == MOST else f"{count:,}"
