"""Withdrawing an edition: what may be, what is written down, and what is left for a person to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from publisher.app import naming, standing, withdrawals
from publisher.app.withdrawals import REFUSED, STAYS, TAKEN_DOWN, Account
from publisher.errors import EndedError, UsageError
from publisher.model.staff import May
from publisher.pipeline.operate import withdrawing
from publisher.store import editions, facts, sends
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App


def require_something(app: App, edition_id: int) -> None:
    """Refuse an edition of which nothing can be taken back; one that was withdrawn before may be looked at again.

    :raises UsageError: nothing of it has left the house.
    """
    title = standing.edition_title(app.store, edition_id, app.zone)
    with app.store.read() as conn:
        row = naming.require_edition(conn, edition_id)
        is_again = facts.first_withdrawn_by(conn, edition_id) is not None
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


def require_left(app: App, edition_id: int, names: Sequence[str]) -> None:
    """Refuse a person's word on channels where there is nothing that they could have taken down.

    :raises UsageError: nothing was withdrawn yet, or nothing on a channel is left.
    """
    title = standing.edition_title(app.store, edition_id, app.zone)
    with app.store.read() as conn:
        is_withdrawn = facts.first_withdrawn_by(conn, edition_id) is not None
    if not is_withdrawn:
        remedy = "Withdraw it first: what its networks don't take down is named then"
        raise UsageError("it was not withdrawn yet", where=title, remedy=remedy)
    left = {post.channel for post in withdrawals.account_of(app, edition_id).posts if post.became != TAKEN_DOWN}
    if wrong := [name for name in names if name not in left]:
        there = f"Posts are left on {', '.join(sorted(left))}" if left else "No post of it is left"
        raise UsageError(f"nothing is left to take down on {', '.join(wrong)}", where=title, remedy=there)


@allowed(May.OPERATE)
def withdraw(app: App, edition_id: int, why: str = "") -> None:
    """Write down that an edition is withdrawn, and stop what is left of it; `publisher run` takes down what stands."""
    means = app.sending.means
    withdrawing.withdraw_edition(app.store, edition_id, means, actor=app.actor, why=why, now=app.clock())


@allowed(May.OPERATE)
def say_by_hand(app: App, edition_id: int, names: Sequence[str], why: str = "") -> None:
    """Write down that a person took posts down themselves; nothing is said to any network.

    :param names: of the channels that they stood on.
    """
    means, now = app.sending.means, app.clock()
    withdrawing.say_taken_down(app.store, edition_id, means, names, actor=app.actor, why=why, now=now)


def next_steps(app: App, edition_id: int, found: Account) -> list[str]:
    """Return what to type about what still stands, and about the stories, which other editions may bring."""
    with app.store.read() as conn:
        rows = [row for row in sends.of_edition(conn, edition_id) if row["kind"] == sends.WITHDRAWAL]
        held = facts.held(conn)
        articles = [str(row["article_id"]) for row in editions.places_of(conn, edition_id) if row["position"]]
    steps = [f"all sending is held by {held.actor}: publisher release --all"] if held else []
    steps += [step for row in rows if not row["unknown"] and (step := standing.next_step(row, None))]
    again = f"publisher withdraw {edition_id}"
    left = dict.fromkeys(post.channel for post in found.posts if post.became in (REFUSED, STAYS))
    steps += [f"Once you took it down by hand: {again} --by-hand {channel}" for channel in left]
    if not found.is_down and not any(step.endswith(again) for step in steps):
        steps.append(f"To look again: {again}")
    if any(mail.may_be_read for mail in found.mails):
        steps.append(f"Who has the mail: publisher log --edition {edition_id}; only another mail can put it right")
    if articles:
        steps.append(f"So that no other edition brings its stories: publisher articles discard {' '.join(articles)}")
    return list(dict.fromkeys(steps))
