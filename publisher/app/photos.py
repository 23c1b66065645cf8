"""Articles' pictures for posts, fetched as their sources are, and no longer than an edition waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.app.beside import picture_at
from publisher.app.reading import agent, reach, row_of
from publisher.errors import SourceError

if TYPE_CHECKING:
    from publisher.app.core import App

PATIENCE = 10.0  # seconds for one picture: an edition waits for it
LARGEST = 20_000_000  # bytes


def fetch(app: App, source: str, url: str) -> bytes:
    """Return a picture of an article that came from a source; where that is gone, from the open Internet alone.

    A file of this machine is one only below the folder of its source.

    :raises PublisherError: nothing came.
    """
    from publisher.sources.address import is_file
    from publisher.sources.fetch import Fetcher  # here: commands that send nothing fetch nothing

    if is_file(url):
        return _read(app, source, url)
    found = app.project.sources.get(source)
    fetcher = reach(app, found, row_of(app, found))[2] if found else Fetcher(user_agent=agent(app))
    return replace(fetcher, timeout=PATIENCE, total=PATIENCE, cap=LARGEST).get(url).body


def _read(app: App, source: str, url: str) -> bytes:
    from publisher.sources.files import read_capped

    path = picture_at(app, url, source)
    if path is None:
        raise SourceError("its file is gone, is no picture, or lies outside the folder of its source")
    return read_capped(path, LARGEST)
