"""The seam: what a reader is, and which reader a source of schedules.yaml gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from publisher.model.article import LedgerArticle, Reading
from publisher.model.project import Source
from publisher.sources.address import is_web
from publisher.sources.fetch import Fetcher, Validators

if TYPE_CHECKING:
    from publisher.sources.again import Visits

__all__ = ["Memory", "Reader", "Validators", "open_source"]


STILL = 1.0  # seconds after its last change in which a file may still be being written


def _nothing(names: Sequence[str]) -> Mapping[str, int | None]:
    return {}


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ledger knows of a source, for readers that don't take everything at each look.

    :param wanted: how many of the newest that were there before us are to be taken all the same.
    :param tried: says of canonical addresses how often each was fetched in vain; None: never again. Others are new.
    :param taken: returns the newest articles that came of it.
    :param visits: when their pages were looked at; None: they are not looked at again.
    """

    since: datetime | None = None  # when it was last read well; None: never
    wanted: int = 0
    tried: Callable[[Sequence[str]], Mapping[str, int | None]] = _nothing
    taken: Callable[[], Sequence[LedgerArticle]] = tuple
    visits: Visits | None = None


class Reader(Protocol):
    """One place that articles come from."""

    def read(self, known: Validators | None = None) -> Reading:
        """Look once. ``known`` are the validators of the last good reading.

        :raises SourceError: the place could not be read at all; single bad items are ``problems`` of the reading.
        """


def open_source(source: Source, location: str, fetcher: Fetcher, base: Path, memory: Memory | None = None) -> Reader:
    """Return the reader of a source that is looked at: what is pushed comes by itself.

    :param source: its password with every ``${NAME}`` resolved.
    :param location: the source's own, resolved too.
    :param fetcher: one that may read the own network where the source may.
    :param base: the project's directory, which relative paths start from.
    """
    return _READERS[source.kind](source, location, fetcher, base, memory or Memory())


# Each reader is imported where it is made: a project with a feed need not wait for what reads pages and folders.


def _feed(source: Source, location: str, fetcher: Fetcher, base: Path, memory: Memory) -> Reader:
    from publisher.sources.feed import FeedReader

    return FeedReader(location if is_web(location) else _path(location, base), fetcher, name=source.name)


def _folder(source: Source, location: str, fetcher: Fetcher, base: Path, memory: Memory) -> Reader:
    from publisher.sources.folder import FolderReader

    return FolderReader(_path(location, base), name=source.name, quiet=STILL)


def _wordpress(source: Source, location: str, fetcher: Fetcher, base: Path, memory: Memory) -> Reader:
    from publisher.sources.wordpress import WordPressReader
    from publisher.sources.wordpress_rest import Rest

    rest = Rest(location, fetcher, (source.user, source.password), source.statuses)
    return WordPressReader(rest, memory, name=source.name)


def _page(source: Source, location: str, fetcher: Fetcher, base: Path, memory: Memory) -> Reader:
    from publisher.sources.listing import ListingReader

    return ListingReader(location.split(), source, fetcher, memory)


def _path(location: str, base: Path) -> Path:
    try:
        return base / Path(location).expanduser()
    except RuntimeError:  # a home directory that nobody has: the path is reported as it stands
        return base / location


_READERS: Mapping[str, Callable[[Source, str, Fetcher, Path, Memory], Reader]] = {
    "feed": _feed,
    "folder": _folder,
    "wordpress": _wordpress,
    "page": _page,
}
