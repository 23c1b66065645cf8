"""SparkPost's webhook: batches of events, believed by the password of HTTP Basic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from publisher.model.event import Event, EventKind
from publisher.senders.events import (
    Incoming,
    key_of,
    must_know_password,
    objects_in,
    reason,
    when,
    within,
    word,
)
from publisher.senders.sparkpost_payload import REFERENCE

KINDS: Mapping[str, EventKind] = {
    "delivery": EventKind.DELIVERED,
    "delay": EventKind.DELAYED,
    "policy_rejection": EventKind.DROPPED,
    "generation_failure": EventKind.DROPPED,
    "generation_rejection": EventKind.DROPPED,
    "spam_complaint": EventKind.COMPLAINED,
    "list_unsubscribe": EventKind.UNSUBSCRIBED,
    "link_unsubscribe": EventKind.UNSUBSCRIBED,
}
BOUNCES = frozenset({"bounce", "out_of_band"})
CLASSES: Mapping[str, EventKind | None] = {  # of bounces; all others are soft
    "10": EventKind.HARD_BOUNCE,  # no such recipient
    "30": EventKind.HARD_BOUNCE,  # no recipient that the server would know
    "60": None,  # somebody's machine answered; the letter is there
    "80": None,  # asked to be subscribed
    "90": EventKind.UNSUBSCRIBED,
}


def hear(incoming: Incoming, passwords: Iterable[str], now: datetime) -> list[Event]:
    """Return what SparkPost says; a ping says nothing.

    :raises NotBelieved: it doesn't know the password, or is no JSON.
    """
    must_know_password(incoming, passwords)
    return [event for item in _unwrapped(incoming) if (event := _event(item, now))]


def _unwrapped(incoming: Incoming) -> Iterator[Mapping[str, Any]]:
    for item in objects_in(incoming.body):
        classes = within(item, "msys")
        yield from (each for each in (classes.values() if isinstance(classes, dict) else ()) if isinstance(each, dict))


def _event(item: Mapping[str, Any], now: datetime) -> Event | None:
    kind = _kind(item)
    if kind is None:
        return None
    message, address = word(item.get("transmission_id")), word(item.get("raw_rcpt_to")) or word(item.get("rcpt_to"))
    return Event(
        kind,
        word(item.get("event_id")) or key_of(kind, message, address, item.get("timestamp")),
        when(item.get("timestamp"), now),
        reference=word(within(item, "rcpt_meta", REFERENCE)),
        provider_id=message,
        address=address,
        words=reason(item.get("error_code"), item.get("raw_reason") or item.get("reason")),
    )


def _kind(item: Mapping[str, Any]) -> EventKind | None:
    said = word(item.get("type"))
    if said in BOUNCES:
        return CLASSES.get(word(item.get("bounce_class")), EventKind.SOFT_BOUNCE)
    return KINDS.get(said)
