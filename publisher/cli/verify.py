"""`publisher verify`: the books of every send, counted in full."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, say, say_json


def verify(
    edition: Annotated[str, typer.Argument(help="A number, `morning` or `morning@2026-11-24`; else all.")] = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Count the books of every send in full: counters against rows, rows against calls. Exit 1 if anything is wrong.

    What is not kept any more is counted by its sealed totals, and each seal is checked.
    """
    from publisher.app.keeping import sealer_of
    from publisher.app.verification import verify_books
    from publisher.model.counting import many

    operator = open_operator(project)
    edition_id = operator.edition(edition) if edition else None
    found = verify_books(operator.store, operator.clock, edition_id, sealer_of(operator.keys))
    wrong = [count for count in found if count.wrong]
    deliveries = sum(count.candidates for count in found)
    if as_json:
        say_json({"sends": len(found), "deliveries": deliveries, "wrong": [count.plain for count in wrong]})
    else:
        for count in wrong:
            for line in count.wrong:
                say(f"send {count.send_id} of edition {count.edition_id}, {count.channel}: {line}")
        counted = f"{many(len(found), 'send')}, {many(deliveries, 'delivery', 'deliveries')}"
        say(f"{counted}: {_verdict(len(wrong))}")
    if wrong:
        raise typer.Exit(1)


def _verdict(wrong: int) -> str:
    return f"{wrong:,} {'does' if wrong == 1 else 'do'} not balance" if wrong else "the books balance"
