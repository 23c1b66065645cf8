"""What a call has settled, for whoever wants to be told of it (`store/outbox`), in the transaction that settles it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from publisher.model.call import Answer, Call, Recipient
from publisher.model.states import DeliveryState
from publisher.pipeline.dispatch.landing import Landing
from publisher.store import Connection, outbox

D = DeliveryState
SETTLED = frozenset({D.SENT, D.FAILED, D.UNKNOWN, D.CANCELLED})  # what still waits is told of when it has ended


def tell_sent(conn: Connection, send_id: int, ended: Iterable[tuple[Call, Answer]], now: datetime) -> None:
    """Tell of calls of a send whose readers all got their letter."""
    settled = [
        outbox.settled_as(reader.delivery_id, reader.reference, D.SENT.value, answer.verdict.provider_id)
        for call, answer in ended
        for reader in call.recipients
    ]
    outbox.tell_settled(conn, send_id, settled, now)


def tell_landed(
    conn: Connection,
    send_id: int,
    call: Call,
    landings: Mapping[Landing, Sequence[int]],
    answer: Answer,
    now: datetime,
) -> None:
    """Tell of a call's readers as they stand now, but for those who wait for another try."""
    why = {delivery_id: landing.reason for landing, ids in landings.items() for delivery_id in ids}
    states = outbox.states_of(conn, why)
    settled = []
    for reader in call.recipients:
        if states.get(reader.delivery_id) not in SETTLED:
            continue
        verdict = answer.of(reader)
        reason = why[reader.delivery_id] or verdict.reason
        state = states[reader.delivery_id]
        settled.append(outbox.settled_as(reader.delivery_id, reader.reference, state, verdict.provider_id, reason))
    outbox.tell_settled(conn, send_id, settled, now)


def tell_unknown(conn: Connection, send_id: int, readers: Sequence[Recipient], reason: str, now: datetime) -> None:
    """Tell of readers of whom nobody knows whether they got anything: whoever was writing to them is gone."""
    settled = [outbox.settled_as(each.delivery_id, each.reference, D.UNKNOWN.value, reason=reason) for each in readers]
    outbox.tell_settled(conn, send_id, settled, now)
