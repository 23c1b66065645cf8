"""Whose domain is whose: what DMARC compares (RFC 7489, 3.1)."""

from __future__ import annotations

from tld import get_fld

from publisher.app.doctor.dns import in_ascii


def organisation(domain: str) -> str:
    """Return the domain that an organisation registered, by the public suffix list.

    Under a suffix that the list doesn't know it is the last two labels, as the list's own rule has it.
    """
    name = in_ascii(domain)
    found = get_fld(f"https://{name}", fail_silently=True, search_private=True) if name else None
    return str(found) if found else ".".join(name.split(".")[-2:])


def is_aligned(one: str, other: str, *, strict: bool) -> bool:
    """Say whether two domains stand for the same sender: the same domain, or the same organisation."""
    if not one or not other:
        return False
    return in_ascii(one) == in_ascii(other) if strict else organisation(one) == organisation(other)


def tags_of(text: str) -> dict[str, str]:
    """Read ``name=value`` pairs between semicolons, as DKIM and DMARC write them; the first of a name counts."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if sign:
            tags.setdefault(name.strip().lower(), value.strip())
    return tags
