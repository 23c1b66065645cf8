"""The version of the project that holds, taken from the ledger: on many machines files are only where it came from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from publisher.app.templates import FOLDER, Laid
from publisher.config.reading import FILE
from publisher.config.schedules import parse_project
from publisher.config.settings import Settings
from publisher.errors import ConfigError
from publisher.model.project import Project
from publisher.store import Store, project_versions, schedules
from publisher.store import templates as kept

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()


class Follower:
    """Lets a process go by the version that another one accepted.

    :param changed: called after another version holds here.
    """

    def __init__(self, app: App, changed: Callable[[], object] = lambda: None) -> None:
        self._app = app
        self._changed = changed

    def look(self) -> bool:
        """Go by the version that holds; say whether that is another one than before."""
        if not follow(self._app):
            return False
        log.info("version_followed", version=self._app.version_id)
        self._changed()
        return True


def follow(app: App) -> bool:
    """Go by the version that holds, schedules.yaml and templates; say whether that is another one than before."""
    with app.store.read() as conn:
        version_id = schedules.accepted_version(conn)
        going = kept.going_with(conn, version_id) if version_id is not None else None
        names = going.names if going else None
        if version_id is None or (version_id, names) == (app.version_id, app.templates.names):
            return False
        texts = kept.texts_of(conn, names or {})
    project = project_of(app, version_id)
    if project is None:  # of a newer Publisher than this one, and what it says can't be read here
        log.error("version_not_understood", version=version_id)
        return False
    where = Laid(app.bench.lay_out(texts), names) if names is not None else Laid(app.folder / FOLDER)
    app.follow(version_id, project, _settings(app), where)
    return True


def newer_than(store: Store, folder: Path, project: Project, now: datetime) -> Project | None:
    """Return the version that goes on, as it was accepted after a directory's file was saved; None: the file's does.

    :raises ConfigError: what holds can't be read here.
    """
    with store.read() as conn:
        version_id = schedules.accepted_version(conn)
        row = project_versions.get(conn, version_id) if version_id is not None else None
        if row is None or row["digest"] == project.version:
            return None
        holding = project_versions.held_since(conn, row)
    if saved_at(folder, now) >= holding.since:
        return None
    holds = f"version {row['digest']}, accepted {holding.since:%Y-%m-%d %H:%M} UTC by {holding.actor}"
    log.warning("file_is_older", what=f"{FILE} here is older than what holds, which goes on: {holds}")
    unread = f"{holds} holds, and this Publisher can't read it: it is of a newer one"
    return held(store, ConfigError(unread, where=FILE, remedy="Upgrade Publisher on this machine"))


def saved_at(folder: Path, now: datetime) -> datetime:
    """Return since when a directory's file says what it says: new times of slots hold from then on."""
    try:
        saved = datetime.fromtimestamp((folder / FILE).stat().st_mtime, UTC)
    except OSError:
        return now
    return min(saved, now)


def held(store: Store, refused: ConfigError | None) -> Project:
    """Return the version that was accepted last.

    :raises ConfigError: there is none: the file that is refused is all there is.
    """
    with store.read() as conn:
        version_id = schedules.accepted_version(conn)
        project = parsed(project_versions.get(conn, version_id)["text"]) if version_id is not None else None
    if project is None:
        raise refused or ConfigError("no version was accepted yet")
    return project


def project_of(app: App, version_id: int) -> Project | None:
    """Return the file as it was in a version; None where this version of Publisher can't read it any more."""
    with app.store.read() as conn:
        row = project_versions.get(conn, version_id)
    return app.project if row["digest"] == app.project.version else parsed(row["text"])


@lru_cache(maxsize=16)
def parsed(text: str) -> Project | None:
    try:
        return parse_project(text)
    except ConfigError:
        return None


def _settings(app: App) -> Settings:
    """Return this machine's own secrets, anew where they can be read."""
    try:
        return Settings.load(app.folder)
    except ConfigError as error:
        log.error("settings_refused", error=str(error))
        return app.settings
