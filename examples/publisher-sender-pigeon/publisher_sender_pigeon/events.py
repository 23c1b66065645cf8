"""What Pigeon Post says afterwards, signed: HMAC-SHA256 over the time, a dot, and the very bytes of the body."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from publisher.model.event import Event, EventKind
from publisher.senders.events import (
    Incoming,
    NotBelieved,
    is_any_of,
    is_fresh,
    key_of,
    objects_in,
    reason,
    told,
    when,
    word,
)

WINDOW = timedelta(minutes=5)  # how old a signature may be
KINDS: Mapping[str, EventKind] = {
    "landed": EventKind.DELIVERED,
    "headwind": EventKind.DELAYED,
    "nobody home": EventKind.SOFT_BOUNCE,
    "no such roof": EventKind.HARD_BOUNCE,
    "shooed away": EventKind.COMPLAINED,
}


def hear(incoming: Incoming, secret: SecretStr | None, now: datetime) -> list[Event]:
    """Return what Pigeon Post says; what is no event of ours is left out.

    :raises NotBelieved: it isn't Pigeon Post that speaks, or it is no JSON.
    """
    _must_be_signed(incoming, told(secret, "events_secret"), now)
    return [event for said in objects_in(incoming.body) if (event := _event(said, now))]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode(errors="replace") + body, hashlib.sha256).hexdigest()


def _must_be_signed(incoming: Incoming, secrets: list[str], now: datetime) -> None:
    timestamp, said = (incoming.headers.get(f"pigeon-{part}", "") for part in ("timestamp", "signature"))
    good = (signature(secret, timestamp, incoming.body) for secret in secrets)
    if not is_any_of(said.encode(errors="replace"), good):
        raise NotBelieved("the signature doesn't match, or there is none")
    if not is_fresh(timestamp, now, WINDOW):
        raise NotBelieved("signed too long ago")


def _event(said: Mapping[str, Any], now: datetime) -> Event | None:
    kind = KINDS.get(word(said.get("type")))
    if kind is None:
        return None
    letter, at = word(said.get("letter")), said.get("at")
    return Event(
        kind,
        key_of(kind, letter, at),  # the same for a repeat: Pigeon Post gives its events no id
        when(at, now),
        reference=word(said.get("reference")),
        provider_id=letter,
        address=word(said.get("to")),
        words=reason(said.get("why")),
    )
