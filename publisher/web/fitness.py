"""What no ledger can keep, whoever sends it: characters that are none, and numbers beyond any column."""

from __future__ import annotations

import math
from typing import Any

LARGEST = 2**63 - 1


def unfit(said: Any) -> str:
    """Return why something that was read from JSON or a form can't be kept; empty: it can."""
    waiting = [said]
    while waiting:  # not by calling itself: how deep it goes, a stranger decides
        value = waiting.pop()
        if isinstance(value, str):
            if "\0" in value or (not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value)):
                return "a character in it is none: NUL, or half of a pair"
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, (list, tuple)):
            waiting += value
        elif isinstance(value, float):
            if not math.isfinite(value):
                return "a number in it is none: NaN, or endless"
        elif isinstance(value, int) and not -LARGEST <= value <= LARGEST:
            return "a number in it is too large"
    return ""
