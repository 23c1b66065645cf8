"""`publisher subscribers`: who reads, brought in, taken out as a file, shown one by one."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.errors import UsageError

group = typer.Typer(help="People and their lists.", no_args_is_help=True, rich_markup_mode=None)
ListName = Annotated[str, typer.Option("--list", help="A list of schedules.yaml.")]


@group.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a column `email`; `name` and any attributes too.")],
    list_name: ListName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and write nothing.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Subscribe the people of a CSV file to a list. Bad rows are named; the good ones are taken."""
    from publisher.app import App
    from publisher.audience import imports

    app = App.open(project)
    key = app.keys.current("suppression")[1]
    report = imports.import_csv(
        app.store, file, app.list_named(list_name), hash_key=key, now=app.clock(), actor=app.actor, dry_run=dry_run
    )
    for line, said, why in report.bad:
        sys.stderr.write(f"{file}:{line}: {said or '(empty)'}: {why}\n")
    parts = [f"{report.added} new", f"{report.updated} known from other lists", f"{report.already} already there"]
    parts += [f"{report.left} had left and stay off"] if report.left else []
    parts += [f"{len(report.bad)} not taken (named above)"] if report.bad else []
    say(f"{'would import into' if dry_run else 'imported into'} {list_name}: {', '.join(parts)}")
    if report.bad:
        raise typer.Exit(1)


@group.command("add")
def add(
    email: str,
    list_name: ListName,
    name: Annotated[str, typer.Option(help="As it should stand in a mail.")] = "",
    project: ProjectDir = Path(),
) -> None:
    """Subscribe one person, on your word."""
    from publisher.app import App
    from publisher.audience import imports

    app = App.open(project)
    key = app.keys.current("suppression")[1]
    chosen = app.list_named(list_name)
    report = imports.add_one(app.store, email, chosen, name=name, hash_key=key, now=app.clock(), actor=app.actor)
    if report.left:
        raise UsageError(f"{email} has left {list_name} and stays off", remedy="Only they can come back, by their link")
    say(f"{email} {'was already on' if report.already else 'is on'} {list_name}")


@group.command("export")
def export(
    list_name: Annotated[str, typer.Option("--list", help="Only this list.")] = "",
    project: ProjectDir = Path(),
) -> None:
    """Write everyone as CSV to standard output."""
    from publisher.store import subscribers

    app = open_app(project)
    if list_name:
        app.list_named(list_name)
    with app.store.read() as conn:
        rows = list(subscribers.everyone(conn, list_name))
    attributes = sorted({name for row in rows for name in row["attributes"]})
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["email", "name", "list", "state", "since", "basis", *attributes])
    for row in rows:
        since = row["since"].isoformat() if row["since"] else ""
        own = [row["attributes"].get(name, "") for name in attributes]
        cells = [row["email"], row["name"], row["list"], row["state"], since, row["basis"], *own]
        writer.writerow([_harmless(str(cell or "")) for cell in cells])


def _harmless(cell: str) -> str:
    # A spreadsheet would run a cell that begins like a formula.
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


@group.command("show")
def show(email: str, project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """Show one person: lists, consent, and every mail with its outcome."""
    from publisher.cli.log import COLUMNS, line, plain
    from publisher.store import log as ledger
    from publisher.store import subscribers

    app = open_app(project)
    address_hash = app.hash_of(email)
    with app.store.read() as conn:
        person = subscribers.find(conn, address_hash)
        if person is None:
            raise UsageError(f"nobody has the address {email}", remedy="See them all: publisher subscribers export")
        lists = [row for row in subscribers.everyone(conn) if row["id"] == person.id]
        mails = ledger.find(conn, ledger.Filter(address_hash=address_hash, limit=1000))
    if as_json:
        subscriptions = [{name: row[name] for name in ("list", "state", "since", "basis")} for row in lists]
        own = {"email": person.email, "name": person.name, "attributes": person.attributes}
        say_json({**own, "lists": subscriptions, "deliveries": [plain(row) for row in mails]})
        return
    say(f"{person.name} <{person.email}>" if person.name else person.email)
    shown = [[row["list"], row["state"], local(row["since"], app.zone), row["basis"]] for row in lists]
    table("Lists", ["list", "state", "since", "basis"], shown)
    table("Mails", COLUMNS, [line(row, app.zone) for row in mails])
