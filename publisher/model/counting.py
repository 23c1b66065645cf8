"""Numbers in sentences."""

from __future__ import annotations


def many(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 article``, ``1,200 articles``.

    :param plural: where it isn't the noun with an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
