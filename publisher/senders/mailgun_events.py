"""What Mailgun says afterwards (webhooks in JSON). Its signature doesn't cover the event, only a token said once."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from publisher.model.event import Event, EventKind
from publisher.senders.events import Incoming, NotBelieved, is_any_of, is_fresh, read_json, reason, when, within, word
from publisher.senders.mailgun_payload import REFERENCE

WINDOW = timedelta(hours=12)  # it says an event again for eight hours; whether it signs anew then, it doesn't say
KINDS = {
    "delivered": EventKind.DELIVERED,
    "failed": EventKind.HARD_BOUNCE,  # unless it says more
    "rejected": EventKind.DROPPED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
}
NO_FAULT_OF_THE_MAILBOX = frozenset({"old", "espblock", "greylisted"})  # given up, though the mailbox may well be there


def hear(incoming: Incoming, keys: Sequence[str], now: datetime) -> list[Event]:
    """Believe whoever signed a token with one of the keys, and read the event.

    The token is the event's key. Whoever sees it could put another body beside it, but then the key is known already.

    :raises NotBelieved: the signature is wrong or old, or it is the form that Mailgun sent before 2018.
    """
    if incoming.headers.get("content-type", "").startswith(("application/x-www-form-urlencoded", "multipart/")):
        raise NotBelieved("an old webhook of Mailgun's, as a form; delete it there and add a new one", 406)
    body = read_json(incoming.body)
    token = _signed_token(within(body, "signature"), keys, now)
    said = within(body, "event-data")
    kind = _kind(said) if isinstance(said, dict) else None
    return [_event(kind, token, said, now)] if kind else []


def message_id_of(event: Mapping[str, Any]) -> str:
    """Return the id of an event's message as the answer to the request named it, without angle brackets."""
    return word(within(event, "message", "headers", "message-id")).strip("<>")


def _signed_token(signature: Any, keys: Sequence[str], now: datetime) -> str:
    timestamp, token, said = (word(within(signature, name)) for name in ("timestamp", "token", "signature"))
    # Digits alone: with 1767323045e0 the border to the token could be moved, and one signature would make two tokens.
    if not token or not (timestamp.isascii() and timestamp.isdecimal()) or not is_fresh(timestamp, now, WINDOW):
        raise NotBelieved("no signature of these hours")
    signed = f"{timestamp}{token}".encode()
    if not is_any_of(said.encode(), (hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in keys)):
        raise NotBelieved("the signature doesn't match")
    return token


def _event(kind: EventKind, token: str, said: Mapping[str, Any], now: datetime) -> Event:
    status = within(said, "delivery-status")
    return Event(
        kind,
        token,
        when(said.get("timestamp"), now),
        reference=word(within(said, "user-variables", REFERENCE)),
        provider_id=message_id_of(said),
        address=word(said.get("recipient")),
        words=reason(
            within(status, "code"),
            within(status, "message") or within(status, "description"),
            within(said, "reject", "reason"),
            said.get("reason"),
        ),
    )


def _kind(said: Mapping[str, Any]) -> EventKind | None:
    kind = KINDS.get(word(said.get("event")))
    if kind is not EventKind.HARD_BOUNCE:
        return kind
    why, code = word(said.get("reason")), word(within(said, "delivery-status", "code"))
    if said.get("severity") != "permanent":
        return EventKind.DELAYED
    if why.startswith("suppress"):
        return EventKind.DROPPED
    return EventKind.SOFT_BOUNCE if why in NO_FAULT_OF_THE_MAILBOX or code.startswith("4") else kind
