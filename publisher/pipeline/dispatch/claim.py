"""Claim: take due deliveries of one message under a new call, within the limits that all processes share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import uuid4

from publisher.model.call import Call, Recipient
from publisher.model.states import CallState, DeliveryState, SendState
from publisher.pipeline.dispatch import limits
from publisher.pipeline.dispatch.desk import Claimed, Desk, last_moment
from publisher.store import (
    Connection,
    RowMapping,
    Store,
    audience,
    calls,
    channels,
    deliveries,
    sends,
    subscribers,
)
from publisher.store.deliveries import Due, Member

D = DeliveryState


def claim(store: Store, desk: Desk, channel: str, limit: int, only: Sequence[int] | None = None) -> Claimed | None:
    """Take up to `limit` due deliveries of one message under a new call. Whoever left since then gets nothing.

    Threads that claim for a channel at the same moment share one transaction.

    :param only: claim among these deliveries, due or not: the halves of a call that was refused whole.
    """
    if only is not None:
        return _claim(store, desk, channel, limit, [only])[0]
    claimed: Claimed | None = desk.claims.ask((channel, limit), None, partial(_claim, store, desk, channel, limit))
    return claimed


def _claim(
    store: Store, desk: Desk, channel: str, limit: int, wishes: Sequence[Sequence[int] | None]
) -> list[Claimed | None]:
    """Claim for each of the wishes, in one transaction; the last ones get none where there is no more."""
    opened: list[int] = []

    def work(conn: Connection) -> list[Claimed]:
        now, speak_by = desk.clock(), last_moment(desk.timing)  # here: the lease is not spent on waiting for the ledger
        look = channels.look(conn, channel, now)
        only = wishes[0]
        due = deliveries.next_due(conn, channel, now, only) if look.may_go(now) and not look.is_stopped else None
        if due is None:
            return []
        # Locked: a hold that came first is seen here, one that comes later waits for us.
        send = sends.lock(conn, due.send_id)
        count = 1 if look.is_tried else len(wishes)
        free = limit if only is not None else limits.room(conn, desk, channel, limit, count, now)
        if send["state"] not in sends.CLAIMABLE or not free:
            return []
        if look.is_tried and not channels.begin_probe(conn, channel, now, desk.timing.lease):
            return []
        chosen = deliveries.choose(conn, due, limit=free, now=now, only=only)
        if only is None:
            chosen = limits.charge(conn, desk, channel, due, chosen, limit, now)
        if not chosen:
            return []
        if send["state"] != SendState.SENDING or send["started_at"] is None:
            sends.begin(conn, due.send_id, now)
        calls_made = _open(conn, desk, channel, due, send, _parts(chosen, limit), opened, now)
        message = desk.message(conn, due.message_id)
        return [
            Claimed(Call(call_id, key, message, recipients), due.send_id, channel, speak_by, look.has_trouble)
            for call_id, key, recipients in calls_made
        ]

    try:
        made: list[Claimed | None] = [*store.submit(work, turn=channel)]
    except BaseException:
        # Perhaps it was written all the same: then nobody carries it on, and it is taken over.
        desk.under_way.difference_update(opened)
        raise
    return made + [None] * (len(wishes) - len(made))


def _parts(chosen: Sequence[int], limit: int) -> list[Sequence[int]]:
    return [chosen[start : start + limit] for start in range(0, len(chosen), limit)]


def _open(
    conn: Connection,
    desk: Desk,
    channel: str,
    due: Due,
    send: RowMapping,
    parts: Sequence[Sequence[int]],
    opened: list[int],
    now: datetime,
) -> list[tuple[int, str, tuple[Recipient, ...]]]:
    """Open a call for each part: leave out whoever has gone, freeze the others in it, and move the books."""
    members = {
        member.delivery_id: member
        for member in _by_any_list(conn, send, deliveries.members(conn, [each for part in parts for each in part]))
    }
    # A key is made once per call and never used for another: a retry of this call says the same key again.
    fresh = [
        calls.Fresh(uuid4().hex, tuple(desk.introduce(members[each]) for each in part if not members[each].blocked))
        for part in parts
    ]
    ids = calls.open_calls(
        conn,
        fresh,
        send_id=due.send_id,
        message_id=due.message_id,
        channel=channel,
        process_id=desk.process_id,
        lease_until=now + desk.timing.lease,
        now=now,
    )
    opened += ids
    desk.under_way.update(ids)
    deliveries.take(conn, dict(zip(ids, parts, strict=True)))
    gone = 0
    for call_id, each, part in zip(ids, fresh, parts, strict=True):
        gone += _suppress_gone(conn, call_id, [members[one] for one in part])
        if not each.recipients:
            calls.move(conn, call_id, CallState.GIVEN_BACK, closed_at=now, members=None)
    taken = len(members)
    deltas = {D.PENDING: -taken, D.TAKEN: taken - gone, D.SUPPRESSED: gone}
    sends.post_to_books(conn, due.send_id, {state.value: delta for state, delta in deltas.items()})
    return [(call_id, each.key, each.recipients) for call_id, each in zip(ids, fresh, strict=True)]


def _by_any_list(conn: Connection, send: RowMapping, members: list[Member]) -> list[Member]:
    """Let who left one list of the send have it by another one of it that they are still on."""
    gone = [member.delivery_id for member in members if member.blocked]
    if not gone or len(send["audience"] or ()) < 2:
        return members
    audience.move_to_other_lists(conn, gone, [subscribers.ensure_list(conn, name) for name in send["audience"]])
    return deliveries.members(conn, [member.delivery_id for member in members])


def _suppress_gone(conn: Connection, call_id: int, members: Sequence[Member]) -> int:
    by_reason: defaultdict[str, list[int]] = defaultdict(list)
    for member in members:
        if member.blocked:
            by_reason[member.blocked].append(member.delivery_id)
    return sum(
        deliveries.move(conn, ids, call_id=call_id, origin=D.TAKEN, to=D.SUPPRESSED, reason=reason, attempts=-1)
        for reason, ids in by_reason.items()
    )
