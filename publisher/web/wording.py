"""The words of the pages that readers see, in their language; `wording.json` has them all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from publisher.render.bidi import sides_of, without_embeddings
from publisher.render.conventions import Conventions, Direction, direction_of

ISOLATED = "\u2068{}\u2069"  # first strong isolate … pop: what is between turns nothing around it (UAX 9)


@dataclass(frozen=True)
class Words:
    """What a page says in one language.

    :param language: BCP 47; where nobody wrote its words, they are English, and so is the page.
    :param timezone: IANA, of the publication.
    """

    language: str
    timezone: str

    @property
    def direction(self) -> Direction:
        return direction_of(self.language)

    def __call__(self, name: str, *values: str) -> str:
        """Return a text with values in its places, each apart from it where it runs the other way."""
        first, *others = str(self._texts[name]).split("{}")
        said = zip(values, others, strict=True)
        return first + "".join(f"{self._apart(value)}{other}" for value, other in said)

    def plural(self, name: str, number: int) -> str:
        """Return the form of a text that a number asks for, with the number in it."""
        return self._conventions.plural(number, self._texts[name])

    def day(self, moment: datetime) -> str:
        """Write a day as this language does."""
        return self._conventions.date(moment.isoformat())

    def _apart(self, value: str) -> str:
        value = without_embeddings(value)
        sides = sides_of(value)
        return ISOLATED.format(value) if any(side != self.direction for side in sides) else value

    @cached_property
    def _texts(self) -> dict[str, Any]:
        known = catalogue()
        return known["en"] | known.get(self.language.partition("-")[0], {}) | known.get(self.language, {})

    @cached_property
    def _conventions(self) -> Conventions:
        return Conventions(self.language, self.timezone)


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Return the words by language."""
    found: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return found


def words_of(language: str, timezone: str) -> Words:
    """Return the words of a language; English where nobody wrote them in it."""
    return Words(language if language.partition("-")[0] in catalogue() else "en", timezone)
