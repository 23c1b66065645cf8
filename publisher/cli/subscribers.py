"""`publisher subscribers`: who reads, brought in, taken out as a file, shown one by one, and what they tell us."""

from __future__ import annotations

import typer

from publisher.cli.people_in import add, form, import_
from publisher.cli.people_out import export, record, show, suppressed
from publisher.cli.people_said import erase, move, receipts, suppress, unsubscribe, unsuppress

group = typer.Typer(help="People and their lists.", no_args_is_help=True, rich_markup_mode=None)

group.command("import")(import_)
group.command("add")(add)
group.command("form")(form)
group.command("export")(export)
group.command("show")(show)
group.command("record")(record)
group.command("unsubscribe")(unsubscribe)
group.command("suppress")(suppress)
group.command("suppressed")(suppressed)
group.command("unsuppress")(unsuppress)
group.command("move")(move)
group.command("erase")(erase)
group.command("receipts")(receipts)
