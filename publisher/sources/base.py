"""The seam: what a reader is, and which reader a source of schedules.yaml gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from publisher.errors import SourceError
from publisher.model.article import Reading
from publisher.model.project import Source
from publisher.sources.fetch import Fetcher, Validators

__all__ = ["Reader", "Validators", "open_source"]


class Reader(Protocol):
    """One place that articles come from."""

    def read(self, known: Validators | None = None) -> Reading:
        """Look once. ``known`` are the validators of the last good reading.

        :raises SourceError: the place could not be read at all; single bad items are ``problems`` of the reading.
        """


def open_source(source: Source, location: str, fetcher: Fetcher, base: Path) -> Reader:
    """Return the reader of a source.

    :param location: the source's own, with every ``${NAME}`` resolved.
    :param base: the project's directory, which relative paths start from.
    :raises SourceError: a kind whose reader comes in a later version.
    """
    if source.kind not in _READERS:
        what, remedy = _LATER.get(source.kind, (f"no source is of the kind `{source.kind}`", "Use `feed` or `folder`."))
        raise SourceError(what, where=source.name, remedy=remedy)
    reach = fetcher.allowing_private() if source.allow_private else fetcher
    return _READERS[source.kind](source, location, reach, base)


# Each reader is imported where it is made: a project with a feed need not wait for what reads pages and folders.


def _feed(source: Source, location: str, fetcher: Fetcher, base: Path) -> Reader:
    from publisher.sources.feed import FeedReader

    is_web = location.lower().startswith(("http://", "https://"))
    return FeedReader(location if is_web else _path(location, base), fetcher, name=source.name)


def _folder(source: Source, location: str, fetcher: Fetcher, base: Path) -> Reader:
    from publisher.sources.folder import FolderReader

    return FolderReader(_path(location, base), name=source.name)


def _page(source: Source, location: str, fetcher: Fetcher, base: Path) -> Reader:
    from publisher.sources.page import PageReader

    if not location.lower().startswith(("http://", "https://")):
        what, remedy = "a page is read at its web address", "Use `folder:` for pages that are files."
        raise SourceError(what, where=source.name, remedy=remedy)
    return PageReader(location, fetcher, name=source.name)


def _path(location: str, base: Path) -> Path:
    try:
        return base / Path(location).expanduser()
    except RuntimeError:  # a home directory that nobody has: the path is reported as it stands
        return base / location


_READERS: Mapping[str, Callable[[Source, str, Fetcher, Path], Reader]] = {
    "feed": _feed,
    "folder": _folder,
    "page": _page,  # one article, as `try` takes it; lists of pages come later
}
_LATER: Mapping[str, tuple[str, str]] = {
    "wordpress": (
        "reading WordPress through its own interface comes in a later version",
        "Use `feed:` with the site's address followed by /feed/.",
    ),
    "push": (
        "articles pushed to Publisher come in a later version",
        "Let the other system write files into a folder and use `folder:`.",
    ),
}
