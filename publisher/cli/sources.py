"""`publisher sources`: where articles come from, how each source stands, and when it is asked next."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table

if TYPE_CHECKING:
    from publisher.app.operator import Operator
    from publisher.app.sources import SourceNow

COLUMNS = ["source", "kind", "state", "last good", "next", "every", "where"]


def sources(
    start: Annotated[str, typer.Option(help="Have this source asked at once, whenever its turn would be.")] = "",
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
        say_json([asdict(each) | {"every": each.every and each.every.total_seconds()} for each in found])
        return
    table("", COLUMNS, [_row(each, operator) for each in found])
    for each in found:
        for line in each.lines:
            say(f"{each.name}: {line}")


def _start(operator: Operator, name: str, *, quiet: bool) -> None:
    from publisher.app import sources as app_sources
    from publisher.app.at_work import is_running

    app_sources.start(operator, name, actor=operator.actor, now=operator.clock())
    if not quiet:
        when = "at once" if is_running(operator.store) else "when `publisher run` or a send comes next: none is at work"
        say(f"{name}: is asked {when}")


def _row(each: SourceNow, operator: Operator) -> list[Any]:
    good = local(each.good_at, operator.zone)
    return [each.name, each.kind, each.state, good, _coming(each, operator), _span(each), each.place]


def _coming(each: SourceNow, operator: Operator) -> str:
    if each.every is None:
        return "comes by itself"
    return local(each.next_poll_at, operator.zone) or ("never" if each.state == "stopped" else "now")


def _span(each: SourceNow) -> str:
    if each.every is None:
        return ""
    seconds = each.every.total_seconds()
    return f"{seconds:g} s" if seconds < 60 or seconds % 60 else f"{seconds / 60:g} min"
