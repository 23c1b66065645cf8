"""`publisher clicks`: how often the links of an edition's mails were followed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, say, say_json, table


def clicks(
    edition: Annotated[str, typer.Argument(help="A number, a schedule (its latest), or `morning@2026-11-24`.")],
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show how often each link of an edition's mails was followed, and how two subjects fare. Nobody knows by whom."""
    from publisher.app.trials import plain, trial_now
    from publisher.store import clicks as ledger
    from publisher.store import sends

    app = open_app(project)
    edition_id = app.edition(edition)
    with app.store.read() as conn:
        found = ledger.of_edition(conn, edition_id)
        made = sends.of_edition(conn, edition_id)
        tried = {send["id"]: trial for send in made if (trial := trial_now(conn, send))}
    entries = {send["id"]: send["entry"] for send in made}
    both = {send_id: plain(trial) for send_id, trial in tried.items()}
    if as_json:
        say_json([{**asdict(link), "entry": entries[link.send_id], "trial": both.get(link.send_id)} for link in found])
    elif not found:
        say(f"Nothing is counted of edition {edition_id}: `measure: clicks` in a schedule counts what comes after it")
    else:
        table("", ["mail", "clicks", "link"], [[entries[link.send_id], link.count, link.url] for link in found])
    for line in [] if as_json else [line for trial in tried.values() for line in trial.lines(app.zone)]:
        say(line)
