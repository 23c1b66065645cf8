"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, time and the very bytes that are sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from publisher.senders.events import Incoming, NotBelieved, is_fresh

WINDOW = timedelta(minutes=5)  # before and after now
FAMILIES = ("webhook", "svix")  # Svix, where the standard comes from, writes the same headers under its own name


def keys_of(secret: SecretStr) -> list[bytes]:
    """Decode one or more ``whsec_`` secrets, separated by spaces; ValueError says which can't be one."""
    keys = _decoded(secret.get_secret_value().split())
    if not keys:
        raise ValueError("is empty")
    return keys


def headers_for(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of one attempt, with a signature per key.

    :param message_id: the same on every attempt; the receiver knows a repeat by it.
    :param timestamp: of this attempt, in seconds since 1970.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signatures(keys, message_id, str(timestamp), body)),
    }


def verify(incoming: Incoming, secrets: Sequence[str], now: datetime) -> str:
    """Make sure that the very body was signed with one of the secrets, and lately; return the message's id.

    :param secrets: ``whsec_…``, each checked when the channel was read.
    :raises NotBelieved: it was not.
    """
    family = next((name for name in FAMILIES if f"{name}-signature" in incoming.headers), FAMILIES[0])
    message_id, timestamp, said = (
        incoming.headers.get(f"{family}-{part}", "") for part in ("id", "timestamp", "signature")
    )
    if not message_id or not (timestamp.isascii() and timestamp.isdecimal()) or not is_fresh(timestamp, now, WINDOW):
        raise NotBelieved("no signature of these minutes")
    wanted = [signature.encode() for signature in _signatures(_decoded(secrets), message_id, timestamp, incoming.body)]
    given = [word.encode(errors="replace") for word in said.split()]
    if not any(hmac.compare_digest(one, other) for one in given for other in wanted):
        raise NotBelieved("the signature doesn't match")
    return message_id


def _signatures(keys: Sequence[bytes], message_id: str, timestamp: str, body: bytes) -> list[str]:
    signed = f"{message_id}.{timestamp}.".encode(errors="replace") + body
    return ["v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]


def _decoded(secrets: Sequence[str]) -> list[bytes]:
    return [_key(word, number) for number, word in enumerate(secrets, start=1)]


def _key(word: str, number: int) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not word.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError(f"is not `whsec_` followed by 24 to 64 bytes in base64 (secret {number})")
    return key


def _must_decode(secret: SecretStr) -> SecretStr:
    keys_of(secret)
    return secret


SigningSecret = Annotated[SecretStr, AfterValidator(_must_decode)]
