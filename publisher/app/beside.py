"""Pictures that are files of this machine: used only if they lie below the folder of their article's source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from publisher.errors import ConfigError
from publisher.model.project import Source

if TYPE_CHECKING:
    from publisher.app.core import App

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


def picture_at(app: App, url: str, source: str) -> Path | None:
    """Return the file of a source's picture, given its ``file:`` address; None where it may not be used.

    Links are followed before it is looked at: one that leads out of the folder leads nowhere.
    """
    found = app.project.sources.get(source)
    folder = _folder(app, found) if found else None
    try:
        path = Path(unquote(urlsplit(url).path)).resolve()
        is_ours = folder is not None and path.is_relative_to(folder) and path.suffix.lower() in TYPES
        return path if is_ours and path.is_file() else None
    except (OSError, ValueError):
        return None


def _folder(app: App, source: Source) -> Path | None:
    """Return the folder that a source's pictures may lie in; None for a source that is not on this machine."""
    try:
        location = app.settings.resolve(source.location, source.where)
    except ConfigError:
        return None
    if not location or "://" in location:
        return None
    place = (app.folder / Path(location).expanduser()).resolve()
    return place if place.is_dir() else place.parent
