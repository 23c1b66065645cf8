"""`publisher events`: what providers said later of letters that they took."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.errors import UsageError
from publisher.model.event import EventKind

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from publisher.store import RowMapping

COLUMNS = ("when", "channel", "to", "what", "edition", "delivery", "why")
TALLIES = ("new", "repeated", "foreign", "forged", "refused")


def events(
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    to: Annotated[str, typer.Option(help="Only this address.")] = "",
    kind: Annotated[str, typer.Option(help=f"{', '.join(EventKind)}.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 100,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show what providers said later: bounces, complaints, arrivals. What isn't about a letter of ours is counted."""
    from publisher.app.naming import channel_named
    from publisher.store import events as said
    from publisher.store import facts

    operator = open_operator(project)
    wanted = _kind(kind)
    with operator.store.read() as conn:
        names = (
            [channel_named(conn, channel, operator.project.channels)] if channel else list(operator.project.channels)
        )
        address_hash = operator.hash_of(to) if to else ""
        found = said.latest(conn, channel=channel, kind=wanted, address_hash=address_hash, limit=limit)
        heard = {name: counts for name in names if (counts := facts.heard(conn, name))}
    if as_json:
        say_json({"events": [_plain(row) for row in found], "heard": heard})
        return
    if found:
        table("", COLUMNS, [_line(row, operator.zone) for row in found])
    for name, counts in heard.items():
        say(f"{name}: {_tally(counts)}")
    if not found and not heard:
        say("Nothing was heard. Whether a provider can say anything: publisher doctor")


def _kind(said: str) -> str:
    kind = said.replace("-", " ")
    if kind and kind not in set(EventKind):
        raise UsageError(f"no event is called {said!r}", remedy=f"There are: {', '.join(EventKind)}")
    return kind


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in TALLIES if counts.get(name)) or "nothing"


def _plain(row: RowMapping) -> dict[str, object]:
    same = ("channel", "to", "happened_at", "received_at", "words", "counts")
    return {"delivery": row["delivery_id"], "edition": row["edition_id"], "kind": row["type"]} | {
        name: row[name] for name in same
    }


def _line(row: RowMapping, zone: ZoneInfo) -> list[object]:
    when = local(row["happened_at"], zone)
    return [when, row["channel"], row["to"], row["type"], row["edition_id"], row["delivery_id"], row["words"]]
