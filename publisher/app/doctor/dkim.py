"""DKIM: the keys by which receivers know that a letter is the domain's own (RFC 6376, RFC 8301)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from publisher.app.doctor.alignment import tags_of
from publisher.app.doctor.dns import Names
from publisher.app.doctor.finding import Found, fine, noted, wrong

SHORTEST, SHORT = 1_024, 2_048  # bits of an RSA key: below the first nobody believes it, below the second it is weak


def look(names: Names, domains: Sequence[str], selectors: Sequence[str]) -> Iterator[Found]:
    """Look for the keys that a provider is known to sign by; one that is found under any of the names is enough.

    :raises Unseen: one of them could not be looked up.
    """
    keys = [
        (selector, domain, key)
        for domain in domains
        for selector in selectors
        if (key := _key(names, selector, domain))
    ]
    for selector, domain, key in keys:
        yield judge(f"DKIM key {selector} of {domain}", key)
    if not keys:
        said = f"no key stands under {' or '.join(f'{selector}._domainkey' for selector in selectors)}"
        remedy = "Set what the provider shows for the domain; where it shows other names, look with --message."
        yield wrong(f"DKIM of {' or '.join(domains)}", said, remedy)


def look_by_letter(names: Names, signatures: Sequence[tuple[str, str]]) -> Iterator[Found]:
    """Look for the keys that a letter was signed by.

    :param signatures: domain and selector of each.
    :raises Unseen: one of them could not be looked up.
    """
    for domain, selector in dict.fromkeys(signatures):
        about, key = f"DKIM key {selector} of {domain}", _key(names, selector, domain)
        if key:
            yield judge(about, key)
        else:
            yield wrong(
                about, "it isn't there, so nobody can verify the letter", "Set the record that the provider shows."
            )


def _key(names: Names, selector: str, domain: str) -> str:
    return next((text for text in names.texts(f"{selector}._domainkey.{domain}") if "p" in tags_of(text)), "")


def judge(about: str, record: str) -> Found:
    """Say whether a key record is one that receivers take."""
    tags = tags_of(record)
    kind, packed = tags.get("k", "rsa").lower(), "".join(tags["p"].split())
    if not packed:
        return wrong(about, "it was withdrawn (p= is empty)", "Set the record that the provider shows now.")
    if tags.get("v", "DKIM1") != "DKIM1" or kind not in ("rsa", "ed25519"):
        return wrong(about, "it is no key that receivers know", "Copy the record from the provider again.")
    bits = _bits(packed) if kind == "rsa" else SHORT
    if not bits:
        return wrong(about, "the key can't be read: it may be cut off", "Copy the record from the provider again.")
    if bits < SHORTEST:
        return wrong(about, f"{bits} bits are too few to be believed", "Have the provider make a key of 2,048 bits.")
    if "y" in tags.get("t", "").split(":"):
        return noted(about, "it says that it is a test (t=y)", "Take t=y out of the record.")
    if bits < SHORT:
        return noted(about, f"{bits:,} bits are few", "Have the provider make a key of 2,048 bits, where it can.")
    return fine(about, f"{kind.upper()}, {bits:,} bits" if kind == "rsa" else "Ed25519")


def _bits(packed: str) -> int:
    """Return the length of an RSA key; 0 where it is none."""
    try:
        key = load_der_public_key(base64.b64decode(packed, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return 0
    return key.key_size if isinstance(key, RSAPublicKey) else 0
