"""`publisher subscribers export`, `show`, `record` and `suppressed`: what is known of people."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.audience.cells import harmless
from publisher.cli.opening import open_app, open_operator
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.cli.people import block_line, person_at

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from publisher.audience.record import File
    from publisher.store import RowMapping

COLUMNS = ("email", "name", "list", "state", "since", "basis", "suppressed")


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"


def export(
    list_name: Annotated[str, typer.Option("--list", help="Only this list.")] = "",
    form: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.CSV,
    project: ProjectDir = Path(),
) -> None:
    """Write everyone to standard output, also those who left or are suppressed, each with their state."""
    from publisher.store import subscribers

    app = open_app(project)
    if list_name:
        app.list_named(list_name)
    with app.store.read() as conn:
        names = subscribers.attribute_names(conn) if form is Format.CSV else []
        people = subscribers.everyone(conn, list_name)
        if form is Format.CSV:
            _write_csv(people, names)
        else:
            _write_json(people)


def _write_csv(people: Iterable[RowMapping], attributes: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*COLUMNS, *map(harmless, attributes)])
    for row in people:
        cells = {**_plain(row), **{f"attribute {name}": row["attributes"].get(name) for name in attributes}}
        writer.writerow([harmless(str(cell or "")) for cell in cells.values()])


def _write_json(people: Iterable[RowMapping]) -> None:
    before = "["
    for row in people:
        person = json.dumps({**_plain(row), "attributes": row["attributes"]}, ensure_ascii=False)
        sys.stdout.write(f"{before}\n{person}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")


def _plain(row: RowMapping) -> dict[str, Any]:
    return {**{name: row[name] for name in COLUMNS}, "since": row["since"].isoformat() if row["since"] else None}


def record(email: str, project: ProjectDir = Path()) -> None:
    """Print all that is kept of one person as JSON: what they are owed who ask for it."""
    from publisher.audience.record import record_of

    operator = open_operator(project)
    person, _ = person_at(operator, email)
    say_json(record_of(operator.store, person.id))


def show(email: str, project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """Show one person: lists with their consent, every change with who and when, every mail and what came of it."""
    from publisher.audience.record import file_of

    operator = open_operator(project)
    person, _ = person_at(operator, email)
    with operator.store.read() as conn:
        file = file_of(conn, person.id)
    if as_json:
        say_json(_as_json(file))
        return
    zone = operator.zone
    for line in _about(file.row, zone):
        say(line)
    for block in file.blocks:
        say(block_line(block, zone))
    chosen = [
        [each["list"], each["state"], local(each["since"], zone), _basis(each), each["actor"]] for each in file.lists
    ]
    table("Lists", ["list", "state", "since", "why", "by"], chosen)
    if file.changes:
        table("Before", ["until", "about", "what", "why", "by"], [_change(each, zone) for each in file.changes])
    _show_mails(file.mails, zone)


def _about(row: RowMapping, zone: ZoneInfo) -> Iterator[str]:
    yield f"{row['name']} <{row['email']}>" if row["name"] else str(row["email"])
    yield f"known since {local(row['made_at'], zone)}"
    if row["language"]:
        yield f"reads in {row['language']}"
    if row["paused_until"]:
        yield f"asked for quiet until {local(row['paused_until'], zone)}"
    if row["measured_since"]:
        yield f"lets it be known what they open, since {local(row['measured_since'], zone)}"
    for name, value in sorted(row["attributes"].items()):
        yield f"{name}: {value}"


def _basis(row: RowMapping) -> str:
    return f"{row['basis']}: “{row['wording']}”" if row["wording"] else str(row["basis"])


def _change(row: RowMapping, zone: ZoneInfo) -> list[object]:
    said = f"{row['words']}: “{row['wording']}”" if row["wording"] else row["words"]
    return [local(row["until"], zone), row["list"], row["what"], said, row["actor"]]


def _show_mails(mails: Sequence[tuple[RowMapping, Sequence[RowMapping]]], zone: ZoneInfo) -> None:
    from publisher.cli.log import COLUMNS as OF_LOG
    from publisher.cli.log import WHERE_USED, line

    rows = [[*line(mail, zone), "; ".join(_event(each, zone) for each in later)] for mail, later in mails]
    table("Mails", [*OF_LOG, "later"], rows, WHERE_USED)


def _event(row: RowMapping, zone: ZoneInfo) -> str:
    return f"{row['type']} {local(row['happened_at'], zone)}" + (f": {row['words']}" if row["words"] else "")


def _as_json(file: File) -> dict[str, object]:
    from publisher.app.send_log import plain

    own = {name: file.row[name] for name in ("email", "name", "attributes", "language", "paused_until")}
    choice, event = ("list", "state", "since", "basis", "actor"), ("type", "happened_at", "words")
    change = ("list", "what", "words", "since", "until", "actor")
    return {
        **own,
        "lists": _some(file.lists, choice),
        "history": _some(file.changes, change),
        "suppressions": [plain_block(each) for each in file.blocks],
        "deliveries": [{**plain(mail), "events": _some(later, event)} for mail, later in file.mails],
    }


def _some(rows: Iterable[RowMapping], names: Sequence[str]) -> list[Mapping[str, object]]:
    return [{name: row[name] for name in names} for row in rows]


def plain_block(row: RowMapping) -> dict[str, object]:
    return {name: row[name] for name in ("scope", "reason", "made_at", "actor")}


def suppressed(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 100,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show whom nobody writes to any more, and why."""
    from publisher.store import suppressions

    operator = open_operator(project)
    with operator.store.read() as conn:
        found = suppressions.newest(conn, limit)
    if as_json:
        say_json([{"email": row["email"], **plain_block(row)} for row in found])
        return
    rows = [
        [row["email"] or "(erased)", row["scope"], local(row["made_at"], operator.zone), row["actor"], row["reason"]]
        for row in found
    ]
    table("", ["address", "scope", "since", "by", "why"], rows)
