"""The project's files while we run: a change is taken over without a restart, a bad file is refused aloud."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from publisher.app import templates
from publisher.config import reading, replacing, settings
from publisher.config.schedules import load_project
from publisher.errors import ConfigError

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

FILES = (reading.FILE, settings.FILE)
REFUSED = "schedules-refused"


class FileWatch:
    """Looks at the project's files when it is woken; what holds is only ever a version that was accepted whole.

    On a ledger that machines share it looks at the templates too, which then go with the version.

    :param changed: called after a new version holds.
    :param decided: the version of the file that was decided about already, though another one may hold: until it is
        saved anew nobody proposes it again.
    """

    def __init__(self, app: App, changed: Callable[[], object], decided: str = "") -> None:
        self._app = app
        self._changed = changed
        self._decided = decided
        self._stamp: tuple[object, ...] = ()
        self._digest = ""

    def look(self) -> bool:
        """Take over what was changed in the files; say whether something was."""
        app = self._app
        of_templates = templates.stamp_of(app.folder) if app.is_shared else ()
        stamp = (*(_stamp(app.folder / name) for name in FILES), *of_templates)
        if stamp == self._stamp:
            return False
        digest = _digest_of([app.folder / name for name in FILES])
        digest += templates.digest_of(app.folder) if app.is_shared else ""
        is_first, is_same = not self._digest, digest == self._digest
        self._stamp, self._digest = stamp, digest
        if is_same or (is_first and self._is_what_holds()):
            return False
        try:
            with self._while_nobody_saves():
                return self._take_over()
        except Exception:
            self._stamp, self._digest = (), "not taken over"  # a busy database, say: the next look tries again
            raise

    def _while_nobody_saves(self) -> AbstractContextManager[object]:
        """Keep a save from coming between reading and taking: what it replaced would hold again until the next look."""
        folder = self._app.folder
        return nullcontext() if replacing.why_not(folder) else replacing.alone(folder)

    def _is_what_holds(self) -> bool:
        app = self._app
        try:
            is_known = load_project(app.folder).version in (app.project.version, self._decided)
            return is_known and not (app.is_shared and templates.to_propose(app))
        except ConfigError:
            return False

    def _take_over(self) -> bool:
        app = self._app
        try:
            said = load_project(app.folder)
            project = app.project if said.version == self._decided else said
            fresh = settings.Settings.load(app.folder)
            _ = fresh.timing, fresh.min_free  # checked with the file, not at the first call
            app.take(project, fresh, proposed=templates.to_propose(app) if app.is_shared else None)
            self._decided = said.version
        except ConfigError as error:
            self._refuse(error)
            return False
        for note in project.notes:
            log.warning("schedules_note", note=str(note))
        app.all_clear(REFUSED)
        self._changed()
        return True

    def _refuse(self, error: ConfigError) -> None:
        """Say every problem, once for each content of the file; the version that held goes on."""
        for problem in error.problems:
            log.error("schedules_refused", problem=problem)
        self._app.all_clear(REFUSED)  # another mistake than the last one is told anew
        self._app.alert(
            REFUSED,
            what=f"the changed file is refused, the former one goes on: {error}",
            affected="what was changed in schedules.yaml, .env or templates",
            command="publisher check",
            urgent=False,
        )


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest_of(paths: list[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            content = str(error.errno).encode()
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()
