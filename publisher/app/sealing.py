"""What the ledger holds encrypted: under a key of keys.json, and bound to its place, so that it opens nowhere else."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from publisher.config.keys import KeyRing
from publisher.store.credentials import Sealed

NONCE_BYTES = 12  # drawn for each value (NIST SP 800-38D)


def seal(keys: KeyRing, place: str, value: str) -> Sealed:
    """Return a value as the ledger keeps it: a copy of the database without keys.json tells nobody."""
    key_id, key = keys.current("credentials")
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(key_id, nonce + AESGCM(key).encrypt(nonce, value.encode(), place.encode()))


def opened(keys: KeyRing, place: str, sealed: Sealed) -> str | None:
    """Return what was sealed; None where we don't have its key, or it was moved here from another place."""
    key = keys.by_id("credentials", sealed.key_id)
    nonce, content = sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, content, place.encode()).decode() if key is not None else None
    except (InvalidTag, ValueError):
        return None
