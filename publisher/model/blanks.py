"""White space in what people read: one blank, but for the no-break blanks that typography wants."""

from __future__ import annotations

import re
from typing import Any

import regex

_NO_BREAK = "\u00a0\u202f"
_CURRENCY = "$¢£¥\u20a0-\u20cf"
# French sets one before high punctuation and inside its quotation marks, many languages between number and unit.
_SET = rf"(?<=«)[{_NO_BREAK}](?=\S)|(?<=\d)[{_NO_BREAK}](?=\d)|(?<=\S)[{_NO_BREAK}](?=[?!;:»%‰{_CURRENCY}])"
_BLANK = re.compile(rf"({_SET})|[{_NO_BREAK}]")
_SEEN = regex.compile(r"[^\s\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]")
_ALIKE = str.maketrans(dict.fromkeys(_NO_BREAK, " "))


def is_blank(text: str) -> bool:
    """Say whether nobody sees anything of a text: it is empty, or all white space and signs without width."""
    return _SEEN.search(text) is None


def typeset(text: str) -> str:
    """Return a text in one line, every run of white space as one blank: a no-break one where typography wants it."""
    return held(folded(text)).strip()


def folded(text: str) -> str:
    """Return a text with every run of white space as one blank; a single no-break blank stays."""
    return re.sub(r"\s+", lambda run: run[0] if run[0] in tuple(_NO_BREAK) else " ", text)


def held(text: str) -> str:
    """Return a text with plain blanks for its no-break blanks, but for those that typography wants."""
    return _BLANK.sub(lambda blank: blank[1] or " ", text)


def alike(text: str) -> str:
    """Return a text with plain blanks only, to compare it: how a blank is written changes no article."""
    return text.translate(_ALIKE)


def all_alike(value: Any) -> Any:
    """Return a value with every text in it alike: of tuples and dictionaries, each."""
    if isinstance(value, dict):
        return {name: all_alike(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(map(all_alike, value))
    return alike(value) if isinstance(value, str) else value
