"""Reword: what stands of a corrected edition's posts gets its new words, by sends of their own.

Of several corrections of a post the newest is said last: an older one that waits ends, and one that is being said at
this moment is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from publisher.model.account import Fingerprints
from publisher.model.message import Correction, Post
from publisher.model.states import DeliveryState, SendState
from publisher.pipeline.operate import doubt, stopping
from publisher.store import Connection, audience, by_hand, corrections, messages, sends, withdrawals
from publisher.store.corrections import Edit
from publisher.store.withdrawals import Posted

log = structlog.get_logger()

D = DeliveryState
ORDERED = (D.PENDING, D.TAKEN, D.UNKNOWN, D.SENT)  # a correction whose words the post says, or is to say
BEFORE_ALL = 0  # priority: as an alert
GIVE_UP_AFTER = timedelta(days=1)  # of trying; then a person has to do it
OUTDONE = "a newer correction takes its place"


@dataclass(frozen=True, slots=True)
class Means:
    """What the channels can do, as the file has them."""

    why_it_keeps: Callable[[str, Fingerprints], str]  # of a channel's post by an account; empty: it can be edited
    reference: Callable[[int], str]  # our opaque id of a delivery, as its network knows it


@dataclass(frozen=True, slots=True)
class ToEdit:
    """A post that stands with old words."""

    post: Posted
    new: Post
    revision: int
    older: tuple[Edit, ...]  # corrections of it that have not ended, and must not be said after this one


def to_edit(conn: Connection, edition_id: int, means: Means, now: datetime, *, anew: bool = False) -> list[ToEdit]:
    """Return the edition's posts that stand with old words and can be edited.

    One that is being posted or edited at this moment is left until it stands.

    :param anew: also what a network refused, never answered, or a person gave up before.
    """
    made = corrections.edits(conn, edition_id)
    newest = newest_posts(conn, edition_id)
    return [
        ToEdit(
            post, new, revision, tuple(each for each in edits_of(post, made) if each.state in (D.PENDING, D.UNKNOWN))
        )
        for post in withdrawals.posted(conn, edition_id)
        if post.entry in newest and stands_whole(post)
        for new, revision in [newest[post.entry]]
        if not any(each.is_being_said(now) for each in edits_of(post, made))
        and words_of(conn, post, made, new if not anew else None) != new.parts
        and len(post.parts) == len(new.parts)
        and not means.why_it_keeps(post.channel, post.account)
    ]


def newest_posts(conn: Connection, edition_id: int) -> dict[str, tuple[Post, int]]:
    """Return what each post of an edition is to say, by entry, with the revision."""
    found: dict[str, tuple[Post, int]] = {}
    for send in sends.of_edition(conn, edition_id):
        said = messages.of_send(conn, send["id"]) if send["kind"] == sends.REGULAR else None
        if said is not None and isinstance(said[1], Post):
            found[send["entry"]] = (said[1], messages.newest_revision(conn, send["id"]))
    return found


def stands_whole(post: Posted) -> bool:
    """Say whether a post is known to stand, and nothing of it is still to come."""
    return bool(post.parts) and not post.is_given_up and post.state not in (D.PENDING, D.TAKEN, D.UNKNOWN)


def edits_of(post: Posted, made: Sequence[Edit]) -> list[Edit]:
    """Return the corrections of one post, oldest first."""
    return [each for each in made if (each.entry, each.channel) == (post.entry, post.channel)]


def words_of(conn: Connection, post: Posted, made: Sequence[Edit], wanted: Post | None = None) -> tuple[str, ...]:
    """Return what a post says, or was ordered to say.

    :param wanted: a correction to these words that came to nothing counts as well: it isn't begun again by itself.
    """
    for each in reversed(edits_of(post, made)):
        said = each.said.post.parts
        is_open = each.state is D.UNKNOWN and each.again_at is None  # nobody says it again
        if (each.state in ORDERED and (wanted or not is_open)) or (wanted is not None and said == wanted.parts):
            return said
    first = messages.get(conn, post.said)
    return first.parts if isinstance(first, Post) else ()


def edit_posts(conn: Connection, edition_id: int, means: Means, actor: str, now: datetime, *, anew: bool) -> None:
    """Make a send for each post that stands with old words; its books have the one account that is told."""
    _give_up_refused(conn, edition_id, now)
    for each in to_edit(conn, edition_id, means, now, anew=anew):
        for older in each.older:
            _outdo(conn, edition_id, older, now)
        post = each.post
        send_id = sends.add(
            conn,
            edition_id=edition_id,
            entry=post.entry,
            kind=sends.CORRECTION,
            number=withdrawals.next_number(conn, edition_id, post.entry, sends.CORRECTION),
            channel=post.channel,
            audience=[],
            priority=BEFORE_ALL,
            state=SendState.ADDRESSED,
            reasons=[],
            made_at=now,
            actor=actor,
            due_at=now,
            give_up_after=GIVE_UP_AFTER // timedelta(microseconds=1),
        )
        what = (post.parts, each.new, post.url, means.reference(post.delivery_id), post.account, post.noted)
        message_id = messages.add(conn, send_id, Correction(*what), now, revision=each.revision)
        audience.freeze_account(conn, send_id=send_id, channel=post.channel, message_id=message_id, due_at=now)
        sends.post_to_books(conn, send_id, {D.PENDING.value: 1}, candidates=1)
        log.info("correction_made", edition=edition_id, send=send_id, channel=post.channel)


def _give_up_refused(conn: Connection, edition_id: int, now: datetime) -> None:
    """Give up older corrections that a network refused: sent again they would take the place of newer words."""
    newest = newest_posts(conn, edition_id)
    for each in corrections.edits(conn, edition_id):
        if each.state is D.FAILED and each.entry in newest and each.revision < newest[each.entry][1]:
            stopping.give_up(conn, sends.lock(conn, each.send_id), now)


def _outdo(conn: Connection, edition_id: int, older: Edit, now: datetime) -> None:
    """End a correction that nobody is saying at this moment: it must not be said after a newer one."""
    if older.state is D.UNKNOWN:
        wanted = by_hand.Doubtful(edition_id, delivery_ids=(older.delivery_id,))
        doubt.settle_batch(conn, wanted, doubt.Word.TREAT_AS_FAILED, OUTDONE, now)
    stopping.give_up(conn, sends.lock(conn, older.send_id), now)
    stopping.cancel_batch(conn, older.send_id, 0, OUTDONE)


def may_come_to_stand(conn: Connection, edition_id: int, now: datetime) -> bool:
    """Say whether a post is on its way with old words, or an older correction of one is being said."""
    newest, made = newest_posts(conn, edition_id), corrections.edits(conn, edition_id)
    older = [each for each in made if each.entry in newest and each.revision < newest[each.entry][1]]
    if any(each.is_being_said(now) for each in older):
        return True
    return any(
        words_of(conn, post, made) != newest[post.entry][0].parts
        for post in withdrawals.posted(conn, edition_id)
        if post.entry in newest and not post.is_given_up and post.state in (D.PENDING, D.TAKEN, D.UNKNOWN)
    )
