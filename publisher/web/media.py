"""Pictures of a local feed: shown only if an article has exactly this picture and it lies below the feed's folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from publisher.errors import ConfigError
from publisher.model.project import Source
from publisher.store import articles
from publisher.web.places import digest

if TYPE_CHECKING:
    from publisher.app import App

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


def find(app: App, name: str) -> Path | None:
    """Return the file of a picture by the digest of its address; None for anything that may not be shown."""
    with app.store.read() as conn:
        known = articles.local_pictures(conn)
    return find_among(app, known, name)


def find_among(app: App, known: Iterable[tuple[str, str]], name: str) -> Path | None:
    """Return the file of one of these pictures, each with the name of its article's source, or None as above."""
    for url, source in known:
        if digest(url) == name and source in app.project.sources:
            return _allowed(url, _folder(app, app.project.sources[source]))
    return None


def _folder(app: App, source: Source) -> Path | None:
    """Return the folder that a source's pictures may lie in; None for a source that is not on this machine."""
    try:
        location = app.settings.resolve(source.location, source.where)
    except ConfigError:
        return None
    if "://" in location:
        return None
    place = (app.folder / Path(location).expanduser()).resolve()
    return place if place.is_dir() else place.parent


def _allowed(url: str, folder: Path | None) -> Path | None:
    try:
        path = Path(unquote(urlsplit(url).path)).resolve()
        is_ours = folder is not None and path.is_relative_to(folder) and path.suffix.lower() in TYPES
        return path if is_ours and path.is_file() else None
    except (OSError, ValueError):
        return None
