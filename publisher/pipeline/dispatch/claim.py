"""Claim: take due deliveries of one message under a new call, within the limits that all processes share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from publisher.model.call import Call, Recipient
from publisher.model.message import Content, Mail, says_since_when
from publisher.model.states import CLAIMABLE, CallState, DeliveryState, SendState
from publisher.model.subscriber import Errand
from publisher.pipeline.dispatch import limits, rests
from publisher.pipeline.dispatch.answer import Moved
from publisher.pipeline.dispatch.desk import Claimed, Desk, last_moment, picture_of
from publisher.store import (
    Connection,
    RowMapping,
    audience,
    calls,
    channels,
    deliveries,
    messages,
    sends,
    subscribers,
    withdrawals,
)
from publisher.store.deliveries import Due, Member

D = DeliveryState


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be claimed in one transaction: due deliveries of one message, under new calls."""

    channel: str
    per_call: int  # recipients, at most
    calls: int = 1  # at most
    only: Sequence[int] | None = None  # among these, due or not: the halves of a call that was refused whole
    begins: bool = False  # the calls are begun at once, in the same transaction
    counted_as: str = ""  # the account whose requests the network counts; empty: it counts nobody's
    opened: list[int] = field(default_factory=list)  # the new calls' ids, whatever comes of the transaction


@dataclass(frozen=True, slots=True)
class Found:
    """What a channel has to send next, and how it stands itself."""

    due: Due
    look: channels.Look
    now: datetime  # from which leases are counted
    speak_by: float


def next_due(conn: Connection, desk: Desk, wanted: Wanted) -> Found | None:
    """Return what there is to claim; None where nothing is due, or something keeps the channel."""
    now, speak_by = desk.clock(), last_moment(desk.timing)  # within: the lease is not spent on waiting for the ledger
    look = channels.look(conn, wanted.channel, now)
    if not look.may_go(now) or look.is_stopped:
        return None
    due = deliveries.next_due(conn, wanted.channel, now, wanted.only)
    rests_until = rests.until(conn, wanted.counted_as, now)
    if rests_until is not None and due is not None and _takes_down(conn, due):
        rests_until = rests.until(conn, wanted.counted_as, now, is_removal=True)
    if rests_until is not None:
        desk.free_at[wanted.channel] = rests_until
        return None
    return None if due is None else Found(due, look, now, speak_by)


def _takes_down(conn: Connection, due: Due) -> bool:
    """Say whether a withdrawal is due: networks count deletions by themselves, and a wrong post can't wait a day."""
    return bool(sends.get(conn, due.send_id)["kind"] == sends.WITHDRAWAL)


def open_calls(
    conn: Connection, desk: Desk, wanted: Wanted, found: Found, send: RowMapping, moved: Moved
) -> list[Claimed]:
    """Claim what was found, within the limits that all processes share. Whoever left since then gets nothing.

    :param send: reserved: a hold that came first is seen in it, one that comes later waits for us.
    :param moved: what is to be posted to the books, to which this adds.
    """
    look, due, now, channel = found.look, found.due, found.now, wanted.channel
    count = 1 if look.is_tried else wanted.calls
    is_limited, is_urgent = wanted.only is None, sends.is_order(send)
    free = wanted.per_call
    if is_limited:
        how = {"is_urgent": is_urgent, "wakes": sends.is_breaking(send)}
        free = limits.room(conn, desk, channel, wanted.per_call, count, now, **how)
    if send["state"] not in CLAIMABLE or not free:
        return []
    if look.is_tried and not channels.begin_probe(conn, channel, now, desk.timing.lease):
        return []
    chosen = deliveries.choose(conn, due, limit=free, now=now, only=wanted.only)
    if is_limited:
        chosen = limits.charge(conn, desk, channel, due, chosen, wanted.per_call, now, is_urgent=is_urgent)
    if not chosen:
        return []
    if send["state"] != SendState.SENDING or send["started_at"] is None:
        sends.begin(conn, due.send_id, now)
    message_id = _words_now(conn, desk, due, chosen, channel)
    message = desk.message(conn, message_id)
    opened, deltas = _open(conn, desk, wanted, found, send, message_id, _parts(chosen, wanted.per_call))
    moved.setdefault(due.send_id, Counter()).update(deltas)
    if not isinstance(message, Mail):
        _go_on(conn, opened)
    picture = picture_of(conn, message)
    return [
        Claimed(
            Call(call_id, key, message, recipients, picture=picture),
            due.send_id,
            channel,
            found.speak_by,
            look.has_trouble,
            is_begun=wanted.begins,
            counted_as=wanted.counted_as,
            edition_id=send["edition_id"],
            message_id=message_id,
        )
        for call_id, key, recipients in opened
    ]


def _words_now(conn: Connection, desk: Desk, due: Due, chosen: Sequence[int], channel: str) -> int:
    """Return what is said to these readers: the newest words, whatever they were to get when they came to wait.

    The send is reserved: a correction holds from its commit on, for whoever comes back to wait later too. A thread that
    stands in part ends as it began, and is edited once it stands whole.
    """
    newest = messages.newest_of(conn, due.message_id)
    if newest == due.message_id or isinstance(desk.message(conn, newest), Mail):
        return newest
    begun = any(withdrawals.stands_in_part(conn, each, channel) for each in chosen)
    return due.message_id if begun else newest


def _go_on(conn: Connection, opened: Sequence[tuple[int, str, tuple[Recipient, ...]]]) -> None:
    """Let a thread that stands half go on where it broke, though a new call carries it."""
    for call_id, _, accounts in opened:
        for account in accounts:
            calls.go_on(conn, call_id, account.delivery_id)


def _parts(chosen: Sequence[int], limit: int) -> list[Sequence[int]]:
    return [chosen[start : start + limit] for start in range(0, len(chosen), limit)]


def _open(
    conn: Connection,
    desk: Desk,
    wanted: Wanted,
    found: Found,
    send: RowMapping,
    message_id: int,
    parts: Sequence[Sequence[int]],
) -> tuple[list[tuple[int, str, tuple[Recipient, ...]]], dict[str, int]]:
    """Open a call for each part: leave out whoever has gone, and freeze the others in it; say what moved."""
    errand = sends.errand(send)
    introduce = partial(desk.introduce, **_how(desk.message(conn, message_id), errand))
    whom = deliveries.members(conn, [each for part in parts for each in part], found.now, errand)
    members = {member.delivery_id: member for member in _by_any_list(conn, send, whom, found.now)}
    # A key is made once per call and never used for another: a retry of this call says the same key again.
    fresh = [
        calls.Fresh(uuid4().hex, tuple(introduce(members[each]) for each in part if not members[each].blocked))
        for part in parts
    ]
    ids = calls.open_calls(
        conn,
        fresh,
        send_id=found.due.send_id,
        message_id=message_id,
        channel=wanted.channel,
        process_id=desk.process_id,
        lease_until=found.now + desk.timing.lease,
        now=found.now,
    )
    wanted.opened.extend(ids)
    desk.under_way.update(ids)
    deliveries.take(conn, dict(zip(ids, parts, strict=True)), message_id)
    gone = 0
    for call_id, each, part in zip(ids, fresh, parts, strict=True):
        gone += _suppress_gone(conn, call_id, [members[one] for one in part])
        if not each.recipients:
            calls.move(conn, call_id, CallState.GIVEN_BACK, closed_at=found.now, members=None)
    taken = len(members)
    deltas = {D.PENDING.value: -taken, D.TAKEN.value: taken - gone, D.SUPPRESSED.value: gone}
    return [(call_id, each.key, each.recipients) for call_id, each in zip(ids, fresh, strict=True)], deltas


def _how(message: Content, errand: Errand | None) -> dict[str, Any]:
    """Say which values readers need beside the usual ones: they cost something for each of a million."""
    how: dict[str, Any] = {"errand": errand} if errand else {}
    if isinstance(message, Mail) and says_since_when(message):
        how["language"] = message.language
    return how


def _by_any_list(conn: Connection, send: RowMapping, members: list[Member], now: datetime) -> list[Member]:
    """Let who left one list of the send have it by another one of it that they are still on."""
    gone = [member.delivery_id for member in members if member.blocked]
    if not gone or len(send["audience"] or ()) < 2:
        return members
    audience.move_to_other_lists(conn, gone, [subscribers.ensure_list(conn, name) for name in send["audience"]])
    return deliveries.members(conn, [member.delivery_id for member in members], now)


def _suppress_gone(conn: Connection, call_id: int, members: Sequence[Member]) -> int:
    by_reason: defaultdict[str, list[int]] = defaultdict(list)
    for member in members:
        if member.blocked:
            by_reason[member.blocked].append(member.delivery_id)
    return sum(
        deliveries.move(conn, ids, call_id=call_id, origin=D.TAKEN, to=D.SUPPRESSED, reason=reason, attempts=-1)
        for reason, ids in by_reason.items()
    )
