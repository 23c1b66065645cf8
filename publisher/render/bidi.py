"""Which way each sign of a line runs: Unicode's bidirectional algorithm (UAX 9), for one line without embeddings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from publisher.render.conventions import Direction

# Classes of signs, a letter each, so that the rules are patterns; o is whatever has no direction of its own.
_KINDS = {"L": "l", "R": "r", "AL": "a", "EN": "e", "AN": "n", "ES": "s", "ET": "t", "CS": "c", "NSM": "m", "BN": "m"}
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_EMBEDDING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def without_embeddings(text: str) -> str:
    """Take out the signs that would turn a text round, such as one that makes ``gnp.exe`` read ``exe.png``."""
    return _EMBEDDING.sub("", text)


def side_of(sign: str) -> Direction | None:
    """Return from which side a letter is written; None for what has no side of its own."""
    kind = unicodedata.bidirectional(sign)
    return "ltr" if kind == "L" else "rtl" if kind in ("R", "AL") else None


def sides_of(text: str) -> Counter[Direction]:
    """Count a text's letters by the side from which they are written."""
    return Counter(side for sign in text if (side := side_of(sign)))


def levels_of(text: str, direction: Direction) -> list[int]:
    """Give every sign its level: even ones run from the left, odd ones from the right."""
    outer = "r" if direction == "rtl" else "l"
    kinds = "".join(_KINDS.get(unicodedata.bidirectional(sign), "o") for sign in text)
    kinds = _numbers_settled(f"{outer}{kinds}{outer}")
    kinds = _brackets_settled(f" {text} ", kinds, outer)
    kinds = _neutrals_settled(kinds, outer)
    levels = {"l": 0, "r": 1, "e": 2, "n": 2} if outer == "l" else {"r": 1, "l": 2, "e": 2, "n": 2}
    return [levels[kind] for kind in kinds[1:-1]]


def _numbers_settled(kinds: str) -> str:
    """Apply rules W1 to W7: marks, digits, and the signs that belong to a number."""
    kinds = re.sub(r"(.)m+", lambda found: found[1] * len(found[0]), kinds)
    kinds = re.sub(r"a[^lr]*", lambda found: found[0].replace("e", "n"), kinds).replace("a", "r")
    kinds = re.sub(r"(?<=e)[sc](?=e)", "e", kinds)
    kinds = re.sub(r"(?<=n)c(?=n)", "n", kinds)
    kinds = re.sub(r"t+(?=e)|(?<=e)t+", lambda found: "e" * len(found[0]), kinds)
    kinds = re.sub(r"[stc]", "o", kinds)
    return re.sub(r"l[^r]*", lambda found: found[0].replace("e", "l"), kinds)


def _brackets_settled(text: str, kinds: str, outer: str) -> str:
    """Apply rule N0: both brackets of a pair run as what is between them."""
    settled = list(kinds)
    for start, end in _pairs(text):
        inside = set(_strong(settled[start + 1 : end]))
        if not inside:
            continue
        before = _strong(settled[:start])[-1]
        side = outer if outer in inside or before == outer else before
        settled[start] = settled[end] = side
    return "".join(settled)


def _pairs(text: str) -> list[tuple[int, int]]:
    pairs, waiting = [], list[tuple[str, int]]()
    for at, sign in enumerate(text):
        if sign in _BRACKETS:
            waiting.append((_BRACKETS[sign], at))
        place = next((place for place in reversed(range(len(waiting))) if waiting[place][0] == sign), None)
        if place is not None:
            pairs.append((waiting[place][1], at))
            del waiting[place:]
    return sorted(pairs)


def _strong(kinds: list[str]) -> str:
    """Return what has a direction; numbers count as running from the right here."""
    return "".join(kinds).replace("o", "").replace("e", "r").replace("n", "r")


def _neutrals_settled(kinds: str, outer: str) -> str:
    """Apply rules N1 and N2: what stands between letters of one direction runs with them, all else as the line."""
    kinds = re.sub(r"(?<=l)o+(?=l)", lambda found: "l" * len(found[0]), kinds)
    kinds = re.sub(r"(?<=[ren])o+(?=[ren])", lambda found: "r" * len(found[0]), kinds)
    return kinds.replace("o", outer)
