"""What became of a withdrawn edition, network by network, in words; and what keeps a post up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from publisher.errors import PublisherError
from publisher.model.account import Fingerprints, why_another
from publisher.model.counting import many
from publisher.model.states import ENDED, DeliveryState, SendState
from publisher.pipeline.operate import withdrawing
from publisher.store import Connection, facts, sends, withdrawals
from publisher.store.withdrawals import Posted, Removal

if TYPE_CHECKING:
    from publisher.app.core import App

D = DeliveryState
NEVER = "never posted"
TAKEN_DOWN, TO_BE, WAITS, REFUSED, STAYS, DOUBT = (
    "taken down",
    "to be taken down",
    "waits",
    "refused",
    "stays",
    "unknown",
)
# What became of a withdrawal, by where its delivery is.
BECAME = {
    D.SENT: TAKEN_DOWN,
    D.PENDING: WAITS,
    D.TAKEN: WAITS,
    D.UNKNOWN: DOUBT,
    D.FAILED: REFUSED,
    D.CANCELLED: STAYS,
}
SAID_AGAIN = "no answer yet: it is said again by itself, for a day"
GIVEN_UP = "its withdrawal was cancelled"
NOT_SAID = "no answer: look whether it stands, or withdraw it again"
SOON = timedelta(minutes=1)  # a command waits for what is said again within


@dataclass(frozen=True, slots=True)
class OnNetwork:
    """What became of one post, or of a part of it, on one channel."""

    channel: str
    became: str
    parts: int
    url: str
    why: str

    def __str__(self) -> str:
        where = f" ({self.url})" if self.url else ""
        parts = f", {many(self.parts, 'post')} of a thread" if self.parts > 1 else ""
        by_hand = "; take it down by hand" if self.became in (REFUSED, STAYS) else ""
        why = f": {self.why.rstrip('.')}" if self.why else ""
        return f"{self.channel}{parts}: {self.became}{why}{by_hand}{where}"


@dataclass(frozen=True, slots=True)
class Unposted:
    """A post that never was one: there is nothing to take down."""

    channel: str
    state: str  # of its send

    def __str__(self) -> str:
        return f"{self.channel}: {NEVER if self.state in ENDED else f'not posted yet ({self.state}): never will be'}"


@dataclass(frozen=True, slots=True)
class InBoxes:
    """What became of a mail: whoever has it keeps it, and whoever had not been written to is not."""

    channel: str
    lists: tuple[str, ...]
    sent: int
    under_way: int  # written to at this moment
    unknown: int
    failed: int
    left: int  # not begun, and not stopped yet
    stopped: int

    def __str__(self) -> str:
        told = (
            f"{many(self.sent, 'reader')} {_has(self.sent)} the mail"
            if self.sent
            else "nobody is known to have the mail"
        )
        counts = [f"{self.under_way:,} are being written to at this moment"] if self.under_way else []
        counts += [f"{self.unknown:,} may have it"] if self.unknown else []
        counts += [f"{self.failed:,} failed"] if self.failed else []
        kept = ", which can't be taken back" if self.may_be_read else ""
        ends = f"; {self.left:,} not begun, to be stopped" if self.left else ""
        ends += f"; {self.stopped:,} had not begun, and never will get it" if self.stopped else ""
        return f"{self.channel} to {', '.join(self.lists)}: {', '.join([told, *counts])}{kept}{ends}"

    @property
    def may_be_read(self) -> bool:
        """Say whether somebody has it, or may have it."""
        return bool(self.sent or self.under_way or self.unknown)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a withdrawn edition."""

    posts: tuple[OnNetwork, ...]
    mails: tuple[InBoxes, ...]
    unposted: tuple[Unposted, ...] = ()

    @property
    def is_given_up(self) -> bool:
        """Say whether a person cancelled the withdrawal of something that stands: to begin it anew is for a person."""
        return any(post.why == GIVEN_UP for post in self.posts)

    @property
    def outcome(self) -> str:
        """Say in a few words what a withdrawal did: of mail alone only the rest can be stopped."""
        if self.posts or self.unposted or not any(mail.may_be_read for mail in self.mails):
            return "withdrawn"
        stopped = sum(mail.stopped for mail in self.mails)
        did = f"{many(stopped, 'delivery', 'deliveries')} stopped" if stopped else "nothing was left to stop"
        return f"{did}; mail that went out can't be taken back"

    @property
    def is_down(self) -> bool:
        """Say whether nothing of its posts stands any more, as far as anybody can know."""
        return all(post.became == TAKEN_DOWN for post in self.posts)


def account_of(app: App, edition_id: int) -> Account:
    """Return what became, or would become, of an edition that is withdrawn."""
    with app.store.read() as conn:
        made = withdrawals.removals(conn, edition_id)
        posts = [_removed(each) for each in made if not _is_made_anew(each, made)]
        posted = withdrawals.posted(conn, edition_id)
        for post in posted:
            posts += _left(app, edition_id, post, made)
        rows = [row for row in sends.of_edition(conn, edition_id) if row["kind"] not in sends.FOLLOWING]
    entries = {post.entry for post in posted}
    mails = [_mail(row) for row in rows if row["audience"] and row["candidates"]]
    unposted = [row for row in rows if not row["audience"] and row["entry"] not in entries]
    return Account(tuple(posts), tuple(mails), tuple(Unposted(row["channel"], row["state"]) for row in unposted))


def _is_made_anew(given_up: Removal, made: list[Removal]) -> bool:
    """Say whether a later withdrawal is for what this one, which was cancelled, was for."""
    later = [each for each in made if each.send_id > given_up.send_id]
    mine = (given_up.entry, given_up.channel)
    has = {part for each in later if (each.entry, each.channel) == mine for part in each.parts}
    return given_up.state is D.CANCELLED and has >= set(given_up.parts)


def _removed(made: Removal) -> OnNetwork:
    became, why = BECAME[made.state], made.reason
    if made.state is D.CANCELLED:
        why = GIVEN_UP
    elif made.state is D.UNKNOWN:
        why = f"{SAID_AGAIN if made.again_at else NOT_SAID} ({why})"
    return OnNetwork(made.channel, became, len(made.parts), made.url, why)


def _left(app: App, edition_id: int, post: Posted, made: list[Removal]) -> Iterator[OnNetwork]:
    """Yield what no withdrawal is for: what can't be taken down, what is under way, and what nobody knows of."""
    parts = withdrawals.left_of(post, made)
    if post.state is D.TAKEN:
        yield OnNetwork(post.channel, WAITS, 1, post.url, "being posted at this moment: taken down once it stands")
    elif parts:
        why = why_it_stays(app, post.channel, post.account)
        yield OnNetwork(post.channel, STAYS if why else TO_BE, len(parts), post.url, why)
    because = f" ({post.reason})" if post.reason else ""
    if post.is_given_up:
        why = f"an earlier try that was said anew may have been posted{because}; look at the account"
        yield OnNetwork(post.channel, DOUBT, 1, "", why)
    elif post.state is D.UNKNOWN:
        doubt = f"publisher unknown list --edition {edition_id}"
        yield OnNetwork(post.channel, DOUBT, 1, "", f"it may have been posted{because}; look: {doubt}")


def _mail(row: Any) -> InBoxes:
    counts = (row[name] for name in ("sent", "taken", "unknown", "failed", "pending", "cancelled"))
    return InBoxes(row["channel"], tuple(row["audience"]), *counts)


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def why_it_stays(app: App, channel: str, account: Fingerprints) -> str:
    """Return why what a channel posted can't be taken down through it; empty: it can.

    :param account: that posted it.
    """
    from publisher.senders.registry import sender_class

    if (spec := app.project.channels.get(channel)) is None:
        return f"there is no channel {channel} any more: put it back into schedules.yaml and withdraw again"
    try:
        why = sender_class(spec.sender).why_it_stays(spec.options)
        return why or why_another(account, app.senders.account_of(spec))
    except PublisherError as error:
        return error.what


def is_over(app: App, edition_id: int) -> bool:
    """Say whether nothing of a withdrawal goes on by itself, or nobody knows when: a person may be needed."""
    with app.store.read() as conn:
        return facts.held(conn) is not None or not _goes_on(app, conn, edition_id)


def _goes_on(app: App, conn: Connection, edition_id: int) -> bool:
    rows = sends.of_edition(conn, edition_id)
    mine = [row for row in rows if row["kind"] == sends.WITHDRAWAL]
    under_way = any(post.state is D.TAKEN for post in withdrawals.posted(conn, edition_id))
    is_open = any(row["state"] not in (*ENDED, SendState.PAUSED) for row in mine)
    is_to_be_made = withdrawing.to_take_down(conn, edition_id, app.sending.means)
    return bool(under_way or is_open or is_to_be_made or soon(app, conn, edition_id))


def soon(app: App, conn: Connection, edition_id: int) -> list[Removal]:
    """Return the withdrawals without an answer that are said again in a moment; long overdue, nobody says them."""
    now, made = app.store.now(), withdrawals.removals(conn, edition_id)
    return [each for each in made if each.again_at and now - SOON <= each.again_at <= now + SOON]


def is_of_practice(app: App, version_id: int) -> bool:
    """Say whether an edition that was made under this version of the file was made in practice."""
    from publisher.app import following

    was = following.project_of(app, version_id)
    return was is not None and was.practice
