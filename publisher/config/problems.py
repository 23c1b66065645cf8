"""Collect everything that is wrong before saying any of it, so that an editor mends a file once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from publisher.errors import ConfigError

PLACE = re.compile(r":(\d+)(?::(\d+))?$")


class Problems:
    """The problems found so far, each with its place."""

    def __init__(self) -> None:
        self._found: list[ConfigError] = []

    def add(self, where: str, what: str, remedy: str = "") -> None:
        """Note one problem; the same one at the same place is said once."""
        problem = ConfigError(what, where=where, remedy=remedy)
        if str(problem) not in {str(known) for known in self._found}:
            self._found.append(problem)

    def raise_any(self) -> None:
        """Raise one ConfigError that carries every line, in the order of the file."""
        if not self._found:
            return
        first, *others = sorted(self._found, key=lambda problem: line_and_column(problem.where))
        raise ConfigError(
            first.what, where=first.where, remedy=first.remedy, others=tuple(str(other) for other in others)
        )


def line_and_column(where: str) -> tuple[int, int]:
    """Return the numbers of a place, to sort by."""
    found = PLACE.search(where)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or an empty text."""
    by_folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a name that nobody declared: the nearest one, or all there are."""
    names = sorted(set(known))
    close = nearest(word, names)
    if close:
        return f"Did you mean `{close}`?"
    return f"There are: {', '.join(names[:10])}" if names else ""
