"""`publisher withdraw`: an edition is taken back as far as it can be, and what can't be is named."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.hold import EndedError, Why, Yes
from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, confirm, local, say, say_json, tell
from publisher.errors import UsageError

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
    from publisher.app import standing, withdrawals
    from publisher.store import facts

    app = open_app(project)
    edition_id = app.edition(edition)
    title = standing.edition_title(app.store, edition_id, app.zone)
    with app.store.read() as conn:
        before = facts.first_withdrawn_by(conn, edition_id)
    _require_something(app, edition_id, title, is_again=before is not None)
    before_it = withdrawals.account_of(app, edition_id)
    if by_hand:
        _require_left(before_it, by_hand, title, is_withdrawn=before is not None)
    if before:
        because = f": {before.why}" if before.why else ""
        tell(f"{title}: was withdrawn already by {before.actor}, {local(before.since, app.zone)}{because}")
    if not (yes or by_hand) and (before is None or before_it.is_given_up):
        _show(before_it, title)
        confirm(f"Withdraw {title}?", "this can't be taken back")
    if by_hand:
        _say_by_hand(app, edition_id, by_hand, why)
    else:
        with ExitStack() as stack:
            _carry_out(app, stack, edition_id, why)
    found = withdrawals.account_of(app, edition_id)
    if as_json:
        say_json({"edition": edition_id, "was_withdrawn": before is not None, **_plain(found)})
    else:
        tell(f"{title}: {'this is how it stands' if before else found.outcome}")
        _show(found, title)
        for line in _next_steps(app, edition_id, found):
            say(line)
    if not found.is_down:
        raise typer.Exit(1)


def _require_something(app: App, edition_id: int, title: str, *, is_again: bool) -> None:
    """Refuse an edition of which nothing can be taken back.

    :param is_again: it was withdrawn before: how it stands can be said in any case.
    :raises UsageError: nothing of it has left the house.
    """
    from publisher.app import withdrawals
    from publisher.store import editions

    with app.store.read() as conn:
        row = editions.get(conn, edition_id)
    assert row is not None  # noqa: S101 -- it was named a moment ago, and editions are never deleted
    if withdrawals.is_of_practice(app, row["project_version_id"]):
        raise EndedError("it was made in practice: nothing of it has left the house", where=title)
    if app.is_practice:
        remedy = "Take `practice: true` out of schedules.yaml, then withdraw it"
        raise UsageError("in practice nothing real can be taken back", where=title, remedy=remedy)
    if row["state"] == "draft":
        remedy = f"To give it up: publisher cancel {edition_id}"
        raise UsageError("it is a draft: nothing of it has gone out", where=title, remedy=remedy)
    found = withdrawals.account_of(app, edition_id)
    went_out = bool(found.posts) or any(mail.may_be_read for mail in found.mails)
    if row["state"] != "locked" and not went_out and not is_again:
        raise EndedError(f"it is {row['state']}, and nothing of it went out: there is nothing to withdraw", where=title)


def _require_left(found: Account, names: Sequence[str], title: str, *, is_withdrawn: bool) -> None:
    """Refuse a person's word on channels where there is nothing that they could have taken down.

    :raises UsageError: nothing was withdrawn yet, or nothing on a channel is left.
    """
    from publisher.app.withdrawals import TAKEN_DOWN

    if not is_withdrawn:
        remedy = "Withdraw it first: what its networks don't take down is named then"
        raise UsageError("it was not withdrawn yet", where=title, remedy=remedy)
    left = {post.channel for post in found.posts if post.became != TAKEN_DOWN}
    if wrong := [name for name in names if name not in left]:
        there = f"Posts are left on {', '.join(sorted(left))}" if left else "No post of it is left"
        raise UsageError(f"nothing is left to take down on {', '.join(wrong)}", where=title, remedy=there)


def _say_by_hand(app: App, edition_id: int, names: Sequence[str], why: str) -> None:
    """Write down what a person did; nothing is said to any network."""
    from publisher.pipeline.operate import withdrawing

    means, now = app.sending.means, app.clock()
    withdrawing.say_taken_down(app.store, edition_id, means, names, actor=app.actor, why=why, now=now)


def _carry_out(app: App, stack: ExitStack, edition_id: int, why: str) -> None:
    """Write it down, and take down what stands; whatever ends us, `publisher run` goes on with it."""
    from publisher.app import withdrawals
    from publisher.cli.send import open_for_work
    from publisher.pipeline.operate import withdrawing
    from publisher.runtime.embedded import drain

    open_for_work(app, stack, "withdraw")
    means = app.sending.means
    withdrawing.withdraw_edition(app.store, edition_id, means, actor=app.actor, why=why, now=app.clock())
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
        tell(f"{each.channel} gave no answer, and is asked again in a moment (Ctrl-C leaves it to `publisher run`)")
    return say_what_waits(app, [edition_id], told) or bool(silent)


def _show(found: Account, title: str) -> None:
    lines = (*found.posts, *found.unposted, *found.mails)
    for line in lines:
        say(str(line))
    if not lines:
        say(f"{title}: nothing of it had gone out, and nothing will")


def _next_steps(app: App, edition_id: int, found: Account) -> list[str]:
    """Return what to type about what still stands, and about the stories, which other editions may bring."""
    from publisher.app import standing, withdrawals
    from publisher.store import editions, facts, sends

    with app.store.read() as conn:
        rows = [row for row in sends.of_edition(conn, edition_id) if row["kind"] == sends.WITHDRAWAL]
        held = facts.held(conn)
        articles = [str(row["article_id"]) for row in editions.places_of(conn, edition_id) if row["position"]]
    steps = [f"all sending is held by {held.actor}: publisher release --all"] if held else []
    steps += [step for row in rows if not row["unknown"] and (step := standing.next_step(row, None))]
    again = f"publisher withdraw {edition_id}"
    left = dict.fromkeys(
        post.channel for post in found.posts if post.became in (withdrawals.REFUSED, withdrawals.STAYS)
    )
    steps += [f"Once you took it down by hand: {again} --by-hand {channel}" for channel in left]
    if not found.is_down and not any(step.endswith(again) for step in steps):
        steps.append(f"To look again: {again}")
    if any(mail.may_be_read for mail in found.mails):
        steps.append(f"Who has the mail: publisher log --edition {edition_id}; only another mail can put it right")
    if articles:
        steps.append(f"So that no other edition brings its stories: publisher articles discard {' '.join(articles)}")
    return list(dict.fromkeys(steps))


def _plain(found: Account) -> dict[str, object]:
    return {
        "posts": [asdict(post) for post in found.posts],
        "unposted": [asdict(post) for post in found.unposted],
        "mails": [asdict(mail) for mail in found.mails],
    }
