"""Backup and restore: the ledger of one moment, schedules.yaml, templates and keys, in one file that shows any harm."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import publisher
from publisher.app.ledger import DATABASE, RESTORED, is_behind, journal_of, keep_mark, leave_out_lost, open_ledger
from publisher.clock import Clock
from publisher.config.keys import KeyRing
from publisher.config.reading import FILE
from publisher.config.settings import Settings
from publisher.errors import StoreError, UsageError
from publisher.pipeline.operate import holding
from publisher.store import Store, copying, marks, migrate

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.app.upgrading import Premises

MANIFEST = "manifest.json"
KEYS = "keys.json"
TEMPLATES = "templates"
LEDGER = {"sqlite": "ledger.db", "postgresql": "ledger.dump"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; it stands last in it, so that one that was cut short has none."""

    version: str  # of Publisher
    schema: str
    engine: str
    epoch: str
    mark: int
    made_at: datetime
    files: dict[str, str]  # name: SHA-256


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore."""

    manifest: Manifest
    lacks: str  # where a journal that is newer should be: who left since the backup isn't known; empty: there was one
    beside: tuple[str, ...]  # files that were there and differ, which the backup's stand beside as ``.restored``


def back_up(app: App | Premises, target: Path) -> Manifest:
    """Write a backup, whole or not at all, while everything goes on; nobody but its owner may read it.

    Secrets of `.env` are left out: a backup lies about for years.

    :raises UsageError: there is something at the target already.
    :raises StoreError: the ledger could not be copied, or the file not be written; or the backup is made, and its
        journal can't be written.
    """
    if target.exists():
        raise UsageError(f"{target} is there already", remedy="Name another file; a backup overwrites nothing")
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with TemporaryDirectory(prefix="publisher-", dir=target.parent) as work:
            manifest = _write(app, Path(work), partial)
        partial.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"the backup can't be written: {error.strerror}", where=str(target)) from error
    finally:
        partial.unlink(missing_ok=True)
    with app.store.write() as conn:
        marks.set_backed_up(conn, app.clock())
    try:
        keep_mark(app.store, app.clock)  # what is in the backup is older than this, and shows it when it is restored
    except StoreError as error:
        what = f"the backup is made ({target}), but {error.what}"
        raise StoreError(what, where=error.where, remedy=error.remedy) from error
    return manifest


def _write(app: App | Premises, work: Path, partial: Path) -> Manifest:
    url = app.settings.database_url
    engine = "postgresql" if url else "sqlite"
    with app.store.read() as conn:
        epoch, mark = marks.epoch(conn), marks.number(conn)
    schema, copied, made_at = app.store.schema(), work / LEDGER[engine], app.clock()
    if url:
        copying.copy_database(url, copied)
    else:
        copying.copy_file(app.folder / DATABASE, copied)
    members = {copied.name: copied, **dict(_files(app.folder))}
    digests = {name: _digest(path) for name, path in members.items()}
    manifest = Manifest(publisher.__version__, schema, engine, epoch, mark, made_at, digests)
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
            for name, path in members.items():
                archive.add(path, name, recursive=False)
            _add_text(archive, MANIFEST, _said(manifest))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield what belongs to a project beside its ledger, by the name it has in a backup."""
    for name in (FILE, KEYS):
        if (folder / name).is_file():
            yield name, folder / name
    for path in sorted((folder / TEMPLATES).rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix(), path


def look_into(backup: Path, work: Path) -> Manifest:
    """Unpack a backup, and return what it says of itself once every file is as it was.

    :raises UsageError: it is no backup, is damaged, or was cut short.
    """
    try:
        _read_whole(backup)
        with tarfile.open(backup, "r:gz") as archive:
            archive.extractall(work, filter="data")
        said = json.loads((work / MANIFEST).read_text("utf-8"))
        manifest = Manifest(**said | {"made_at": datetime.fromisoformat(said["made_at"])})
    except (OSError, EOFError, tarfile.TarError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{backup} is no whole backup", remedy="It was cut short, or is another file") from error
    for name, digest in manifest.files.items():
        path = work / name
        if not path.is_file() or _digest(path) != digest:
            raise UsageError(f"{backup} is damaged: {name} is not as it was", remedy="Take another backup")
    return manifest


def _read_whole(backup: Path) -> None:
    """Read to the very end, where the sum over all of it stands: unpacking alone would stop before."""
    with gzip.open(backup) as file:
        while file.read(1 << 20):
            pass


def restore(backup: Path, folder: Path, clock: Clock) -> Restored:
    """Put a backup into a directory without a ledger; everything is held until a person lets it go.

    Whoever left, complained or was erased since is left alone again, where the journal is at hand.

    :raises UsageError: the backup is no good, there is a ledger already or another project's keys, or it is for the
        other kind of database.
    :raises ConfigError: machines may share the ledger, and nobody said where its journal is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".restore-", dir=folder) as temporary:
        work = Path(temporary)
        manifest = look_into(backup, work)
        settings = Settings.load(folder)
        _refuse_other(manifest, settings, folder)
        _refuse_other_keys(work / KEYS, folder / KEYS)
        journal = journal_of(folder, settings)  # where it has to be said and isn't, nothing is written either
        journal.last_mark()  # nor where it can't be read
        beside = tuple(_put_files(work, folder, manifest))
        copied = work / LEDGER[manifest.engine]
        if manifest.engine == "postgresql":
            copying.load_database(copied, settings.database_url)
        else:
            copying.load_file(copied, folder / DATABASE)
    with closing(open_ledger(folder, settings, clock, to_upgrade=True)) as store:
        store.upgrade()  # the backup is there still: another one is not needed
        lacks = "" if is_behind(store) else journal.where
        leave_out_lost(store)
    _hold(open_ledger(folder, settings, clock), manifest, lacks, clock)
    return Restored(manifest, lacks, beside)


def _refuse_other(manifest: Manifest, settings: Settings, folder: Path) -> None:
    url = settings.database_url
    if manifest.engine == "postgresql" and not url:
        remedy = "Name an empty database: DATABASE_URL in .env"
        raise UsageError("this backup is of a ledger on PostgreSQL", remedy=remedy)
    if manifest.engine == "sqlite" and url:
        raise UsageError("this backup is of a ledger in a file", remedy="Leave DATABASE_URL out")
    if manifest.schema > migrate.HEAD:
        what = f"this backup is of Publisher {manifest.version}, which is newer than {publisher.__version__}"
        raise UsageError(what, remedy="Install that version, or a newer one")
    if url and not copying.is_empty(url):
        raise UsageError("the database isn't empty", remedy="Name an empty one; nothing is ever overwritten")
    if not url and (folder / DATABASE).exists():
        remedy = f"Move {DATABASE} and what begins with its name elsewhere first; nothing is ever overwritten"
        raise UsageError("there is a ledger already", where=str(folder), remedy=remedy)


def _refuse_other_keys(backed_up: Path, there: Path) -> None:
    """Refuse keys that know nobody in the ledger. Those that are there may be more than the backup's, not others."""
    if not (backed_up.is_file() and there.exists()):
        return
    if not KeyRing.load(there).holds(KeyRing.load(backed_up)):
        raise UsageError(
            f"{there} holds other keys than the backup",
            remedy="Move it elsewhere first: with it no address in the ledger would be known again, and no link work",
        )


def _put_files(work: Path, folder: Path, manifest: Manifest) -> Iterator[str]:
    """Put files where there are none; yield those that are there and differ: the backup's stands beside each."""
    for name in manifest.files:
        if name in LEDGER.values():
            continue
        target = folder / name
        if target.exists() and _digest(target) != manifest.files[name]:
            yield name
            target = target.with_name(f"{target.name}.restored")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(work / name, target)
        if name == KEYS:
            target.chmod(0o600)


def _hold(store: Store, manifest: Manifest, lacks: str, clock: Clock) -> None:
    """Hold all of it, whether the journal has said so already or is not at hand."""
    why = f"the ledger was restored from a backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    if lacks:
        why += f", without a newer journal ({lacks}): who left, complained or was erased since would be written to"
    holding.hold_all(store, actor=RESTORED, why=why, now=clock())
    store.close()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


def _said(manifest: Manifest) -> str:
    plain: dict[str, Any] = {name: getattr(manifest, name) for name in Manifest.__slots__}
    return json.dumps({**plain, "made_at": manifest.made_at.isoformat()}, indent=1)


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
