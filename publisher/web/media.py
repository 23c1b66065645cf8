"""Pictures of a local feed: shown only if an article has exactly this picture and it lies below the feed's folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.app.beside import TYPES, picture_at
from publisher.store import articles
from publisher.web.places import digest

if TYPE_CHECKING:
    from publisher.app import App

__all__ = ["TYPES", "find", "find_among"]


def find(app: App, name: str) -> Path | None:
    """Return the file of a picture by the digest of its address; None for anything that may not be shown."""
    with app.store.read() as conn:
        known = articles.local_pictures(conn)
    return find_among(app, known, name)


def find_among(app: App, known: Iterable[tuple[str, str]], name: str) -> Path | None:
    """Return the file of one of these pictures, each with the name of its article's source, or None as above."""
    for url, source in known:
        if digest(url) == name and source in app.project.sources:
            return picture_at(app, url, source)
    return None
