"""Articles' pictures for posts, fetched as their sources are, and no longer than an edition waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.app.reading import agent, reach, row_of

if TYPE_CHECKING:
    from publisher.app.core import App

PATIENCE = 10.0  # seconds for one picture: an edition waits for it
LARGEST = 20_000_000  # bytes


def fetch(app: App, source: str, url: str) -> bytes:
    """Return a picture of an article that came from a source; where that is gone, from the open Internet alone.

    :raises PublisherError: nothing came.
    """
    from publisher.sources.fetch import Fetcher  # here: commands that send nothing fetch nothing

    found = app.project.sources.get(source)
    fetcher = reach(app, found, row_of(app, found))[2] if found else Fetcher(user_agent=agent(app))
    return replace(fetcher, timeout=PATIENCE, total=PATIENCE, cap=LARGEST).get(url).body
