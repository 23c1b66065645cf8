"""The version of the project that holds, taken from the ledger: on many machines files are only where it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from publisher.app import versions
from publisher.config.reading import FILE
from publisher.config.settings import Settings
from publisher.errors import ConfigError
from publisher.store import project_versions, schedules

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
        app = self._app
        with app.store.read() as conn:
            version_id = schedules.accepted_version(conn)
        if version_id is None or version_id == app.version_id:
            return False
        project = versions.project_of(app, version_id)
        if project is None:  # of a newer Publisher than this one, and what it says can't be read here
            log.error("version_not_understood", version=version_id)
            return False
        app.follow(version_id, project, _settings(app))
        log.info("version_followed", version=version_id)
        self._changed()
        return True


def propose(app: App) -> None:
    """Let the file beside us hold, unless another version was accepted after it was saved: then that one goes on.

    Two schedulers whose files differ would else take turns at every start.
    """
    with app.store.read() as conn:
        version_id = schedules.accepted_version(conn)
        row = project_versions.get(conn, version_id) if version_id is not None else None
    if row is None or row["digest"] == app.project.version or versions.saved_at(app, app.clock()) >= row["accepted_at"]:
        versions.accepted(app)
        return
    holds = f"version {row['digest']}, accepted {row['accepted_at']:%Y-%m-%d %H:%M} UTC by {row['actor']}"
    log.warning("file_is_older", what=f"{FILE} here is older than what holds, which goes on: {holds}")
    Follower(app).look()


def _settings(app: App) -> Settings:
    """Return this machine's own secrets, anew where they can be read."""
    try:
        return Settings.load(app.folder)
    except ConfigError as error:
        log.error("settings_refused", error=str(error))
        return app.settings
