"""The books of editions as a terminal shows them, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from publisher.cli.output import reason_lines, say, say_json, table

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from publisher.app import App


INBOX = "to see what came: `publisher run`, then http://127.0.0.1:8025/inbox"
COUNTS = ("candidates", "sent", "failed", "unknown", "suppressed", "excluded", "cancelled", "pending", "taken")
COLUMNS = ["edition", "channel", "to", "state", "sent", "failed", "unknown", "not written to", "waiting"]
WHERE_USED = ("failed", "unknown", "not written to", "waiting")  # columns that a terminal shows only then
REPORTED = ("id", "edition_id", "kind", "channel", "audience", "state", *COUNTS, "reasons")


def report(app: App, edition_ids: Sequence[int], as_json: bool = False) -> bool:
    """Print the books of these editions, and what to type next; say whether nobody needs to look."""
    from publisher.store import editions

    rows = _sends_of(app, edition_ids)
    with app.store.read() as conn:
        found = {edition_id: editions.get(conn, edition_id) for edition_id in edition_ids}
    schedules = {edition_id: row["schedule"] if row else None for edition_id, row in found.items()}
    all_well = all(row["state"] == "done" and not row["failed"] and not row["unknown"] for row in rows)
    if as_json:
        say_json([{name: row[name] for name in REPORTED} for row in rows])
        return all_well
    _print_books(rows)
    for line in _next_steps(app, rows, schedules):
        say(line)
    return all_well


def print_books(app: App, edition_ids: Sequence[int]) -> None:
    """Print the books of these editions, and what checks said, without what to type next."""
    _print_books(_sends_of(app, edition_ids))


def _print_books(rows: Sequence[RowMapping]) -> None:
    table("", COLUMNS, [_line(row) for row in rows], WHERE_USED)
    said = (line for row in rows for line in reason_lines(row["channel"], row["state"], row["reasons"]))
    for line in dict.fromkeys(said):  # sends to several lists have the same notes
        say(line)


def _sends_of(app: App, edition_ids: Sequence[int]) -> list[RowMapping]:
    from publisher.store import sends

    with app.store.read() as conn:
        return [send for edition_id in edition_ids for send in sends.of_edition(conn, edition_id)]


def _line(row: RowMapping) -> list[object]:
    from publisher.store import sends

    counts = [row["sent"], row["failed"], row["unknown"], row["suppressed"] + row["excluded"]]
    to = ", ".join([*row["audience"], *([row["kind"]] if row["kind"] in sends.FOLLOWING else [])]) or "its account"
    return [row["edition_id"], row["channel"], to, row["state"], *counts, row["pending"] + row["taken"]]


def _next_steps(app: App, rows: Sequence[RowMapping], schedules: Mapping[int, str | None]) -> list[str]:
    """Return what to type about what waits, failed or is in doubt, each command once."""
    from publisher.app import standing
    from publisher.store import facts

    steps = [standing.next_step(row, schedules[row["edition_id"]]) for row in rows]
    with app.store.read() as conn:
        held = facts.held(conn)
    everything = [f"all sending is held by {held.actor}: publisher release --all"] if held else []
    came = [INBOX] if app.is_practice and any(row["sent"] for row in rows) else []
    return list(dict.fromkeys([*everything, *(step for step in steps if step), *came]))
