"""How commands print: tables for people, JSON with --json, questions only at a terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

ProjectDir = Annotated[
    Path, typer.Option("--project", help="The project directory.", envvar="PUBLISHER_PROJECT", show_default="current")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def say(line: str = "") -> None:
    """Print a line for people."""
    sys.stdout.write(f"{_tame(line)}\n")


def tell(line: str) -> None:
    """Say how things go, on stderr: what is printed as JSON has stdout to itself."""
    sys.stderr.write(f"{_tame(line)}\n")


def _tame(line: str) -> str:
    """Return a line that moves no cursor and changes no colour: feeds and networks write some of the words."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", line)


def say_json(data: Any) -> None:
    """Print JSON; times in ISO 8601 with their zone."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


# Columns that give way to others.
TEXTS = frozenset({"article", "headline", "link", "reason", "to look it up at the provider", "where", "why"})
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed
NARROWEST = 12  # characters in which a text can still be read
LONGEST_WORD = 24  # characters of a word of a text that isn't broken: an address may be longer
MOST_NAME = 20  # characters of a column's name beside what stands under it
HEADLINE = 100  # characters of a headline that a table shows at a terminal


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], where_used: Collection[str] = ()
) -> None:
    """Print a table; off a terminal a line for each row, its cells whole and separated by tabs, for `grep` and `cut`.

    At a terminal texts are folded to make room for names, times and numbers, which stay in one line where they fit.

    :param where_used: columns that a terminal shows only where something stands in them. Elsewhere each has its place.
    """
    found = list(rows)
    cells = [[_cell(value) for value in row] for row in found]
    if sys.stdout.isatty():
        used = [at for at, name in enumerate(columns) if name not in where_used or any(row[at] for row in found)]
        _draw(title, [columns[at] for at in used], [[row[at] for at in used] for row in cells])
        return
    if title:
        say(title)
    for row in (columns, *cells):
        say("\t".join(row))


def _draw(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Draw a table at a terminal; where not even its longest words find room side by side, row by row as blocks."""
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False)
    widest = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    least = [_least(name, column) for name, column in zip(columns, zip(*cells, strict=True), strict=True)]
    widths = _fitted(columns, widest, least or widest, console.width - 3 * len(columns) - 1)
    if widths:
        _draw_table(console, title, columns, cells, widths)
    else:
        _draw_blocks(console, title, columns, cells)


def _draw_table(
    console: Console, title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], widths: Sequence[int]
) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    shown = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for name, width in zip(columns, widths, strict=True):
        shown.add_column(name, overflow="fold", max_width=width)
    for row in cells:
        shown.add_row(*map(escape, row))
    console.print(shown)


def _draw_blocks(console: Console, title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Draw each row as lines of a name and what stands under it."""
    from rich.markup import escape
    from rich.table import Table

    if title:
        console.print(escape(title), style="bold")
    longest = max(map(len, columns))
    for row in cells:
        shown = Table.grid(padding=(0, 2))
        shown.add_column(style="bold", min_width=min(longest, MOST_NAME), max_width=MOST_NAME)
        shown.add_column(overflow="fold")
        for name, cell in zip(columns, row, strict=True):
            if cell:
                shown.add_row(escape(name), escape(cell))
        console.print(shown)
        console.print()


def _least(name: str, cells: Sequence[str]) -> int:
    """Return in how many characters a column can be read: no word is broken, but for the endless ones of texts."""
    longest = max((len(word) for cell in (name, *cells) for word in cell.split()), default=0)
    if name == "link":
        return longest  # a part of one leads nowhere
    return max(min(longest, LONGEST_WORD), NARROWEST) if name in TEXTS else longest


def _fitted(names: Sequence[str], widest: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return the widths in which columns find room: first texts give way, then the rest; nothing where none does."""
    widths = list(map(max, widest, least))
    for gives in (True, False):
        slack = [
            width - at_least if (name in TEXTS) is gives else 0
            for name, width, at_least in zip(names, widths, least, strict=True)
        ]
        for at in sorted(range(len(slack)), key=lambda at: -slack[at]):
            widths[at] -= min(slack[at], max(0, sum(widths) - room))
    return widths if sum(widths) <= room else []


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def headline(title: str) -> str:
    """Return a headline as a table shows it: whole, but for an endless one at a terminal."""
    return title if len(title) <= HEADLINE or not sys.stdout.isatty() else f"{title[: HEADLINE - 1].rstrip()}…"


def local(moment: datetime | None, zone: Any, *, seconds: bool = True) -> str:
    """Return a time as the publication's clock shows it, with the zone's name."""
    return "" if moment is None else moment.astimezone(zone).strftime(f"%Y-%m-%d %H:%M{':%S' if seconds else ''} %Z")


def can_ask() -> bool:
    """Say whether a person is there; a stream that is closed is None."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


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
