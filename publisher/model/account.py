"""Which account posted, as fingerprints of the options that name one: a post's number means nothing under another."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

Fingerprints = Mapping[str, str]  # by option; empty: nobody knows
SEVERAL = ""  # in the place of a fingerprint: tries of one post were made under several values
DIGITS = 16  # of a fingerprint, in hex


def fingerprint(value: str) -> str:
    """Return what can be compared, and not read: an option may be an address that holds a secret."""
    return sha256(value.encode()).hexdigest()[:DIGITS]


def either(one: Fingerprints, other: Fingerprints) -> dict[str, str]:
    """Return the account of what may stand under both: the same, or one that no channel speaks for."""
    return {name: one[name] if one.get(name) == other.get(name) else SEVERAL for name in {**one, **other}}


def why_another(was: Fingerprints, now: Fingerprints) -> str:
    """Return why a channel may speak for another account than it did; empty: it speaks for the same."""
    if not was and now:
        return "it isn't known which account posted it"
    changed = next((name for name in (*now, *was) if was.get(name) != now.get(name)), "")
    return f"`{changed}` has changed since it posted: the channel speaks for another account now" if changed else ""
