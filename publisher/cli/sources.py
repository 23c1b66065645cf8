"""`publisher sources`: where articles come from, how each source stands, and when it is asked next."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app.operator import Operator
    from publisher.app.sources import SourceNow

COLUMNS = ["source", "kind", "state", "last good", "next", "every", "where"]


def sources(
    start: Annotated[str, typer.Option(help="Ask this source again at once: it was stopped, or waits.")] = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show how every source stands: last good, what is wrong, when it is asked next, and why then."""
    from publisher.app.sources import standing

    operator = open_operator(project)
    if start:
        _start(operator, start, quiet=as_json)
    found = standing(operator)
    if as_json:
        say_json([asdict(each) | {"every": each.every.total_seconds()} for each in found])
        return
    table("", COLUMNS, [_row(each, operator) for each in found])
    for each in found:
        for line in each.lines:
            say(f"{each.name}: {line}")


def _start(operator: Operator, name: str, *, quiet: bool) -> None:
    from publisher.store import sources as ledger

    if name not in operator.project.sources:
        known = ", ".join(operator.project.sources) or "none"
        raise UsageError(f"there is no source {name!r}", remedy=f"Sources in schedules.yaml: {known}")
    with operator.store.write() as conn:
        was_waiting = ledger.start(conn, name, actor=operator.actor)
    if not quiet:
        say(f"{name}: {'is asked again now' if was_waiting else 'was neither stopped nor waiting after a failure'}")


def _row(each: SourceNow, operator: Operator) -> list[Any]:
    coming = local(each.next_poll_at, operator.zone) or ("never" if each.state == "stopped" else "now")
    return [each.name, each.kind, each.state, local(each.good_at, operator.zone), coming, _span(each), each.place]


def _span(each: SourceNow) -> str:
    seconds = each.every.total_seconds()
    return f"{seconds:g} s" if seconds < 60 or seconds % 60 else f"{seconds / 60:g} min"
