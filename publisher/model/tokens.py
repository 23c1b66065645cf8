"""Tokens that leave the house: opaque, keyed, computed and never stored. Pure arithmetic over the caller's keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

MAC_BYTES = 16
BLOCK = 64  # bytes that SHA-256 takes at once
KeyOf = Callable[[str], bytes | None]  # a key by its id
URL_SAFE = bytes.maketrans(b"+/", b"-_")


def address_hash(email: str, key: bytes) -> str:
    """Return the keyed hash by which an address is looked up and suppressed: case does not count."""
    return hmac.digest(key, email.strip().casefold().encode(), "sha256").hex()[:32]


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


def seal_of(words: str, key: bytes) -> str:
    """Return the seal of a total: whoever lacks the key can make none."""
    return _mac(f"total:{words}", key).hex()


def is_sealed(words: str, seal: str, keys: Iterable[bytes]) -> bool:
    """Say whether one of the keys made this seal of these words."""
    return seal.isascii() and any(hmac.compare_digest(seal_of(words, key), seal) for key in keys)


def leaving_token(subscriber_id: int, list_id: int, key_id: str, key: bytes) -> str:
    """Return the token of an unsubscribe link: it names list and subscriber, and never ends."""
    return _signed("leave", f"{key_id}.{subscriber_id}.{list_id}", key)  # written out: a million at a time


def read_leaving_token(token: str, key_of: KeyOf) -> tuple[int, int] | None:
    """Return (subscriber, list) of a token that one of our keys made; None for any other text."""
    found = read_link_token("leave", 2, token, key_of)
    return None if found is None else (found[0], found[1])


def link_token(purpose: str, numbers: Sequence[int], key_id: str, key: bytes) -> str:
    """Return the token of a link for one purpose and for nothing else: it names its numbers and the key."""
    return _signed(purpose, ".".join((key_id, *map(str, numbers))), key)


def _signed(purpose: str, claim: str, key: bytes) -> str:
    return _b64(f"{claim}.{_b64(_mac(f'{purpose}:{claim}', key))}".encode())


def read_link_token(purpose: str, count: int, token: str, key_of: KeyOf) -> tuple[int, ...] | None:
    """Return the numbers of a token that one of our keys made for this purpose; None for any other text.

    :param count: how many numbers it has.
    :param key_of: the key with this id, retired ones too; None when there is no such key.
    """
    try:
        claim, mac = _unb64(token).decode("ascii").rsplit(".", 1)
        key_id, *numbers = claim.split(".")
        key = key_of(key_id)
        if key is None or not hmac.compare_digest(_mac(f"{purpose}:{claim}", key), _unb64(mac)):
            return None
        return tuple(map(int, numbers)) if len(numbers) == count else None
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
