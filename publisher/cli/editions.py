"""`publisher editions`: every slot that fired, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say_json, table

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

COLUMNS = ("id", "schedule", "language", "due", "slot", "state", "sent", "failed", "unknown", "to do", "why")
WHERE_USED = ("language", "slot", "failed", "unknown", "to do")  # columns that a terminal shows only then


def editions(
    schedule: Annotated[str, typer.Argument(help="Only this schedule.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """List the editions, newest first; skipped ones say why and what to do."""
    from publisher.app import standing
    from publisher.app.naming import schedule_named
    from publisher.store import by_language, edition_lists

    app = open_app(project)
    with app.store.read() as conn:
        if schedule:
            schedule_named(conn, schedule, app.project.schedules)
        found = edition_lists.latest(conn, limit=limit, schedule=schedule)
        waiting = standing.waiting_lines(conn, app.project.schedules, {row["id"] for row in found})
    if as_json:
        say_json([{**_plain(dict(row)), "waiting": waiting.get(row["id"], [])} for row in found])
        return
    several = by_language.schedules_among(found)
    rows = [_row(row, waiting.get(row["id"], []), app.zone, several) for row in found]
    table("", COLUMNS, rows, WHERE_USED)


def _row(row: RowMapping, waiting: list[str], zone: Any, several: set[str]) -> list[Any]:
    language = row["language"] if row["schedule"] in several else ""
    due = local(row["due_at"], zone, seconds=False)
    counts = [row["sent"], row["failed"], row["n_unknown"], row["n_pending"] + row["n_taken"]]
    stands = "test" if row["slot"].startswith("test:") else row["state"]
    state = f"{stands}{' (practice)' if row['practice'] else ''}"
    why = _why(row["reason"], waiting)
    return [row["id"], row["schedule"], language, due, _slot(row["slot"]), state, *counts, why]


def _slot(key: str) -> str:
    """Return what a slot is where it isn't a time, which stands beside it."""
    if key.startswith("practice:"):  # of an article, which has its slot once more since practice is over
        key = key.split(":", 2)[2]
    kind, _, rest = key.partition(":")
    if kind in ("article", "breaking"):
        return f"article {rest.partition(':')[0]}"
    return {"manual": "by hand", "test": "test"}.get(kind, "")


def _why(reason: str, waiting: list[str]) -> str:
    return "; ".join([*([reason] if reason else []), *waiting])


def _plain(row: dict[str, object]) -> dict[str, object]:
    for name in ("unknown", "pending", "taken"):
        row[name] = row.pop(f"n_{name}")
    row["practice"] = row["practice"] is not None
    return row
