"""`publisher articles`: what the ledger knows, and why each was taken or not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say_json, table


def articles(
    source: Annotated[str, typer.Option(help="Only this source.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    why: Annotated[bool, typer.Option("--why", help="Show what was mended or dropped at intake.")] = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """List the articles in the ledger, newest first: why each was taken or not, and in which editions it was sent."""
    from publisher.store import articles as ledger

    app = open_app(project)
    with app.store.read() as conn:
        found = ledger.latest(conn, limit=limit, source=source)
        sent = ledger.went_out_in(conn, [each.id for each in found])
    if as_json:
        say_json([{**asdict(each), "sent_in": sent[each.id]} for each in found])
        return
    table(
        "",
        ["id", "source", "published", "headline", "standing", "sent in", "reason", *(["notes"] if why else [])],
        [
            [each.id, each.source, local(each.article.published_at, app.zone), each.article.title, each.standing]
            + [", ".join(f"{one['edition']} {one['schedule']}" for one in sent[each.id])]
            + [each.reason, *(["; ".join(each.article.notes)] if why else [])]
            for each in found
        ],
    )
