"""`publisher withdraw`: an edition is taken back as far as it can be, and what can't be is named."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.at_work import heir
from publisher.cli.hold import Why, Yes
from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, confirm, local, say, say_json, tell

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.withdrawals import Account


ByHand = Annotated[
    list[str] | None,
    typer.Option(metavar="CHANNEL", help="You took its post down there yourself: it counts as gone; may be repeated."),
]


def withdraw(
    edition: Annotated[str, typer.Argument(help="A number, `morning` (its latest) or `morning@2026-11-24`.")],
    by_hand: ByHand = None,
    why: Why = "",
    yes: Yes = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Take an edition back: stop what is left, delete its posts where networks can, and say what stays, and why."""
    from publisher.app import standing, taking_back, withdrawals
    from publisher.store import facts

    app = open_app(project)
    edition_id = app.edition(edition)
    title = standing.edition_title(app.store, edition_id, app.zone)
    with app.store.read() as conn:
        before = facts.first_withdrawn_by(conn, edition_id)
    taking_back.require_something(app, edition_id)
    before_it = withdrawals.account_of(app, edition_id)
    if by_hand:
        taking_back.require_left(app, edition_id, by_hand)
    if before:
        because = f": {before.why}" if before.why else ""
        tell(f"{title}: was withdrawn already by {before.actor}, {local(before.since, app.zone)}{because}")
    if not (yes or by_hand) and (before is None or before_it.is_given_up):
        _show(before_it, title)
        confirm(f"Withdraw {title}?", "this can't be taken back")
    if by_hand:
        taking_back.say_by_hand(app, edition_id, by_hand, why)
    else:
        with ExitStack() as stack:
            _carry_out(app, stack, edition_id, why)
    found = withdrawals.account_of(app, edition_id)
    if as_json:
        say_json({"edition": edition_id, "was_withdrawn": before is not None, **_plain(found)})
    else:
        tell(f"{title}: {'this is how it stands' if before else found.outcome}")
        _show(found, title)
        for line in taking_back.next_steps(app, edition_id, found):
            say(line)
    if not found.is_down:
        raise typer.Exit(1)


def _carry_out(app: App, stack: ExitStack, edition_id: int, why: str) -> None:
    """Write it down, and take down what stands; whatever ends us, `publisher run` goes on with it."""
    from publisher.app import taking_back, withdrawals
    from publisher.cli.send import open_for_work
    from publisher.runtime.embedded import drain

    open_for_work(app, stack, "withdraw")
    taking_back.withdraw(app, edition_id, why)
    told = set[str]()
    drain(
        app.sending.duties(),
        lambda: withdrawals.is_over(app, edition_id),
        lambda: _say_what_waits(app, edition_id, told),
    )


def _say_what_waits(app: App, edition_id: int, told: set[str]) -> bool:
    """Say what is waited for: a moment, or a network that gave no answer; say whether anything is."""
    from publisher.app import withdrawals
    from publisher.cli.send import say_what_waits

    with app.store.read() as conn:
        silent = withdrawals.soon(app, conn, edition_id)
    for each in silent:
        tell(f"{each.channel} gave no answer, and is asked again in a moment (Ctrl-C leaves it to {heir(app)})")
    return say_what_waits(app, [edition_id], told) or bool(silent)


def _show(found: Account, title: str) -> None:
    lines = (*found.posts, *found.unposted, *found.mails)
    for line in lines:
        say(str(line))
    if not lines:
        say(f"{title}: nothing of it had gone out, and nothing will")


def _plain(found: Account) -> dict[str, object]:
    return {
        "posts": [asdict(post) for post in found.posts],
        "unposted": [asdict(post) for post in found.unposted],
        "mails": [asdict(mail) for mail in found.mails],
    }
