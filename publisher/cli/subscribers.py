"""`publisher subscribers`: who reads, brought in, taken out as a file, shown one by one."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.opening import open_app, open_operator
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from publisher.store import RowMapping

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
    from publisher.cli.log import COLUMNS, WHERE_USED, line, plain
    from publisher.store import log as ledger
    from publisher.store import subscribers, suppressions

    app = open_app(project)
    address_hash = app.hash_of(email)
    with app.store.read() as conn:
        person = subscribers.find(conn, address_hash)
        blocks = suppressions.of(conn, address_hash)
        if person is None:
            raise _nobody(email, blocks)
        lists = [row for row in subscribers.everyone(conn) if row["id"] == person.id]
        mails = ledger.find(conn, ledger.Filter(address_hash=address_hash, limit=1000))
    if as_json:
        subscriptions = [{name: row[name] for name in ("list", "state", "since", "basis")} for row in lists]
        own = {"email": person.email, "name": person.name, "attributes": person.attributes}
        told = {"lists": subscriptions, "suppressions": [_plain_block(row) for row in blocks]}
        say_json({**own, **told, "deliveries": [plain(row) for row in mails]})
        return
    say(f"{person.name} <{person.email}>" if person.name else person.email)
    for row in blocks:
        say(_block_line(row, app.zone))
    shown = [[row["list"], row["state"], local(row["since"], app.zone), row["basis"]] for row in lists]
    table("Lists", ["list", "state", "since", "basis"], shown)
    table("Mails", COLUMNS, [line(row, app.zone) for row in mails], WHERE_USED)


def _nobody(email: str, blocks: Sequence[RowMapping]) -> UsageError:
    still = f", but the address is suppressed: {blocks[-1]['reason']}" if blocks else ""
    return UsageError(f"nobody has the address {email}{still}", remedy="See them all: publisher subscribers export")


def _block_line(row: RowMapping, zone: ZoneInfo) -> str:
    from publisher.store import suppressions

    where = "everywhere" if row["scope"].endswith("all") else row["scope"]
    said = "was suppressed" if suppressions.is_lifted(row) else f"suppressed {where}"
    return f"{said}, {local(row['made_at'], zone)}, by {row['actor']}: {row['reason']}"


def _plain_block(row: RowMapping) -> dict[str, object]:
    return {name: row[name] for name in ("scope", "reason", "made_at", "actor")}


@group.command("suppressed")
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
        say_json([{"email": row["email"], **_plain_block(row)} for row in found])
        return
    rows = [
        [row["email"] or "(erased)", row["scope"], local(row["made_at"], operator.zone), row["actor"], row["reason"]]
        for row in found
    ]
    table("", ["address", "scope", "since", "by", "why"], rows)


@group.command("unsuppress")
def unsuppress(
    email: str,
    why: Annotated[str, typer.Option(help="How you know that it was wrong; kept with your name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Also where they complained.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Let an address be written to again that was suppressed wrongly."""
    from publisher.audience import lifting

    if not why.strip():
        raise UsageError("nothing is lifted without a reason", remedy='Say it: --why "the mailbox was full"')
    operator = open_operator(project)
    done = lifting.lift(
        operator.store,
        operator.hash_of(email),
        why=why.strip(),
        even_complaints=yes,
        now=operator.now(),
        actor=operator.actor,
    )
    if done.complaint:
        remedy = "If they themselves want it again: --yes"
        raise UsageError(f"{email} called a letter spam ({done.complaint})", remedy=remedy)
    for row in done.lifted:
        since = local(row["made_at"], operator.zone)
        say(f"{email} may be written to again; suppressed since {since}: {row['reason']}")
    if not done.lifted:
        say(f"{email} isn't suppressed")
        raise typer.Exit(1)
