"""How commands print: tables for people, JSON with --json, questions only at a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from publisher.errors import UsageError

ProjectDir = Annotated[
    Path, typer.Option("--project", help="The project directory.", envvar="PUBLISHER_PROJECT", show_default="current")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def say(line: str = "") -> None:
    """Print a line for people."""
    sys.stdout.write(f"{line}\n")


def tell(line: str) -> None:
    """Say how things go, on stderr: what is printed as JSON has stdout to itself."""
    sys.stderr.write(f"{line}\n")


def say_json(data: Any) -> None:
    """Print JSON; times in ISO 8601 with their zone."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; off a terminal it is as wide as it needs to be, so that nothing is cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    is_terminal = sys.stdout.isatty()
    shown = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for name in columns:
        shown.add_column(name, overflow="fold", no_wrap=not is_terminal)
    for row in rows:
        shown.add_row(*(_cell(value) for value in row))
    Console(file=sys.stdout, width=None if is_terminal else 240, highlight=False).print(shown)


def _cell(value: object) -> str:
    from rich.markup import escape

    if value is None:
        return ""
    return escape(" ".join(str(value).split()))


def local(moment: datetime | None, zone: Any) -> str:
    """Return a time as the publication's clock shows it, with the zone's name."""
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def can_ask() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def confirm(question: str, without_a_terminal: str) -> None:
    """Ask once. Where nobody can be asked --yes has to say it.

    :param without_a_terminal: what is at stake: ``this would go to real people``.
    """
    if not can_ask():
        raise UsageError(without_a_terminal, remedy="Give --yes to do it without being asked")
    if not typer.confirm(question, default=False):
        raise typer.Exit(1)


def reason_lines(channel: str, state: str, reasons: Sequence[dict[str, Any]]) -> list[str]:
    """Return what the checks said, one line per check: the first in full, the others counted."""
    lines = []
    for check in dict.fromkeys(reason["check"] for reason in reasons):
        alike = [reason for reason in reasons if reason["check"] == check]
        first = alike[0]
        more = f" (and {len(alike) - 1} more like it)" if len(alike) > 1 else ""
        word = state if first["blocks"] else "note"
        lines.append(f"{channel}: {word}: {first['what']}{more}. {first['remedy']}")
    return lines
