"""SendGrid's signed event webhook: ECDSA over P-256 with SHA-256, of the time and the very bytes that came."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, SecretStr

from publisher.model.event import Event, EventKind
from publisher.senders.base import Secret
from publisher.senders.events import Incoming, NotBelieved, is_fresh, key_of, objects_in, reason, told, when, word
from publisher.senders.sendgrid_payload import REFERENCE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

WINDOW = timedelta(hours=25)  # it repeats for a day, and nobody says whether a repeat is signed anew
KINDS: Mapping[str, EventKind] = {
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DELAYED,
    "bounce": EventKind.HARD_BOUNCE,
    "dropped": EventKind.DROPPED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
}
PASSING = frozenset({"technical", "content", "reputation", "frequency or volume too high"})  # not the mailbox's fault


def hear(incoming: Incoming, keys: SecretStr | None, now: datetime) -> list[Event]:
    """Return what SendGrid says.

    :raises NotBelieved: it isn't signed with one of the keys, or long ago, or is no JSON.
    """
    _must_be_signed(incoming, told(keys, "events_key"), now)
    return [event for item in objects_in(incoming.body) if (event := _event(item, now))]


def public_key(text: str) -> EllipticCurvePublicKey:
    """Read a verification key as the console shows it: DER in base64, without the lines of PEM.

    :raises ValueError: it is none, or not of P-256.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # here: only who hears needs it, and it loads slowly
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("is no verification key of SendGrid; copy it again from Mail Settings, Event Webhook")
    return key


def message_id(whole: str) -> str:
    """Return what the answer to the request called it; what follows names SendGrid's own servers."""
    return re.split(r"\.(?:filter|recv)", whole)[0]


def _must_be_signed(incoming: Incoming, keys: list[str], now: datetime) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    timestamp = incoming.headers.get("x-twilio-email-event-webhook-timestamp", "")
    said = incoming.headers.get("x-twilio-email-event-webhook-signature", "")
    for key in keys:
        try:
            signature = base64.b64decode(said, validate=True)
            public_key(key).verify(signature, timestamp.encode() + incoming.body, ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            continue
        if not is_fresh(timestamp, now, WINDOW):
            raise NotBelieved("signed too long ago")
        return
    raise NotBelieved("the signature doesn't match, or there is none")


def _event(item: Mapping[str, Any], now: datetime) -> Event | None:
    kind = KINDS.get(word(item.get("event")))
    if kind is None:
        return None
    if kind is EventKind.HARD_BOUNCE and _passes(item):
        kind = EventKind.SOFT_BOUNCE
    happened_at = when(item.get("timestamp"), now)
    message, address = word(item.get("sg_message_id")), word(item.get("email"))
    return Event(
        kind,
        word(item.get("sg_event_id")) or key_of(kind, message, address, item.get("timestamp")),
        happened_at,
        reference=word(item.get(REFERENCE)),
        provider_id=message_id(message),
        address=address,
        words=reason(item.get("status"), item.get("reason") or item.get("response")),
    )


def _passes(bounce: Mapping[str, Any]) -> bool:
    """`blocked` is not put on SendGrid's list, and what the message is blamed for says nothing of the mailbox."""
    blamed = word(bounce.get("bounce_classification")).casefold()
    return word(bounce.get("type")) == "blocked" or blamed in PASSING


def _must_load(secret: SecretStr) -> SecretStr:
    for key in secret.get_secret_value().split():
        public_key(key)
    return secret


VerificationKeys = Annotated[Secret, AfterValidator(_must_load)]
