"""Which words a corrected edition's posts say and its readers have, channel by channel, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.app import standing
from publisher.app.withdrawals import SAID_AGAIN, SOON
from publisher.errors import PublisherError
from publisher.model.account import Fingerprints, why_another
from publisher.model.counting import many
from publisher.model.message import Post
from publisher.model.states import ENDED, DeliveryState, SendState
from publisher.pipeline.operate import rewording
from publisher.store import Connection, RowMapping, corrections, facts, sends, withdrawals
from publisher.store.corrections import Edit
from publisher.store.withdrawals import Posted

if TYPE_CHECKING:
    from publisher.app.core import App

D = DeliveryState
SAYS_SO, EDITED, TO_BE, WAITS, REFUSED, KEEPS, DOUBT = (
    "says so",
    "edited",
    "to be edited",
    "waits",
    "refused",
    "keeps its words",
    "unknown",
)
BECAME = {
    D.SENT: EDITED,
    D.PENDING: WAITS,
    D.TAKEN: WAITS,
    D.UNKNOWN: DOUBT,
    D.FAILED: REFUSED,
    D.CANCELLED: KEEPS,
}
GIVEN_UP = "its correction was cancelled"


@dataclass(frozen=True, slots=True)
class OnNetwork:
    """What became of the words of one post on one channel."""

    channel: str
    became: str
    parts: int
    url: str
    why: str

    def __str__(self) -> str:
        where = f" ({self.url})" if self.url else ""
        parts = f", {many(self.parts, 'post')} of a thread" if self.parts > 1 else ""
        by_hand = "; edit it by hand" if self.became in (REFUSED, KEEPS) else ""
        why = f": {self.why.rstrip('.')}" if self.why else ""
        return f"{self.channel}{parts}: {self.became}{why}{by_hand}{where}"

    @property
    def is_done(self) -> bool:
        return self.became in (EDITED, SAYS_SO)


@dataclass(frozen=True, slots=True)
class Unposted:
    """A post that has not gone out."""

    channel: str
    state: str  # of its send

    def __str__(self) -> str:
        says = "never posted" if self.state in ENDED else f"not posted yet ({self.state}): it will say the new words"
        return f"{self.channel}: {says}"


@dataclass(frozen=True, slots=True)
class InBoxes:
    """Which words the readers of a mail have, or get."""

    channel: str
    lists: tuple[str, ...]
    old: int  # have the old words, or may have
    gone: int  # of these, how many nobody knows any more by name
    new: int  # have the newest
    left: int  # not begun: they get the newest
    under_way: int  # written to at this moment
    mailed: int  # got a correction mail
    mailing: int  # are to get one

    def __str__(self) -> str:
        counts = [f"{self.old:,} {'has' if self.old == 1 else 'have'} the old words"] if self.old else []
        counts += [f"of {self.gone:,} it is not kept any more who they are"] if self.gone else []
        counts += [f"{self.new:,} {'has' if self.new == 1 else 'have'} the new ones"] if self.new else []
        counts += [f"{self.left:,} not written to yet, and {'gets' if self.left == 1 else 'get'} the new ones"] * (
            self.left > 0
        )
        counts += [f"{self.under_way:,} being written to at this moment"] if self.under_way else []
        counts += [f"{self.mailed:,} got the correction by mail"] if self.mailed else []
        counts += [f"{self.mailing:,} are to get the correction by mail"] if self.mailing else []
        return f"{self.channel} to {', '.join(self.lists)}: {', '.join(counts) or 'nobody has it'}"


@dataclass(frozen=True, slots=True)
class Account:
    """How a corrected edition stands."""

    posts: tuple[OnNetwork, ...]
    unposted: tuple[Unposted, ...]
    mails: tuple[InBoxes, ...]

    @property
    def is_done(self) -> bool:
        """Say whether every post that stands says the newest words."""
        return all(post.is_done for post in self.posts)


def account_of(app: App, edition_id: int) -> Account:
    """Return which words an edition's posts say and its readers have."""
    with app.store.read() as conn:
        newest, made = rewording.newest_posts(conn, edition_id), corrections.edits(conn, edition_id)
        standing = [post for post in withdrawals.posted(conn, edition_id) if post.entry in newest]
        posts = [_on_network(app, conn, post, newest[post.entry][0], made) for post in standing]
        rows = [row for row in sends.of_edition(conn, edition_id) if row["kind"] == sends.REGULAR]
        mails = [_in_boxes(conn, row) for row in rows if row["audience"] and row["candidates"]]
    entries = {post.entry for post in standing}
    unposted = [row for row in rows if not row["audience"] and row["entry"] not in entries]
    return Account(tuple(posts), tuple(Unposted(row["channel"], row["state"]) for row in unposted), tuple(mails))


def next_steps(app: App, edition_id: int, found: Account) -> list[str]:
    """Return what to type about what still says, or has, the old words."""
    with app.store.read() as conn:
        rows = [row for row in sends.of_edition(conn, edition_id) if row["kind"] == sends.CORRECTION]
        held = facts.held(conn)
    steps = [f"all sending is held by {held.actor}: publisher release --all"] if held else []
    steps += [step for row in rows if row["state"] == "paused" and (step := standing.next_step(row, None))]
    if any(mail.old > mail.gone and not (mail.mailed or mail.mailing) for mail in found.mails):
        steps.append(f"To mail the right words to who has the old ones: publisher correct {edition_id} --mail")
    if any(not post.is_done and not _edits_nothing(app, post.channel) for post in found.posts):
        steps.append(f"To try again what was not edited: publisher correct {edition_id}")
    return list(dict.fromkeys(steps))


def _on_network(app: App, conn: Connection, post: Posted, new: Post, made: Sequence[Edit]) -> OnNetwork:
    def said(became: str, why: str = "") -> OnNetwork:
        return OnNetwork(post.channel, became, max(1, len(post.parts)), post.url, why)

    last = next(iter(reversed(rewording.edits_of(post, made))), None)
    if last is not None and last.said.post.parts == new.parts:
        return said(BECAME[last.state], _why(last))
    if post.state in (D.TAKEN, D.PENDING) and not post.is_given_up:
        return said(WAITS, "being posted at this moment: edited once it stands")
    if not rewording.stands_whole(post):
        because = f" ({post.reason})" if post.reason else ""
        return said(DOUBT, f"it may have been posted{because}; edited once it is known to stand")
    if rewording.words_of(conn, post, made) == new.parts:
        return said(SAYS_SO)
    if len(post.parts) != len(new.parts):
        return said(KEEPS, f"it stands in {many(len(post.parts), 'part')}, and the new words have {len(new.parts)}")
    why = why_it_keeps(app, post.channel, post.account)
    return said(KEEPS if why else TO_BE, why)


def _why(edit: Edit) -> str:
    if edit.state is D.CANCELLED:
        return GIVEN_UP
    if edit.state is D.UNKNOWN:
        again = SAID_AGAIN if edit.again_at else "no answer: look what it says, or correct it again"
        return f"{again} ({edit.reason})"
    return edit.reason


def _in_boxes(conn: Connection, send: RowMapping) -> InBoxes:
    gone = corrections.count_gone(conn, send["id"])
    old = corrections.count_old(conn, send["id"]) + gone
    mails = corrections.mails(conn, send["edition_id"], send["entry"])
    return InBoxes(
        send["channel"],
        tuple(send["audience"]),
        old=old,
        gone=gone,
        new=send["sent"] + send["unknown"] - old,
        left=send["pending"] if send["state"] != SendState.CANCELLED else 0,
        under_way=send["taken"],
        mailed=sum(row["sent"] for row in mails[-1:]),
        mailing=sum(row["pending"] + row["taken"] for row in mails[-1:] if row["state"] not in ENDED),
    )


def why_it_keeps(app: App, channel: str, account: Fingerprints) -> str:
    """Return why what a channel posted can't be edited through it; empty: it can.

    :param account: that posted it.
    """
    if (spec := app.project.channels.get(channel)) is None:
        return f"there is no channel {channel} any more: put it back into schedules.yaml and correct again"
    try:
        return _edits_nothing(app, channel) or why_another(account, app.senders.account_of(spec))
    except PublisherError as error:
        return error.what


def _edits_nothing(app: App, channel: str) -> str:
    """Return why nothing that a channel posts can ever be edited; empty: it can, or could once that is mended."""
    from publisher.senders.registry import sender_class

    spec = app.project.channels.get(channel)
    try:
        return sender_class(spec.sender).why_it_cannot_edit(spec.options) if spec is not None else ""
    except PublisherError:
        return ""


def is_over(app: App, edition_id: int) -> bool:
    """Say whether nothing of a correction goes on by itself, or nobody knows when: a person may be needed."""
    with app.store.read() as conn:
        return facts.held(conn) is not None or not _goes_on(app, conn, edition_id)


def _goes_on(app: App, conn: Connection, edition_id: int) -> bool:
    mine = [row for row in sends.of_edition(conn, edition_id) if row["kind"] == sends.CORRECTION]
    is_open = any(row["state"] not in (*ENDED, SendState.PAUSED) for row in mine)
    under_way = any(post.state is D.TAKEN for post in withdrawals.posted(conn, edition_id))
    is_to_be_mailed = edition_id in facts.correcting(conn, facts.CORRECTING_MAIL)
    is_to_be_made = rewording.to_edit(conn, edition_id, app.sending.corrects, app.store.now())
    return bool(is_open or under_way or is_to_be_mailed or is_to_be_made or soon(app, conn, edition_id))


def soon(app: App, conn: Connection, edition_id: int) -> list[Edit]:
    """Return the corrections without an answer that are said again in a moment; long overdue, nobody says them."""
    now, made = app.store.now(), corrections.edits(conn, edition_id)
    near = (now - SOON, now + SOON)
    return [each for each in made if each.again_at and near[0] <= each.again_at <= near[1]]
