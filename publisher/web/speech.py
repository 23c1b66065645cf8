"""The languages that the console speaks: its words in English stand in the pages, those of others in `speech/*.po`."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

ENGLISH = "en"


@cache
def languages() -> frozenset[str]:
    """Return the languages, by their short names."""
    found = (entry.name for entry in files("publisher.web").joinpath("speech").iterdir())
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

    text = files("publisher.web").joinpath(f"speech/{language}.po").read_bytes()
    packed = BytesIO()
    write_mo(packed, read_po(BytesIO(text), locale=language))
    return GNUTranslations(BytesIO(packed.getvalue()))
