"""Claim: take due deliveries of one message under a new call, within the limits that all processes share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
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

    :param only: claim among these deliveries, due or not: the halves of a call that was refused whole.
    """

    opened: list[int] = []

    def work(conn: Connection) -> Claimed | None:
        now, speak_by = desk.clock(), last_moment(desk.timing)  # here: the lease is not spent on waiting for the ledger
        look = channels.look(conn, channel, now)
        due = deliveries.next_due(conn, channel, now, only) if look.may_go(now) and not look.is_stopped else None
        if due is None:
            return None
        # Locked: a hold that came first is seen here, one that comes later waits for us.
        send = sends.lock(conn, due.send_id)
        free = limit if only is not None else limits.room(conn, desk, channel, limit, now)
        if send["state"] not in sends.CLAIMABLE or not free:
            return None
        if look.is_tried and not channels.begin_probe(conn, channel, now, desk.timing.lease):
            return None
        call_id, key = _open_call(conn, desk, channel, due, now)
        opened.append(call_id)
        desk.under_way.add(call_id)
        taken = deliveries.take(conn, due, call_id=call_id, limit=free, now=now, only=only)
        if only is None:
            taken = limits.charge(conn, desk, channel, due, call_id, taken, now)
        if send["state"] != SendState.SENDING or send["started_at"] is None:
            sends.begin(conn, due.send_id, now)
        recipients = _close_the_list(conn, desk, send, call_id, taken, now)
        call = Call(call_id, key, desk.message(conn, due.message_id), recipients)
        return Claimed(call, due.send_id, channel, speak_by, had_trouble=look.has_trouble)

    try:
        return store.submit(work, turn=channel)
    except BaseException:
        # Perhaps it was written all the same: then nobody carries it on, and it is taken over.
        desk.under_way.difference_update(opened)
        raise


def _open_call(conn: Connection, desk: Desk, channel: str, due: Due, now: datetime) -> tuple[int, str]:
    # A key is made once per call and never used for another: a retry of this call says the same key again.
    key = uuid4().hex
    call_id = calls.open_call(
        conn,
        send_id=due.send_id,
        message_id=due.message_id,
        channel=channel,
        key=key,
        process_id=desk.process_id,
        lease_until=now + desk.timing.lease,
        now=now,
    )
    return call_id, key


def _close_the_list(
    conn: Connection, desk: Desk, send: RowMapping, call_id: int, taken: Sequence[int], now: datetime
) -> tuple[Recipient, ...]:
    """Leave out whoever has gone, freeze the others in the call, and move the books."""
    members = _by_any_list(conn, send, deliveries.members(conn, taken))
    gone = _suppress_gone(conn, call_id, members)
    recipients = tuple(desk.introduce(member) for member in members if not member.blocked)
    calls.freeze(conn, call_id, recipients)
    deltas = {D.PENDING: -len(taken), D.TAKEN: len(recipients), D.SUPPRESSED: gone}
    sends.post_to_books(conn, send["id"], {state.value: delta for state, delta in deltas.items()})
    if not recipients:
        calls.move(conn, call_id, CallState.GIVEN_BACK, closed_at=now, members=None)
    return recipients


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
