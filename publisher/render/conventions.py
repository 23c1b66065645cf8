"""How dates and numbers are written, and in which direction lines run: the publication's language and time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal

from publisher.errors import TemplateError

Direction = Literal["ltr", "rtl"]


def locale_of(language: str) -> Locale:
    """Return Babel's locale for a BCP 47 tag; its primary language, then English, where Babel doesn't know it."""
    for tag in (language, language.partition("-")[0], "en"):
        try:
            return Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("Babel always knows English")


def direction_of(language: str) -> Direction:
    """Say which way a language is written."""
    return "rtl" if locale_of(language).text_direction == "rtl" else "ltr"


@dataclass(frozen=True)
class Conventions:
    """A publication's language (BCP 47) and time zone (IANA)."""

    language: str
    timezone: str

    @cached_property
    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise TemplateError(
                f"there is no time zone {self.timezone!r}",
                where="publication.timezone",
                remedy="Write an IANA name: Europe/Lisbon",
            ) from error

    @cached_property
    def _locale(self) -> Locale:
        return locale_of(self.language)

    def date(self, moment: str, form: str = "long") -> str:
        """Write a day.

        ``form`` is short, medium, long, full, a CLDR pattern (``d.M.``), or ``day`` for month and day as the language
        puts them. Empty stays empty.
        """
        if not moment:
            return ""
        local = self._local(moment)
        if form == "day":
            return format_skeleton("MMMMd", local, locale=self._locale)
        return format_date(local, format=form, locale=self._locale)

    def time(self, moment: str, form: str = "short") -> str:
        """Write an hour; ``form`` as for ``date``. Empty stays empty."""
        return format_time(self._local(moment), format=form, locale=self._locale) if moment else ""

    def number(self, value: float) -> str:
        """Write a number with the language's own signs for thousands and decimals."""
        if not isinstance(value, int | float):  # a text such as 1e999999999 would take the memory
            raise ValueError(f"{str(value)[:40]!r} is not a number")
        return format_decimal(value, locale=self._locale)

    def plural(self, number: float, forms: Mapping[str, str]) -> str:
        """Choose the form that a number asks for and put the number where it says ``{}``.

        :param forms: texts by CLDR category: one, other; in some languages also zero, two, few, many.
        """
        if not isinstance(forms, Mapping) or "other" not in forms:
            raise ValueError("the forms of a plural are texts for one, other and so on: words.minutes")
        written = self.number(number)
        form = forms.get(self._locale.plural_form(number), forms["other"])
        return str(form).replace("{}", written, 1)  # never .format(): it would reach into what it is given

    def _local(self, moment: str) -> datetime:
        found = datetime.fromisoformat(moment)
        try:
            return found.astimezone(self._zone)
        except OverflowError:  # the last day of the year 9999, which content systems write for "never"
            return found
