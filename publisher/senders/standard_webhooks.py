"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, time and the very bytes that are sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, SecretStr


def keys_of(secret: SecretStr) -> list[bytes]:
    """Decode one or more ``whsec_`` secrets, separated by spaces; ValueError says which can't be one."""
    keys = [_key(word, number) for number, word in enumerate(secret.get_secret_value().split(), start=1)]
    if not keys:
        raise ValueError("is empty")
    return keys


def headers_for(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of one attempt, with a signature per key.

    :param message_id: the same on every attempt; the receiver knows a repeat by it.
    :param timestamp: of this attempt, in seconds since 1970.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


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
