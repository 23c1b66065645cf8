"""The languages that the console speaks: its words in English stand in the pages, those of others in `*.po`."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENGLISH = "en"
_OF_YEAR = re.compile(r"(?:\s*'[^']*')?[\s,،]*y+.*$")  # the end of a date: its year, and what leads to it


@cache
def languages() -> frozenset[str]:
    """Return the languages, by their short names."""
    found = (entry.name for entry in _room().iterdir())
    return frozenset({ENGLISH, *(name.removesuffix(".po") for name in found if name.endswith(".po"))})


def nearest(language: str) -> str:
    """Return the language that the console speaks to people who read this one: ``de`` for ``de-AT``."""
    short = language.partition("-")[0].lower()
    return short if short in languages() else ENGLISH


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the words of one language; of English, those of the pages."""
    if language == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo  # here: only who speaks another language needs them
    from babel.messages.pofile import read_po

    text = _room().joinpath(f"{language}.po").read_bytes()
    packed = BytesIO()
    write_mo(packed, read_po(BytesIO(text), locale=language))
    return GNUTranslations(BytesIO(packed.getvalue()))


def _room() -> Traversable:
    from importlib.resources import files  # here: most commands speak English, and start sooner without it

    return files("publisher.speech")


def day_words(value: date, language: str = ENGLISH) -> str:
    """Print a day with its weekday, as a language writes it: ``Tue 24 Nov 2026``, ``Di., 24. Nov. 2026``."""
    if language == ENGLISH:
        return f"{value:%a} {value.day} {value:%b %Y}"
    from babel.dates import format_skeleton  # here: only who speaks another language needs it

    return format_skeleton("yMMMEd", value, locale=language)


def weekday_words(value: date, language: str = ENGLISH) -> str:
    """Print the name of a day of the week: ``Tuesday``, ``Dienstag``."""
    if language == ENGLISH:
        return f"{value:%A}"
    from babel.dates import format_date  # here: only who speaks another language needs it

    return format_date(value, "EEEE", locale=language)


def day_of_year_words(value: date, language: str = ENGLISH) -> str:
    """Print a day with its weekday, both in full, without its year: ``Tuesday 24 November``."""
    if language == ENGLISH:
        return f"{value:%A} {value.day} {value:%B}"
    from babel.dates import format_date, get_date_format  # here: only who speaks another language needs it

    whole = str(get_date_format("full", locale=language).pattern)
    return format_date(value, _OF_YEAR.sub("", whole), locale=language)


def day_label(value: date, language: str = ENGLISH) -> str:
    """Print a day of the year, as short as an axis needs it: ``24 Nov``, ``24. Nov.``."""
    if language == ENGLISH:
        return f"{value.day} {value:%b}"
    from babel.dates import format_skeleton  # here: only who speaks another language needs it

    return format_skeleton("MMMd", value, locale=language)


def moment_words(value: datetime, zone: ZoneInfo | None, *, seconds: bool = False, language: str = ENGLISH) -> str:
    """Print a time as the publication's clock shows it, with the zone's name.

    :param zone: None: the time is nominal, and its zone is said elsewhere.
    """
    local = value.astimezone(zone) if zone else value
    shown = f"{day_words(local, language)}, {local:%H:%M}{local.strftime(':%S') if seconds else ''}"
    if zone is None:
        return shown
    name = local.tzname() or zone.key
    return f"{shown} UTC{name}" if name[0] in "+-" else f"{shown} {name}"
