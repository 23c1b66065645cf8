"""What Resend says afterwards (webhook events, signed by Svix)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from publisher.model.event import Event, EventKind
from publisher.senders.events import objects_in, reason, when, within, word
from publisher.senders.resend_payload import REFERENCE

KINDS = {
    "email.delivered": EventKind.DELIVERED,
    "email.delivery_delayed": EventKind.DELAYED,
    "email.bounced": EventKind.SOFT_BOUNCE,  # unless it says that it is permanent
    "email.complained": EventKind.COMPLAINED,
    "email.failed": EventKind.DROPPED,
    "email.suppressed": EventKind.DROPPED,
}
SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList"})  # subtypes of a bounce that never left


def events_in(body: bytes, message_id: str, now: datetime) -> list[Event]:
    """Read an event whose signature was verified.

    :param message_id: by which a repeat is known again.
    :raises NotBelieved: it is no JSON.
    """
    return [
        Event(
            kind,
            message_id,
            when(said.get("created_at"), now),
            reference=_reference(within(said, "data", "tags")),
            provider_id=word(within(said, "data", "email_id")),
            address=_address(within(said, "data", "to")),
            words=_words(said),
        )
        for said in objects_in(body)
        if (kind := _kind(said))
    ]


def _kind(said: Mapping[str, Any]) -> EventKind | None:
    kind = KINDS.get(word(said.get("type")))
    if kind is not EventKind.SOFT_BOUNCE:
        return kind
    if word(within(said, "data", "bounce", "subType")) in SUPPRESSED:
        return EventKind.DROPPED
    return EventKind.HARD_BOUNCE if within(said, "data", "bounce", "type") == "Permanent" else kind


def _reference(tags: object) -> str:
    return word(within(tags, REFERENCE)) if isinstance(tags, dict) else ""


def _address(to: object) -> str:
    first = word(to[0]) if isinstance(to, list) and to else ""
    return parseaddr(first)[1]


def _words(said: Mapping[str, Any]) -> str:
    bounce = within(said, "data", "bounce", "diagnosticCode")
    codes = bounce if isinstance(bounce, list) else []
    return reason(
        within(said, "data", "bounce", "message"),
        *codes,
        within(said, "data", "failed", "reason"),
        within(said, "data", "suppressed", "reason"),
        within(said, "data", "suppressed", "message"),
    )
