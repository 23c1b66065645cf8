"""Tokens that leave the house: opaque, keyed, computed and never stored. Pure arithmetic over the caller's keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
from binascii import b2a_base64
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

MAC_BYTES = 16
BLOCK = 64  # bytes that SHA-256 takes at once
URL_SAFE = bytes.maketrans(b"+/", b"-_")


def address_hash(email: str, key: bytes) -> str:
    """Return the keyed hash by which an address is looked up and suppressed: case does not count."""
    return hmac.new(key, email.strip().casefold().encode(), hashlib.sha256).hexdigest()[:32]


def wire_id(kind: str, number: int, key: bytes) -> str:
    """Return an id for a provider's eyes: it can be told apart from a made-up one."""
    return f"{kind}{number}-{_mac(f'{kind}:{number}', key)[:10].hex()}"


def read_wire_id(kind: str, text: str, keys: Iterable[bytes]) -> int | None:
    """Return the number in an id of this kind that one of the keys made; None for any other text."""
    number, _, mac = text.removeprefix(kind).partition("-")
    if not (text.startswith(kind) and number.isascii() and number.isdecimal() and len(number) <= 18 and mac.isascii()):
        return None
    genuine = any(hmac.compare_digest(wire_id(kind, int(number), key), text) for key in keys)
    return int(number) if genuine else None


def leaving_token(subscriber_id: int, list_id: int, key_id: str, key: bytes) -> str:
    """Return the token of an unsubscribe link: it names list and subscriber, and never ends."""
    claim = f"{key_id}.{subscriber_id}.{list_id}"
    return _b64(f"{claim}.{_b64(_mac('leave:' + claim, key))}".encode())


def read_leaving_token(token: str, key_of: Callable[[str], bytes | None]) -> tuple[int, int] | None:
    """Return (subscriber, list) of a token that one of our keys made; None for any other text.

    :param key_of: the key with this id, retired ones too; None when there is no such key.
    """
    try:
        claim, mac = _unb64(token).decode("ascii").rsplit(".", 1)
        key_id, subscriber_id, list_id = claim.split(".")
        key = key_of(key_id)
        if key is None or not hmac.compare_digest(_mac("leave:" + claim, key), _unb64(mac)):
            return None
        return int(subscriber_id), int(list_id)
    except (ValueError, UnicodeDecodeError):
        return None


def _mac(text: str, key: bytes) -> bytes:
    """Return the HMAC-SHA-256 of a text (RFC 2104), cut short."""
    begun_inside, begun_outside = _begun(key)
    inside, outside = begun_inside.copy(), begun_outside.copy()
    inside.update(text.encode())
    outside.update(inside.digest())
    mac: bytes = outside.digest()
    return mac[:MAC_BYTES]


@lru_cache(16)  # half of the work is the same for each of a million readers
def _begun(key: bytes) -> tuple[Any, Any]:
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inside, outside = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    return inside, outside


def _b64(data: bytes) -> str:
    return b2a_base64(data, newline=False).translate(URL_SAFE, b"=").decode()


def _unb64(text: str) -> bytes:
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _b64(data) != text:
        raise ValueError("another spelling of the same bytes: not one that we wrote")
    return data
