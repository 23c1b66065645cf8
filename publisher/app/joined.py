"""Since when a reader is on a list, and how that came, in words of the mail's language: for the foot of each mail."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from publisher.render.conventions import Conventions

QUARTER = 900  # seconds: in no zone does a day begin within one
# What a basis begins with, and by which word of the wording it is told; any other is not told.
TOLD = {
    "imported from ": "joined_by_import",
    "sign-up page": "joined_on_site",
    "chosen": "joined_on_site",
    "added by ": "joined_by_newsroom",
    "came back": "joined_again",
}


class Joined:
    """Makes the values of merge fields: a million readers joined on a few days, in a few ways."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._on = lru_cache(100_000)(self._day)
        self._told = lru_cache(100_000)(_sentences)

    def values(self, since: int, basis: str, language: str) -> dict[str, str]:
        """Return what a reader is told.

        :param since: microseconds UTC.
        :param basis: how we know, in the ledger's words.
        """
        on = self._on(since // (QUARTER * 1_000_000), language)
        return {"joined_on": on, "joined": self._told(on, basis, language)}

    def _day(self, quarter: int, language: str) -> str:
        return _written(datetime.fromtimestamp(quarter * QUARTER, self._zone).date(), language)


@lru_cache(10_000)
def _written(day: date, language: str) -> str:
    return _conventions(language).date(f"{day}T12:00+00:00")


@lru_cache(100)
def _conventions(language: str) -> Conventions:
    from publisher.render.conventions import Conventions  # here: most commands render nothing

    return Conventions(language, "UTC")


def _sentences(on: str, basis: str, language: str) -> str:
    from publisher.render.wording import wording

    words = wording(language)
    way = next((words[word] for begin, word in TOLD.items() if basis.startswith(begin)), "")
    return f"{words['since'].format(on)} {way}".rstrip()
