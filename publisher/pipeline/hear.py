"""Event to books: what a provider says later of a delivery, and whom nobody writes to any more because of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from publisher.model.call import Outcome, Scope, Verdict
from publisher.model.event import Event, EventKind
from publisher.model.states import DeliveryState
from publisher.model.subscriber import SubscriptionState
from publisher.store import (
    Connection,
    Store,
    calls,
    consents,
    deliveries,
    events,
    outbox,
    sends,
    subscribers,
    suppressions,
)
from publisher.store.events import About

log = structlog.get_logger()
D, K = DeliveryState, EventKind
HashOf = Callable[[str], str]

IN_A_ROW = 5  # letters that did not arrive, and none that did in between: nobody reads there any more
AT_ONCE = 200  # events in one commit
LEFT = "left: by the provider's link or header"  # the basis of a subscription that ended so
LASTING = frozenset({K.HARD_BOUNCE, K.COMPLAINED, K.UNSUBSCRIBED})  # holds whatever became of the letter's rows
NOT_ARRIVED = frozenset({K.HARD_BOUNCE, K.SOFT_BOUNCE, K.DROPPED})

# Where a word leaves a delivery, by where it was. What the provider has taken is sent; what did not arrive has failed.
_TAKEN_BY_THE_PROVIDER = {D.TAKEN: D.SENT, D.UNKNOWN: D.SENT, D.PENDING: D.SENT}
LANDS: Mapping[EventKind, Mapping[DeliveryState, DeliveryState]] = {
    K.DELIVERED: {**_TAKEN_BY_THE_PROVIDER, D.FAILED: D.SENT},
    K.DELAYED: _TAKEN_BY_THE_PROVIDER,
    K.COMPLAINED: _TAKEN_BY_THE_PROVIDER,
    K.UNSUBSCRIBED: _TAKEN_BY_THE_PROVIDER,
    **{kind: {D.TAKEN: D.FAILED, D.UNKNOWN: D.FAILED, D.SENT: D.FAILED} for kind in NOT_ARRIVED},
}


def record(
    store: Store,
    channel: str,
    said: Sequence[tuple[int | None, Event]],
    *,
    now: datetime,
    hash_of: HashOf | None = None,
) -> list[str]:
    """Write down what a provider said, each word once, and what follows from it.

    :param said: events with the delivery that each is about; None: not ours.
    :param hash_of: makes the keyed hash of an address: by it the reader of a delivery is known that is not kept any
        more. None: nobody is.
    :returns: of each event whether it is ``new``, ``repeated``, ``foreign`` (not about a delivery of ours), or
        ``forged`` (a word that is known, with another meaning).
    """
    met: list[str] = []
    for start in range(0, len(said), AT_ONCE):
        met += store.submit(_writing(channel, said[start : start + AT_ONCE], now, hash_of))
    return met


def _writing(
    channel: str, said: Sequence[tuple[int | None, Event]], now: datetime, hash_of: HashOf | None
) -> Callable[[Connection], list[str]]:
    ids = {delivery_id for delivery_id, _ in said if delivery_id is not None}

    def work(conn: Connection) -> list[str]:
        for send_id in sorted({about.send_id for about in events.about(conn, ids).values()}):
            sends.lock(conn, send_id)
        found = events.about(conn, ids)  # again: their sends are locked now
        return [hear(conn, found, delivery_id, event) for delivery_id, event in said]

    def hear(conn: Connection, found: dict[int, About], delivery_id: int | None, event: Event) -> str:
        if delivery_id is None or delivery_id in found:
            return _hear(conn, channel, found, delivery_id, event, now)
        return _hear_of_gone(conn, channel, event, hash_of, now)

    return work


def _hear(
    conn: Connection, channel: str, found: dict[int, About], delivery_id: int | None, event: Event, now: datetime
) -> str:
    about = found.get(delivery_id) if delivery_id is not None else None
    if about is None:
        return "foreign"
    words = _without_address(event)
    if not events.add(conn, channel, event, about.delivery_id, words=words, now=now):
        known = events.known(conn, channel, event.key)
        is_same = known is not None and (known["type"], known["delivery_id"]) == (event.kind, about.delivery_id)
        return "repeated" if is_same else "forged"
    if _move(conn, about, event, words):
        found |= events.about(conn, [about.delivery_id])  # what else is said of it finds it where it is now
    _follow(conn, channel, about, event, words, now)
    outbox.tell_heard(conn, about.send_id, about.delivery_id, channel, event, words, now)
    return "new"


def _hear_of_gone(conn: Connection, channel: str, event: Event, hash_of: HashOf | None, now: datetime) -> str:
    """Follow a word on a delivery that is not kept any more: the books stand sealed, but its reader is left alone.

    Where the provider doesn't say whom it is about, nobody can know.
    """
    if event.kind not in LASTING or not event.address or hash_of is None:
        return "foreign"
    words = _without_address(event)
    if not events.add(conn, channel, event, None, words=words, now=now):
        known = events.known(conn, channel, event.key)
        return "repeated" if known is not None and known["type"] == event.kind else "forged"
    address_hash = hash_of(event.address)
    if event.kind is K.UNSUBSCRIBED:
        _leave_all(conn, channel, address_hash, event, now)
    else:
        reason = f"{event.kind}: {words}" if words else event.kind.value
        suppressions.add(conn, address_hash, "all", reason=reason, now=now, actor=f"channel:{channel}")
    log.info("heard_of_a_delivery_let_go", channel=channel, kind=event.kind.value)
    return "new"


def _leave_all(conn: Connection, channel: str, address_hash: str, event: Event, now: datetime) -> None:
    """Take a reader off every list that they were on when they left one: which it was is not kept any more."""
    person = subscribers.find(conn, address_hash)
    if person is None:
        return
    for row in consents.present(conn, person.id):
        if row["state"] == SubscriptionState.CONFIRMED and row["since"] <= event.happened_at:
            left, actor = SubscriptionState.LEFT, f"channel:{channel}"
            subscribers.set_subscription(conn, person.id, row["list_id"], left, basis=LEFT, now=now, actor=actor)


def _without_address(event: Event) -> str:
    """Leave the reader's address out of the provider's words: an erasure could not reach it there."""
    return re.sub(re.escape(event.address), "…", event.words, flags=re.IGNORECASE) if event.address else event.words


def _move(conn: Connection, about: About, event: Event, words: str) -> bool:
    """Let the delivery be where the provider says it is; a word that is older than another on the same changes none."""
    to = LANDS[event.kind].get(DeliveryState(about.state))
    if to is None or about.call_id is None:
        return False
    if event.kind in (*NOT_ARRIVED, K.DELIVERED) and events.latest_fate(conn, about.delivery_id) != event.kind:
        return False
    origin = DeliveryState(about.state)
    moved = deliveries.move(conn, [about.delivery_id], call_id=about.call_id, origin=origin, to=to)
    sends.post_to_books(conn, about.send_id, {origin.value: -moved, to.value: moved})
    if moved and calls.is_kept(conn, about.call_id):
        calls.record_outcomes(conn, about.call_id, [(about.delivery_id, _verdict(event, to, words))])
    if origin is D.UNKNOWN:
        calls.close_if_settled(conn, about.call_id)
    return moved > 0


def _verdict(event: Event, to: DeliveryState, words: str) -> Verdict:
    said = f"{event.kind}: {words}" if words else f"{event.kind}, says the provider"
    outcome = Outcome.SENT if to is D.SENT else Outcome.REFUSED
    return Verdict(outcome, Scope.RECIPIENT, said, event.provider_id)


def _follow(conn: Connection, channel: str, about: About, event: Event, words: str, now: datetime) -> None:
    """Write to nobody whose mailbox is gone, who complained, or who left by the provider's own link."""
    if event.kind is K.UNSUBSCRIBED:
        _leave(conn, channel, about, now)
    elif event.kind in (K.HARD_BOUNCE, K.COMPLAINED):
        _suppress(conn, channel, about, event.kind.value, f"{event.kind}: {words}" if words else event.kind.value, now)
    elif event.kind in NOT_ARRIVED and events.failed_in_a_row(conn, about.recipient_id) >= IN_A_ROW:
        why = f"{IN_A_ROW} letters in a row did not arrive"
        _suppress(conn, channel, about, why, f"{why}; the last: {words}", now)


def _leave(conn: Connection, channel: str, about: About, now: datetime) -> None:
    subscriber_id = subscribers.of_recipient(conn, about.recipient_id)
    if subscriber_id is None or about.list_id is None:
        return
    known = subscribers.subscription(conn, subscriber_id, about.list_id)
    if known is not None and known["state"] == SubscriptionState.CONFIRMED:
        left, actor = SubscriptionState.LEFT, f"channel:{channel}"
        subscribers.set_subscription(conn, subscriber_id, about.list_id, left, basis=LEFT, now=now, actor=actor)


def _suppress(conn: Connection, channel: str, about: About, why: str, reason: str, now: datetime) -> None:
    address_hash = subscribers.hash_of_recipient(conn, about.recipient_id)
    if address_hash is None:
        return
    suppressions.add(conn, address_hash, "all", reason=reason, now=now, actor=f"channel:{channel}")
    # Not the provider's words: whatever address they name would stand in the log.
    log.info("suppressed", channel=channel, delivery=about.delivery_id, why=why)
