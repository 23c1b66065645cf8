"""Mailjet's Event API: one event or a group of them, believed by the password in the address that they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from publisher.model.event import Event, EventKind
from publisher.senders.events import Incoming, key_of, must_know_password, objects_in, reason, when, word

KINDS: Mapping[str, EventKind] = {
    "sent": EventKind.DELIVERED,  # to the reader's mail server
    "bounce": EventKind.SOFT_BOUNCE,
    "blocked": EventKind.DROPPED,
    "spam": EventKind.COMPLAINED,
    "unsub": EventKind.UNSUBSCRIBED,
}
NO_MAILBOX = frozenset({"user unknown", "mailbox inactive", "invalid domain", "no mail host"})


def hear(incoming: Incoming, passwords: Iterable[str], now: datetime) -> list[Event]:
    """Return what Mailjet says.

    :raises NotBelieved: it doesn't know the password, or is no JSON.
    """
    must_know_password(incoming, passwords)
    return [event for item in objects_in(incoming.body) if (event := _event(item, now))]


def _event(item: Mapping[str, Any], now: datetime) -> Event | None:
    kind = KINDS.get(word(item.get("event")))
    if kind is None:
        return None
    if kind is EventKind.SOFT_BOUNCE:
        kind = _kind_of_bounce(item)
    message, address = word(item.get("MessageID")), word(item.get("email"))
    return Event(
        kind,
        key_of(kind, message, word(item.get("Message_GUID")), address, item.get("time")),  # it has no id of its own
        when(item.get("time"), now),
        reference=word(item.get("CustomID")),
        provider_id=message,
        address=address,
        words=reason(item.get("error_related_to"), item.get("error"), item.get("comment"), item.get("smtp_reply")),
    )


def _kind_of_bounce(item: Mapping[str, Any]) -> EventKind:
    error, stated = word(item.get("error")).lower(), item.get("hard_bounce")
    if stated is True or (stated is None and error in NO_MAILBOX):
        return EventKind.HARD_BOUNCE
    return EventKind.DELAYED if error == "greylisted" else EventKind.SOFT_BOUNCE
