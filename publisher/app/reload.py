"""schedules.yaml and .env while we run: a change is taken over without a restart, a bad file is refused aloud."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

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

    :param changed: called after a new version holds.
    """

    def __init__(self, app: App, changed: Callable[[], object]) -> None:
        self._app = app
        self._changed = changed
        self._stamp: tuple[object, ...] = ()
        self._digest = ""

    def look(self) -> bool:
        """Take over what was changed in the files; say whether something was."""
        stamp = tuple(_stamp(self._app.folder / name) for name in FILES)
        if stamp == self._stamp:
            return False
        digest = _digest_of([self._app.folder / name for name in FILES])
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
        try:
            return load_project(self._app.folder).version == self._app.project.version
        except ConfigError:
            return False

    def _take_over(self) -> bool:
        app = self._app
        try:
            project = load_project(app.folder)
            fresh = settings.Settings.load(app.folder)
            _ = fresh.timing  # checked with the file, not at the first call
            app.take(project, fresh)
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
            affected="what was changed in schedules.yaml or .env",
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
