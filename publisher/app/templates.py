"""The project's own templates: read from its directory, and laid out from the version that holds.

A ledger that machines share keeps them with the version of schedules.yaml, so that all of them render the same words.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import structlog

from publisher.errors import ConfigError, StoreError
from publisher.store import Connection, schedules, staff
from publisher.store import templates as kept
from publisher.store.sql import take_turn

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

FOLDER = "templates"  # the project's own, before the default theme
ENDINGS = (".html", ".htm", ".txt", ".css")  # other files are no templates, and stay where they are
LARGEST = 500_000  # bytes of one; no more can be rendered
LARGEST_ALL = 4_000_000  # bytes
MOST = 1_000  # files and folders, of whatever kind

NAMED = 5  # of changed ones, in the record of who did what

Texts = Mapping[str, str]  # name of a template: what stands in it


@dataclass(frozen=True, slots=True)
class Proposal:
    """Templates that are to hold from now on, as they were read at a moment."""

    texts: Texts
    read_at: datetime

    @property
    def names(self) -> dict[str, str]:
        """Their names with the digests of what stands in them."""
        return {name: sha256(text.encode()).hexdigest() for name, text in self.texts.items()}


@dataclass(frozen=True, slots=True)
class Laid:
    """A folder to render from.

    :ivar names: of templates that hold, with their digests; None: it is the project's own folder, as that is just now.
    """

    folder: Path
    names: kept.Names | None = None


def to_propose(app: App) -> Proposal | None:
    """Return the templates beside us, unless they are those that hold, or older: then others were accepted since.

    A folder without any is no wish to do without: a machine that was just set up has none yet.

    :raises ConfigError: as for `read_in`.
    """
    read_at = app.clock()
    proposal = Proposal(read_in(app.folder), read_at)
    with app.store.read() as conn:
        version_id = schedules.accepted_version(conn)
        holding = kept.going_with(conn, version_id) if version_id is not None else None
    if holding is None:
        return proposal
    is_older = not proposal.texts or changed_at(app.folder) < holding.since
    return None if is_older or proposal.names == holding.names else proposal


def unfit(app: App) -> list[str]:
    """Return what keeps the templates beside us from going to other machines, where there may be some."""
    try:
        if app.is_shared:
            read_in(app.folder)
    except ConfigError as error:
        return list(error.problems)
    return []


def take(app: App, held: int, proposed: Proposal, actor: str) -> bool:
    """Let templates go with the version that holds; False where another one holds by now."""
    with app.store.write() as conn:
        take_turn(conn, "accepted version")
        is_held = schedules.accepted_version(conn) == held
        if is_held:
            settle(conn, held, held, proposed, actor)
    return is_held


def settle(conn: Connection, version_id: int, before: int | None, proposed: Proposal | None, actor: str) -> None:
    """Let templates go with a version from now on, in the transaction of who accepts it.

    :param before: the version that held until now.
    :param proposed: None: those that went with that one.
    """
    going = kept.going_with(conn, before) if before is not None else None
    if proposed is None:
        if going is not None:
            kept.let_go(conn, version_id, going)
        return
    names, former = proposed.names, going.names if going else {}
    kept.keep(conn, {names[name]: text for name, text in proposed.texts.items()})
    kept.let_go(conn, version_id, kept.Going(names, proposed.read_at))
    kept.forget_unused(conn)
    if changed := sorted(name for name in {*names, *former} if names.get(name) != former.get(name)):
        more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
        what = f"let changed templates hold: {', '.join(changed[:NAMED])}{more}"
        staff.write_down(conn, actor, what, about=FOLDER, now=proposed.read_at)
        log.info("templates_accepted", changed=changed[:NAMED], count=len(names))


def read_in(folder: Path) -> dict[str, str]:
    """Return what stands in the templates of a project directory, by name: ``email/digest.html``.

    :raises ConfigError: one is no text or too large, leads elsewhere, or there are too many.
    """
    root = folder / FOLDER
    found: dict[str, str] = {}
    size = 0
    for path in _paths_in(root):
        if path.suffix.lower() in ENDINGS:
            text = _text_of(path, root)
            size += len(text.encode())
            if size > LARGEST_ALL:
                raise _refused(root, root, f"the templates are larger than {LARGEST_ALL:,} bytes together")
            found[_name(path, root)] = text
    return found


def changed_at(folder: Path) -> datetime:
    """Return when something in the templates was saved, laid there or taken away last; long ago: there are none.

    :raises ConfigError: as for `read_in`.
    """
    return datetime.fromtimestamp(max((since for _, since, _, _ in _stamps(folder)), default=0) / 1e9, UTC)


def stamp_of(folder: Path) -> tuple[object, ...]:
    """Return what changes when something in the templates is saved, laid there or taken away."""
    try:
        return tuple(_stamps(folder))
    except ConfigError as error:
        return (str(error),)


def digest_of(folder: Path) -> str:
    """Return what tells the templates from others; what can't be taken in by what is wrong with it."""
    try:
        said = "".join(f"{name}\0{text}\0" for name, text in read_in(folder).items())
    except ConfigError as error:
        said = str(error)
    return sha256(said.encode()).hexdigest()


def _stamps(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    root = folder / FOLDER
    paths = list(_paths_in(root))
    for path in sorted({root, *paths, *(path.parent for path in paths)}):
        try:
            found = path.lstat()
        except OSError:
            continue
        yield str(path), found.st_mtime_ns, found.st_size, found.st_ino


def _paths_in(root: Path) -> Iterator[Path]:
    """Yield the files that aren't hidden, in a fixed order.

    :raises ConfigError: a folder is a link or can't be read, or there are too many.
    """

    def refuse(error: OSError) -> None:
        raise _refused(Path(error.filename or root), root, f"it can't be read: {error.strerror}") from error

    seen = 0
    for place, folders, names in os.walk(root, onerror=refuse) if root.is_dir() else ():
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen += len(folders) + len(names)
        if seen > MOST:
            raise _refused(root, root, f"there are more than {MOST:,} files and folders in it")
        for name in folders:
            if (Path(place) / name).is_symlink():
                raise _refused(Path(place) / name, root, "it is a link to a folder, which other machines don't have")
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def _text_of(path: Path, root: Path) -> str:
    """Return what stands in a template.

    :raises ConfigError: it can't be taken to other machines.
    """
    try:
        if not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
            raise _refused(path, root, "it is no file of this folder: a link that leads elsewhere")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, RuntimeError) as error:  # a circle of links
        why = getattr(error, "strerror", "") or "a circle of links"
        raise _refused(path, root, f"it can't be read: {why}") from error
    if len(content) > LARGEST:
        raise _refused(path, root, f"it is larger than {LARGEST:,} bytes")
    try:
        text = content.decode("utf-8")
        _name(path, root).encode("utf-8")
    except UnicodeError as error:
        raise _refused(path, root, "it isn't UTF-8 text") from error
    if "\0" in text:
        raise _refused(path, root, "it isn't text: there are zeros in it")
    return text


def _refused(path: Path, root: Path, what: str) -> ConfigError:
    where = FOLDER if path == root else f"{FOLDER}/{_name(path, root)}"
    return ConfigError(what, where=where.encode(errors="replace").decode(), remedy="Mend it, or take it out of there")


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


class Bench:
    """Where the templates of versions that hold are laid out as files, for as long as this process lives."""

    def __init__(self) -> None:
        self._place: TemporaryDirectory[str] | None = None
        self._count = 0

    def lay_out(self, texts: Texts) -> Path:
        """Return a folder with these templates and nothing else. Earlier ones stay: somebody may be rendering.

        :raises StoreError: there is no room for them.
        """
        try:
            if self._place is None:
                self._place = TemporaryDirectory(prefix="publisher-templates-")
            self._count += 1
            folder = Path(self._place.name) / str(self._count) / FOLDER
            folder.mkdir(parents=True)
            for name, text in texts.items():
                _write(folder, name, text)
        except OSError as error:
            what = f"the templates that hold can't be laid out: {error.strerror}"
            raise StoreError(what, where=str(error.filename or ""), remedy="Make room there") from error
        return folder


def _write(folder: Path, name: str, text: str) -> None:
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise StoreError("a template in the ledger has a name that leads elsewhere", where=name)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
