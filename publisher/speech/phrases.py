"""What Python says to people: sentences in English, each of which knows how it is said in another language.

    Done(said=_("Message %(number)s is said again.", number=number))

For programs, the log and the terminal such a phrase is the English text; a page says it by the filter ``spoken``, and
what a form leads to by `Pages.say`. `web/words.py` finds the sentences by these two names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from publisher.speech import ENGLISH, catalogue, day_of_year_words, moment_words, weekday_words

Say = Callable[[str], str]


class Phrase(str):
    """Words in English, and in other languages where asked.

    :param say: gives them in a language.
    """

    _say: Say

    def __new__(cls, say: Say) -> Phrase:
        made = super().__new__(cls, say(ENGLISH))
        made._say = say
        return made

    def __getnewargs__(self) -> tuple[Say]:  # type: ignore[override]  # those of `str` are its text
        """Return what a copy of it is made of, such as that of ``asdict``."""
        return (self._say,)

    def spoken(self, language: str) -> str:
        return self._say(language)


def _(words: str, **places: object) -> Phrase:
    """Return a sentence with what stands in its places: phrases are said in its language, numbers with their commas."""
    return Phrase(lambda language: _filled(catalogue(language).gettext(words), places, language))


def ngettext(one: str, many: str, number: int, **places: object) -> Phrase:
    """Return the sentence for one, or for many, with the number as ``count``."""
    told = {"count": number, **places}
    return Phrase(lambda language: _filled(catalogue(language).ngettext(one, many, number), told, language))


def at(moment: datetime, zone: ZoneInfo, *, seconds: bool = False) -> Phrase:
    """Return a moment as pages show it, with its zone."""
    return Phrase(lambda language: moment_words(moment, zone, seconds=seconds, language=language))


def weekday(day: date) -> Phrase:
    """Return the name of a day of the week."""
    return Phrase(lambda language: weekday_words(day, language))


def day_of_year(day: date) -> Phrase:
    """Return a day with its weekday, both in full."""
    return Phrase(lambda language: day_of_year_words(day, language))


def joined(parts: Iterable[str], by: str = " ") -> Phrase:
    """Return phrases, and words that have no other language, as one."""
    kept = [part for part in parts if part]
    return Phrase(lambda language: by.join(said_in(part, language) for part in kept))


def said_in(words: object, language: str) -> str:
    """Return what stands in a place."""
    if isinstance(words, Phrase):
        return words.spoken(language)
    return f"{words:,}" if isinstance(words, int) else str(words)


def _filled(words: str, places: Mapping[str, object], language: str) -> str:
    return words % {name: said_in(value, language) for name, value in places.items()} if places else words
