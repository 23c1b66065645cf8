"""Whether articles that are about to go out are still at their source. Only a plain no counts, never a failure to ask.

Kinds that are read as a whole are not asked: a feed says by itself what it does not have any more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from publisher.errors import SourceError
from publisher.model.project import Source
from publisher.sources.fetch import Fetcher
from publisher.sources.wordpress_post import number_of
from publisher.sources.wordpress_rest import PER_PAGE, Rest

KINDS = ("wordpress", "page")
GIVE_UP = 3  # failures one after the other: the site doesn't answer
UNPUBLISHED = "gone from the source: the site does not publish it any more"
NO_PAGE = "gone from the source: there is nothing at its address any more"


@dataclass(frozen=True, slots=True)
class Asked:
    """An article of the ledger, and by what its source knows it."""

    id: int  # the ledger's
    url: str | None
    guids: tuple[str, ...] = ()

    @property
    def numbers(self) -> set[int]:
        """Return the posts that it is, at a WordPress: several where it was made anew there."""
        return {number for guid in self.guids if (number := number_of(guid)) is not None}


@dataclass(slots=True)
class Told:
    """What a source said."""

    gone: dict[int, str] = field(default_factory=dict)  # articles that it has no more, with the reason
    error: str = ""  # why it said nothing of others
    is_silent: bool = False  # that is the site's trouble, not one page's: it is to be left alone
    rest: timedelta = timedelta()  # for so long, where it said


def ask(source: Source, location: str, fetcher: Fetcher, asked: Sequence[Asked], until: float) -> Told:
    """Ask a source which of these articles it has no more; of what it doesn't say in time nothing is known.

    :param source: of one of the `KINDS`, its password with every ``${NAME}`` resolved.
    :param until: a moment on the monotonic clock.
    """
    told = Told()
    if source.kind == "wordpress":
        rest = Rest(location, _hurried(fetcher, until), (source.user, source.password), source.statuses)
        _ask_for_posts(rest, [each for each in asked if each.numbers], told)
    else:
        _ask_for_pages(fetcher, {each.id: each.url for each in asked if each.url}, until, told)
    return told


def _ask_for_posts(rest: Rest, asked: Sequence[Asked], told: Told) -> None:
    numbers = sorted({number for each in asked for number in each.numbers})
    parts = [numbers[first : first + PER_PAGE] for first in range(0, len(numbers), PER_PAGE)]
    try:
        there = {number for part in parts for number in rest.published(part)}
    except SourceError as error:
        told.error, told.is_silent, told.rest = str(error), True, error.retry_after or timedelta()
    else:
        told.gone.update((each.id, UNPUBLISHED) for each in asked if not there & each.numbers)


def _ask_for_pages(fetcher: Fetcher, pages: Mapping[int, str], until: float, told: Told) -> None:
    """Ask for one page after the other. A page in trouble says nothing of the others, a host that wants rest does."""
    failures = 0
    for article_id, url in pages.items():
        if failures == GIVE_UP or time.monotonic() >= until:
            break
        try:
            is_there = _hurried(fetcher, until).is_there(url)
        except SourceError as error:
            wants_rest = error.status == 429 or error.retry_after is not None
            failures = GIVE_UP if wants_rest else failures + 1
            told.error, told.rest = str(error), error.retry_after or timedelta()
            told.is_silent = failures == GIVE_UP or error.status is None  # nothing answered at all
            continue
        failures, told.is_silent = 0, False
        if not is_there:
            told.gone[article_id] = NO_PAGE


def _hurried(fetcher: Fetcher, until: float) -> Fetcher:
    return replace(fetcher, total=max(0.1, min(fetcher.total, until - time.monotonic())))
