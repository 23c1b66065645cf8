"""Brevo's transactional webhook: one event or a group of them, believed by the password in the address they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from publisher.model.event import Event, EventKind
from publisher.senders.brevo_payload import REFERENCE
from publisher.senders.events import Incoming, key_of, must_know_password, objects_in, reason, when, word

KINDS: Mapping[str, EventKind] = {
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DELAYED,
    "soft_bounce": EventKind.SOFT_BOUNCE,
    "hard_bounce": EventKind.HARD_BOUNCE,
    "invalid_email": EventKind.HARD_BOUNCE,
    "blocked": EventKind.DROPPED,
    "error": EventKind.DROPPED,
    "spam": EventKind.COMPLAINED,
    "complaint": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
}


def hear(incoming: Incoming, passwords: Iterable[str], now: datetime) -> list[Event]:
    """Return what Brevo says.

    :raises NotBelieved: it doesn't know the password, or is no JSON.
    """
    must_know_password(incoming, passwords)
    return [event for item in objects_in(incoming.body) if (event := _event(item, now))]


def _event(item: Mapping[str, Any], now: datetime) -> Event | None:
    kind = KINDS.get(word(item.get("event")))
    if kind is None:
        return None
    message, address, at = word(item.get("message-id")), word(item.get("email")), item.get("ts_epoch")
    return Event(
        kind,
        key_of(kind, message, address, at),  # it has no id of its own: `id` is the webhook's
        when(at, now),  # the other times are in the account's own zone
        reference=word(item.get(REFERENCE)),
        provider_id=message,
        address=address,
        words=reason(item.get("reason")),
    )
