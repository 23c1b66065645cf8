"""`publisher test`: a schedule's next edition as mail to a few addresses; nothing counts as sent."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.books import INBOX
from publisher.cli.output import AsJson, ProjectDir, reason_lines, say, say_json
from publisher.cli.send import open_for_work

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.preview import Preview
    from publisher.app.proofs import Said


def test(
    schedule: Annotated[str, typer.Argument(help="A schedule, or its edition in a language: morning/pt.")],
    to: Annotated[str, typer.Option(metavar="ADDRESSES", help="Up to 20: ada@harbor.example,bo@harbor.example.")],
    as_: Annotated[str, typer.Option("--as", help="With this subscriber's own values.")] = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Mail the next edition to these addresses, marked [Test]. Nobody else gets it, and nothing counts as sent."""
    from publisher.app import App, proofs
    from publisher.errors import UsageError

    app = App.open(project)
    chosen = app.edition_to_come(schedule)
    addresses = proofs.addresses_said(app, to)
    if not chosen.mails_to:
        remedy = f"See its posts: publisher preview {schedule}"
        raise UsageError("it sends no mail, and posts are not tested", where=schedule, remedy=remedy)
    with ExitStack() as stack:
        open_for_work(app, stack, "test")
        chosen = app.edition_to_come(schedule)  # as the version has it that holds, which the file need not be
        made = proofs.make(app, chosen, email=as_)
        said = proofs.send(app, made, addresses)
    if as_json:
        say_json([asdict(each) for each in said])
    else:
        _show(app, made, said)
    if any(each.why_not for each in said) or any(product.message is None for product in made.products):
        raise typer.Exit(1)


def _show(app: App, made: Preview, said: list[Said]) -> None:
    from publisher.web.message_views import entry_views

    if made.is_example:
        say(f"Nothing would go out now: {made.plan.choice.skipped}")
        say(f"The test has {'the newest articles' if made.instead else 'a made-up article'}")
    for view in entry_views(app, made):
        via = view.entry.via
        for text, _ in view.post.parts if view.post else ():
            say(f"{via}, not posted:")
            say("\n".join(f"  | {line}".rstrip() for line in text.splitlines()))
        for line in reason_lines(via, "would be held", view.findings):
            say(line)
    for each in said:
        say(f"{each.email} by {each.channel}: {each.why_not or 'sent'}")
    if app.is_practice:
        say(INBOX)
