"""The version of the project that holds, taken from the ledger: on many machines files are only where it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from publisher.app import versions
from publisher.app.mending import lift_stops
from publisher.app.reload import REFUSED
from publisher.app.templates import FOLDER, Laid, Proposal, to_propose
from publisher.config.reading import FILE
from publisher.config.settings import Settings
from publisher.errors import ConfigError
from publisher.model.project import Project
from publisher.store import project_versions, schedules
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
    project = versions.project_of(app, version_id)
    if project is None:  # of a newer Publisher than this one, and what it says can't be read here
        log.error("version_not_understood", version=version_id)
        return False
    where = Laid(app.bench.lay_out(texts), names) if names is not None else Laid(app.folder / FOLDER)
    app.follow(version_id, project, _settings(app), where)
    return True


def propose(app: App) -> str:
    """Let the files beside us hold, unless others were accepted after they were saved: then those go on.

    Two schedulers whose files differ would else take turns at every start. Return the version of the file that was
    decided about.
    """
    app.follows = True
    decided = app.project.version
    proposed = _templates(app)
    versions.accept(app, _newer_than(app) or app.project, proposed=proposed)
    follow(app)
    lift_stops(app)
    return decided


def _newer_than(app: App) -> Project | None:
    """Return the version that goes on, since it was accepted after the file beside us was saved; None: the file's."""
    with app.store.read() as conn:
        version_id = schedules.accepted_version(conn)
        row = project_versions.get(conn, version_id) if version_id is not None else None
    if row is None or row["digest"] == app.project.version or versions.saved_at(app, app.clock()) >= row["accepted_at"]:
        return None
    holds = f"version {row['digest']}, accepted {row['accepted_at']:%Y-%m-%d %H:%M} UTC by {row['actor']}"
    log.warning("file_is_older", what=f"{FILE} here is older than what holds, which goes on: {holds}")
    return versions.held(app.store, None)


def _templates(app: App) -> Proposal | None:
    """Return the templates to propose; none of them where one can't be taken to other machines, which is an alert."""
    try:
        return to_propose(app)
    except ConfigError as error:
        log.error("templates_refused", problem=str(error))
        words = {"affected": "what was changed in templates/", "command": "publisher check"}
        app.alert(REFUSED, what=f"the templates here are refused, what held goes on: {error}", **words, urgent=False)
        return None


def _settings(app: App) -> Settings:
    """Return this machine's own secrets, anew where they can be read."""
    try:
        return Settings.load(app.folder)
    except ConfigError as error:
        log.error("settings_refused", error=str(error))
        return app.settings
