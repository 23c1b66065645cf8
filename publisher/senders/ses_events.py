"""What SES tells of letters, as it comes through an SNS topic: one notification for one letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from publisher.model.event import Event, EventKind
from publisher.senders.events import NotBelieved, read_json, reason, when, within, word
from publisher.senders.ses_payload import REFERENCE

# By SES's own name of the type: the kind, the object that tells more, and its list of those whom it is about.
KINDS: Mapping[str, tuple[EventKind, str, str]] = {
    "Delivery": (EventKind.DELIVERED, "delivery", "recipients"),
    "DeliveryDelay": (EventKind.DELAYED, "deliveryDelay", "delayedRecipients"),
    "Bounce": (EventKind.SOFT_BOUNCE, "bounce", "bouncedRecipients"),
    "Complaint": (EventKind.COMPLAINED, "complaint", "complainedRecipients"),
    "Reject": (EventKind.DROPPED, "reject", ""),
    "Rendering Failure": (EventKind.DROPPED, "failure", ""),
}
ON_A_LIST = frozenset({"Suppressed", "OnAccountSuppressionList"})  # of SES, or of the account: nothing was sent
WORDS = ("bounceType", "bounceSubType", "complaintSubType", "complaintFeedbackType", "delayType", "reason",
         "errorMessage", "smtpResponse")  # fmt: skip


def events_in(notification: Mapping[str, Any], now: datetime) -> list[Event]:
    """Return what a notification tells of a letter; SES's own test of the topic is plain text, and tells nothing."""
    try:
        said = read_json(word(notification.get("Message")).encode())
    except NotBelieved:
        return []
    kind = word(within(said, "eventType") if isinstance(said, dict) else None)
    if kind not in KINDS:
        return []
    usual, name, about = KINDS[kind]
    more = within(said, name)
    more = more if isinstance(more, dict) else {}
    readers = more.get(about) or within(said, "mail", "destination")
    tags = within(said, "mail", "tags", REFERENCE)
    return [
        Event(
            _kind(usual, more),
            word(notification.get("MessageId")) + (f"/{number}" if number else ""),
            when(more.get("timestamp") or notification.get("Timestamp"), now),
            reference=word(tags[0]) if isinstance(tags, list) and tags else "",
            provider_id=word(within(said, "mail", "messageId")),
            address=_address(reader),
            words=reason(*(more.get(key) for key in WORDS), within(reader, "status"), within(reader, "diagnosticCode")),
        )
        for number, reader in enumerate(readers if isinstance(readers, list) else [])
    ]


def _kind(usual: EventKind, more: Mapping[str, Any]) -> EventKind:
    if {word(more.get("bounceSubType")), word(more.get("complaintSubType"))} & ON_A_LIST:
        return EventKind.DROPPED
    if usual is EventKind.SOFT_BOUNCE and more.get("bounceType") == "Permanent":
        return EventKind.HARD_BOUNCE
    return usual


def _address(reader: object) -> str:
    written = word(within(reader, "emailAddress") if isinstance(reader, dict) else reader)
    return parseaddr(written)[1] or written
