"""`publisher prune`: let go of what was kept long enough."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, say, say_json, table, tell

WORDS = {
    "events": "later words of providers (delivered, delayed)",
    "words": "providers' own words about bounces and complaints",
    "calls": "calls (attempts)",
    "deliveries": "deliveries",
    "articles": "articles' html",
}


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much it would be.")] = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Let go of what was kept as long as `retention:` says; `publisher run` does it each night by itself.

    Only what is final goes. Before deliveries go their totals are sealed, so that `publisher verify` goes on
    balancing. Who left, and who is never written to, is kept.
    """
    from publisher.app.keeping import count, sealer_of
    from publisher.app.keeping import prune as let_go
    from publisher.config.values import duration_text

    operator = open_operator(project)
    kept, schedules, now = operator.project.retention, operator.project.schedules.values(), operator.now()
    if dry_run:
        gone = count(operator.store, kept, schedules, now)
    else:
        gone = let_go(operator.store, kept, schedules, sealer_of(operator.keys), now)
    if as_json:
        say_json({**gone.plain, "left": gone.left, "dry_run": dry_run})
        raise typer.Exit(1 if gone.left else 0)
    spans = {"events": kept.events, "words": kept.events, "calls": kept.attempts}
    spans |= {"deliveries": kept.deliveries, "articles": kept.articles}
    rows = [[f"{number:,}", WORDS[name], duration_text(spans[name])] for name, number in gone.plain.items()]
    table("Would go" if dry_run else "Gone", ["how many", "of what", "kept for"], rows)
    for wrong in gone.left:
        tell(wrong)
    if gone.left:
        raise typer.Exit(1)
    if not any(gone.plain.values()):
        say("nothing is older than it is kept")
