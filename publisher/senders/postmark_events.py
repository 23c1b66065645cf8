"""What Postmark says afterwards (webhooks of a message stream, with a password in their address)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from publisher.model.event import Event, EventKind
from publisher.senders.events import Incoming, key_of, must_know_password, objects_in, reason, when, within, word
from publisher.senders.postmark_payload import REFERENCE

TIMES = ("DeliveredAt", "BouncedAt", "ChangedAt")
HARD, SOFT, DROPPED = EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE, EventKind.DROPPED
BOUNCES = {
    "HardBounce": HARD,
    "BadEmailAddress": HARD,
    "ManuallyDeactivated": HARD,
    "SoftBounce": SOFT,
    "Transient": SOFT,
    "DnsError": SOFT,
    "Unknown": SOFT,
    "Blocked": SOFT,
    "SpamNotification": SOFT,
    "DMARCPolicy": DROPPED,  # these four are no fault of the mailbox
    "TemplateRenderingFailed": DROPPED,
    "VirusNotification": DROPPED,
    "SMTPApiError": DROPPED,
    "SpamComplaint": EventKind.COMPLAINED,
    "Unsubscribe": EventKind.UNSUBSCRIBED,
}


def hear(incoming: Incoming, passwords: Sequence[str], now: datetime) -> list[Event]:
    """Believe who knows a password, and read the event.

    :raises NotBelieved: nobody does, or it is no JSON.
    """
    must_know_password(incoming, passwords)
    return [_event(kind, said, now) for said in objects_in(incoming.body) if (kind := _kind(said))]


def _kind(said: Mapping[str, Any]) -> EventKind | None:
    match said.get("RecordType"):
        case "Delivery":
            return EventKind.DELIVERED
        case "SpamComplaint":
            return EventKind.COMPLAINED
        case "SubscriptionChange":  # also told of every bounce and complaint, which are told themselves
            left = said.get("SuppressSending") is True and said.get("SuppressionReason") == "ManualSuppression"
            return EventKind.UNSUBSCRIBED if left else None
        case "Bounce":
            kind = BOUNCES.get(word(said.get("Type")))
            return HARD if kind is SOFT and said.get("Inactive") is True else kind  # it will write there no more
    return None


def _event(kind: EventKind, said: Mapping[str, Any], now: datetime) -> Event:
    record, message_id = said.get("RecordType"), word(said.get("MessageID"))
    address = word(said.get("Recipient")) or word(said.get("Email"))
    at = next((said[name] for name in TIMES if said.get(name)), None)
    own_id = word(said.get("ID"))  # bounces and complaints have one
    return Event(
        kind,
        key_of(record, own_id) if own_id else key_of(record, message_id, address, at),
        when(at, now),
        reference=word(within(said, "Metadata", REFERENCE)),
        provider_id=message_id,
        address=address,
        words=reason(said.get("Description"), said.get("Details")),
    )
