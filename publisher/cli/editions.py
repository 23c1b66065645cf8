"""`publisher editions`: every slot that fired, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say_json, table


def editions(
    schedule: Annotated[str, typer.Argument(help="Only this schedule.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """List the editions, newest first; skipped ones say why and what to do."""
    from publisher.app import standing
    from publisher.store import editions as ledger

    app = open_app(project)
    with app.store.read() as conn:
        found = ledger.latest(conn, limit=limit, schedule=schedule)
        waiting = standing.waiting_lines(conn, app.project.schedules, {row["id"] for row in found})
    if as_json:
        say_json([{**_plain(dict(row)), "waiting": waiting.get(row["id"], [])} for row in found])
        return
    table(
        "",
        ["id", "schedule", "slot", "due", "state", "sent", "failed", "unknown", "to do", "why"],
        [
            [row["id"], row["schedule"], row["slot"], local(row["due_at"], app.zone), row["state"], row["sent"]]
            + [
                row["failed"],
                row["n_unknown"],
                row["n_pending"] + row["n_taken"],
                _why(row["reason"], waiting.get(row["id"], [])),
            ]
            for row in found
        ],
    )


def _why(reason: str, waiting: list[str]) -> str:
    return "; ".join([*([reason] if reason else []), *waiting])


def _plain(row: dict[str, object]) -> dict[str, object]:
    for name in ("unknown", "pending", "taken"):
        row[name] = row.pop(f"n_{name}")
    return row
