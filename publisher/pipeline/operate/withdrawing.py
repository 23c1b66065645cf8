"""Withdraw: what is left of an edition is stopped, and what stands of its posts is taken down, by sends of their own.

That an edition is withdrawn is written down first. A post that was under way at that moment, or in doubt, is taken down
once it is known to stand, by whichever process sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from publisher.model.account import Fingerprints
from publisher.model.hook import HookKind
from publisher.model.message import Withdrawal
from publisher.model.staff import May
from publisher.model.states import DeliveryState, EditionState, SendState
from publisher.pipeline.operate import again, doubt, stopping
from publisher.store import (
    Connection,
    RowMapping,
    Store,
    audience,
    by_hand,
    editions,
    facts,
    messages,
    outbox,
    send_reasons,
    sends,
    withdrawals,
)
from publisher.store.patience import write_patiently
from publisher.store.permission import allowed
from publisher.store.withdrawals import Posted, Removal

log = structlog.get_logger()

D = DeliveryState
OPEN = (SendState.ADDRESSED, SendState.SENDING)
BY_HAND = "taken down by hand"
BEFORE_ALL = 0  # priority: as an alert
GIVE_UP_AFTER = timedelta(days=1)  # of trying; then a person has to do it


@dataclass(frozen=True, slots=True)
class Means:
    """What the channels can do, as the file has them."""

    why_it_stays: Callable[[str, Fingerprints], str]  # of a channel's post by an account; empty: it can go
    reference: Callable[[int], str]  # our opaque id of a delivery, as its network knows it


@allowed(May.OPERATE)
def withdraw_edition(store: Store, edition_id: int, means: Means, *, actor: str, why: str, now: datetime) -> None:
    """Stop what has not left of an edition, and have all that stands of its posts taken down, as far as that goes.

    Said twice it does what was left: what was refused is tried again.
    """
    reason = f"withdrawn by {actor}" + (f": {why}" if why else "")

    def work(conn: Connection) -> list[int]:
        mine = [send for send in sends.lock_all(conn, edition_id) if send["kind"] != sends.WITHDRAWAL]
        facts.begin_withdrawing(conn, edition_id, actor=actor, why=why, now=now)
        facts.release_edition(conn, edition_id)
        for what in (facts.CORRECTING_POSTS, facts.CORRECTING_MAIL):
            facts.end_correcting(conn, what, edition_id)
        stopped = [send["id"] for send in mine if stopping.give_up(conn, send, now)]
        if not editions.move(conn, edition_id, EditionState.CANCELLED, now, reason=reason):
            editions.say_why(conn, edition_id, reason)
        _make(conn, edition_id, means, actor, now, anew=True)
        outbox.tell_edition(conn, HookKind.EDITION_WITHDRAWN, edition_id, now, by=actor)
        return stopped

    for send_id in write_patiently(store, work):
        stopping.cancel_rows(store, send_id, reason)
    again.resend_failed(store, edition_id, now=now, kind=sends.WITHDRAWAL)
    _say_again(store, edition_id, actor, now)


def _say_again(store: Store, edition_id: int, actor: str, now: datetime) -> None:
    """Say anew what got no answer for so long that it isn't said by itself any more: it does no harm twice."""
    with store.read() as conn:
        made = withdrawals.removals(conn, edition_id)
    if silent := tuple(each.delivery_id for each in made if each.state is D.UNKNOWN):
        wanted = by_hand.Doubtful(edition_id, delivery_ids=silent)
        doubt.settle(store, wanted, doubt.Word.RESEND, actor=actor, why="withdrawn again", now=now)


@allowed(May.OPERATE)
def say_taken_down(
    store: Store, edition_id: int, means: Means, names: Collection[str], *, actor: str, why: str, now: datetime
) -> int:
    """Write down that a person took an edition's posts down on these channels by hand; return how many that ends.

    What nobody knew of counts as posted: the person has looked, and nothing of it stands any more.
    """
    said = BY_HAND + (f": {why}" if why else "")
    _end_doubt(store, edition_id, names, said, actor, now)
    theirs = replace(means, why_it_stays=lambda channel, _: "" if channel in names else "left to its network")

    def work(conn: Connection) -> int:
        sends.lock_all(conn, edition_id)
        _make(conn, edition_id, theirs, actor, now, anew=True)
        mine = [send for send in sends.of_edition(conn, edition_id) if send["kind"] == sends.WITHDRAWAL]
        return sum(_end_by_hand(conn, send, f"{said}, by {actor}", now) for send in mine if send["channel"] in names)

    return write_patiently(store, work)


def _end_doubt(store: Store, edition_id: int, names: Collection[str], said: str, actor: str, now: datetime) -> None:
    """Settle what nobody knows of posts and of their withdrawals on these channels."""
    with store.read() as conn:
        known: list[Posted | Removal] = [*withdrawals.posted(conn, edition_id), *withdrawals.removals(conn, edition_id)]
    silent = {each.delivery_id for each in known if each.state is D.UNKNOWN and each.channel in names}
    if silent:
        wanted = by_hand.Doubtful(edition_id, delivery_ids=tuple(sorted(silent)))
        doubt.settle(store, wanted, doubt.Word.TREAT_AS_SENT, actor=actor, why=said, now=now)


def _end_by_hand(conn: Connection, send: RowMapping, said: str, now: datetime) -> int:
    """Let a withdrawal that was refused, or still waits, end as a person says; return how many deliveries that were."""
    ended = 0
    for origin in (D.FAILED, D.PENDING):
        moved, _ = by_hand.move_batch(conn, send["id"], origin=origin, to=D.SENT, after=0, reason=said)
        sends.post_to_books(conn, send["id"], {origin.value: -moved, D.SENT.value: moved})
        ended += moved
    if ended and send["state"] != SendState.DONE:
        sends.set_reasons(conn, send["id"], [reason for reason in send["reasons"] if not reason["blocks"]])
        sends.move(conn, send["id"], SendState.SENDING)
        sends.move(conn, send["id"], SendState.DONE, done_at=now)
    return ended


def finish_withdrawing(store: Store, means: Means, *, now: datetime) -> None:
    """Have what has come to stand of withdrawn editions taken down too; those of which nothing can come are done."""
    with store.read() as conn:
        found = facts.withdrawing(conn)
        waits = {edition_id for edition_id in found if not _has_work(conn, edition_id, means)}
    for edition_id in found - waits:
        write_patiently(store, partial(_go_on, edition_id=edition_id, means=means, now=now))


def keep_for_after_practice(conn: Connection) -> None:
    """Let withdrawals and corrections wait: what stands out there stays as it is for now."""
    for send in _following(conn, *OPEN):
        if sends.move(conn, send["id"], SendState.PAUSED):
            sends.add_reasons(conn, send["id"], [send_reasons.in_practice(is_removal=send["kind"] == sends.WITHDRAWAL)])


def _go_on_after_practice(conn: Connection, is_current: Callable[[Connection], bool], now: datetime) -> None:
    """Let withdrawals and corrections go on that waited for practice to end, with their whole time of trying."""
    if not is_current(conn):
        return
    for send in _following(conn, SendState.PAUSED):
        if not _waits_for_practice(send):
            continue
        rest = [reason for reason in send["reasons"] if reason["check"] != send_reasons.IN_PRACTICE]
        sends.set_reasons(conn, send["id"], rest)
        if not any(reason["blocks"] for reason in rest):
            sends.move(conn, send["id"], SendState.SENDING, give_up_at=sends.new_term(send, now))


def heed_practice(store: Store, *, is_practice: bool, is_current: Callable[[Connection], bool], now: datetime) -> None:
    """Let withdrawals and corrections wait in practice, and go on after it; writes only where that changes something.

    :param is_current: says whether nobody has accepted another version of the file, which may say practice again.
    """
    states = OPEN if is_practice else (SendState.PAUSED,)
    with store.read() as conn:
        found = [send for send in sends.in_state(conn, *states) if send["kind"] in sends.FOLLOWING]
    if is_practice and found:
        write_patiently(store, keep_for_after_practice)
    elif any(_waits_for_practice(send) for send in found):
        write_patiently(store, partial(_go_on_after_practice, is_current=is_current, now=now))


def _waits_for_practice(send: RowMapping) -> bool:
    return any(reason["check"] == send_reasons.IN_PRACTICE for reason in send["reasons"])


def _following(conn: Connection, *states: SendState) -> list[RowMapping]:
    """Lock the withdrawals and corrections in these states, by the order of their ids."""
    ids = sorted(send["id"] for send in sends.in_state(conn, *states) if send["kind"] in sends.FOLLOWING)
    return [sends.lock(conn, send_id) for send_id in ids]


def _has_work(conn: Connection, edition_id: int, means: Means) -> bool:
    """Say whether there is something to take down, or nothing that could still come to stand."""
    posts = withdrawals.posted(conn, edition_id)
    return bool(to_take_down(conn, edition_id, means)) or not any(post.may_come_to_stand for post in posts)


def _go_on(conn: Connection, edition_id: int, means: Means, now: datetime) -> None:
    sends.lock_all(conn, edition_id)
    said = facts.withdrawn_by(conn, edition_id)
    if said is None:
        return
    _make(conn, edition_id, means, said.actor, now)
    if not any(post.may_come_to_stand for post in withdrawals.posted(conn, edition_id)):
        facts.end_withdrawing(conn, edition_id)


def to_take_down(
    conn: Connection, edition_id: int, means: Means, *, anew: bool = False
) -> list[tuple[Posted, tuple[str, ...]]]:
    """Return what stands of the edition's posts and is to be taken down, post by post with its parts.

    :param anew: also what a person gave up before.
    """
    made = withdrawals.removals(conn, edition_id)
    counted = [each for each in made if not (anew and each.state is D.CANCELLED)]
    posts = [post for post in withdrawals.posted(conn, edition_id) if post.state is not D.TAKEN]
    found = [(post, withdrawals.left_of(post, counted)) for post in posts]
    return [(post, parts) for post, parts in found if parts and not means.why_it_stays(post.channel, post.account)]


def _make(conn: Connection, edition_id: int, means: Means, actor: str, now: datetime, *, anew: bool = False) -> None:
    """Make a send for each post that stands; its books have the one account that is told."""
    for post, parts in to_take_down(conn, edition_id, means, anew=anew):
        send_id = sends.add(
            conn,
            edition_id=edition_id,
            entry=post.entry,
            kind=sends.WITHDRAWAL,
            number=withdrawals.next_number(conn, edition_id, post.entry),
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
        content = Withdrawal(parts, post.url, means.reference(post.delivery_id), post.account)
        message_id = messages.add(conn, send_id, content, now)
        audience.freeze_account(conn, send_id=send_id, channel=post.channel, message_id=message_id, due_at=now)
        sends.post_to_books(conn, send_id, {D.PENDING.value: 1}, candidates=1)
        log.info("withdrawal_made", edition=edition_id, send=send_id, channel=post.channel, parts=len(parts))
