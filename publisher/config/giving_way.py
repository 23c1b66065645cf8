"""One file that gives way to another: whole or not at all, to one writer at a time, and whose it was."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.config.settings import FILE
from publisher.errors import ConfigError

BESIDE = "publisher.db.env-"
PATIENCE = 10.0  # seconds; another writer takes a few hundredths of one
PAUSE = 0.02
MOUNTS = Path("/proc/self/mountinfo")  # proc(5): the fifth word is the place, its blanks and backslashes in octal
OWN = stat.S_IRUSR | stat.S_IWUSR
READ_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
OF_GROUP = stat.S_IRGRP | stat.S_IWGRP


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep out whoever else would write; it is the folder's lock, since the file gives way to another.

    :raises ConfigError: somebody else has it for too long.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                remedy = "Wait until it has ended, and try again; lsof names it"
                raise ConfigError("another program holds its folder (flock)", where=FILE, remedy=remedy) from None
            time.sleep(PAUSE)
        else:
            return


def replace(path: Path, text: str) -> None:
    """Write beside it and move: a crash leaves the old file or the new one."""
    with made_beside(path) as (beside, descriptor):
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="", closefd=False) as file:
            file.write(text)
        os.fsync(descriptor)
        beside.replace(path)


@contextmanager
def made_beside(path: Path) -> Iterator[tuple[Path, int]]:
    """Make an empty file that may take another's place, with its owner and mode; it goes where it hasn't.

    What a crash leaves beside it holds every secret: its name is one that projects keep out of git (`publisher.db*`),
    and the next time it goes.
    """
    _must_not_be_mounted(path)
    for left in path.parent.glob(f"{BESIDE}*"):
        left.unlink(missing_ok=True)
    beside = path.with_name(f"{BESIDE}{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN)
        try:
            _hand_over(descriptor, path)  # before anything stands in it
            yield beside, descriptor
        finally:
            os.close(descriptor)
    finally:
        beside.unlink(missing_ok=True)


def _must_not_be_mounted(path: Path) -> None:
    """Make sure that a file is none that a container was given by itself: nothing can be moved there.

    Where the system doesn't tell what is mounted, as outside Linux, the move will.
    """
    try:
        mounted = {line.split()[4] for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()}
    except FileNotFoundError:
        return
    if re.sub(r"[ \t\n\\]", lambda found: f"\\{ord(found[0]):03o}", str(path)) in mounted:
        what = "the file is mounted by itself, so no other can take its place"
        remedy = "Mount the folder that it is in instead, or do this where the file lies"
        raise ConfigError(what, where=FILE, remedy=remedy)


def _hand_over(descriptor: int, path: Path) -> None:
    """Give a file to whom the one before it belongs; a new one that root makes, to the folder's owner.

    :raises ConfigError: this user can't; whoever needs the file could read it no more.
    """
    is_new = not path.exists()
    if is_new and os.geteuid() != 0:
        return
    of = (path.parent if is_new else path).stat()
    stays_open = 0 if is_new else open_to_group(of.st_mode)
    _give(descriptor, of)
    _give_group(descriptor, of, stays_open)
    os.fchmod(descriptor, OWN | stays_open)


def _give(descriptor: int, of: os.stat_result) -> None:
    try:
        if of.st_uid != os.fstat(descriptor).st_uid:
            os.fchown(descriptor, of.st_uid, -1)
    except PermissionError:
        what = "the file belongs to another user, who could read it no more"
        raise ConfigError(what, where=FILE, remedy="Run this as the user to whom it belongs") from None


def _give_group(descriptor: int, of: os.stat_result, stays_open: int) -> None:
    """Give a file's group; where that has no part in it, its owner from outside the group does without."""
    try:
        if of.st_gid != os.fstat(descriptor).st_gid:
            os.fchown(descriptor, -1, of.st_gid)
    except PermissionError:
        if stays_open:
            what = "its group may read the file, and could no more: you are not of that group"
            remedy = f"Run this as one who is, or close the file to it: chmod g-rwx {FILE}"
            raise ConfigError(what, where=FILE, remedy=remedy) from None


def open_to_group(mode: int) -> int:
    """Return what a file's group may do with it still; where all may, nobody chose it: so is any new file."""
    return 0 if mode & stat.S_IRWXO else mode & OF_GROUP
