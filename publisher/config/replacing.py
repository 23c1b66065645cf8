"""schedules.yaml on the disk: its bytes as they are, and others in their place, whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from publisher.config import giving_way
from publisher.config.reading import FILE, MAX_BYTES
from publisher.errors import ConfigError, StaleError

MARK = "\ufeff"
CHANGED = "the file was changed meanwhile"
LOOK = "Nothing was saved: look at the difference"


@dataclass(frozen=True, slots=True)
class Written:
    """The file as it is on the disk.

    :ivar text: without its byte order mark; empty where there is no file, or none that is text.
    :ivar digest: of its text, which begins with the word by which `publisher status` names a version; empty: no file.
    :ivar trouble: why its text can't be read; empty: it can.
    """

    text: str
    digest: str
    has_mark: bool = False
    trouble: str = ""


def written(folder: Path) -> Written:
    """Return the project's file, whatever is wrong with it."""
    try:
        raw = (folder / FILE).read_bytes()
    except OSError as error:
        return Written("", "", trouble=f"the file can't be read: {error.strerror}")
    digest = sha256(raw.removeprefix(MARK.encode())).hexdigest()
    if len(raw) > MAX_BYTES:
        return Written("", digest, trouble=f"the file has {len(raw):,} bytes, more than the {MAX_BYTES:,} allowed")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Written("", digest, trouble=f"line {line} is not UTF-8")
    return Written(text.removeprefix(MARK), digest, text.startswith(MARK))


def why_not(folder: Path) -> str:
    """Say why the file can't be written by us; empty where it can."""
    try:
        target = _target(folder)
        found = target.stat() if target.exists() else None
    except OSError as error:
        return f"{FILE} can't be reached: {error.strerror}"
    except ConfigError as error:
        return error.what
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return f"the folder of {FILE} is read-only here"
    if found is not None and not (stat.S_IMODE(found.st_mode) & 0o222 and os.access(target, os.W_OK)):
        return f"{FILE} is read-only here"
    if found is not None and os.geteuid() not in (0, found.st_uid):
        return f"{FILE} belongs to another user"
    return ""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep out whoever else of us would write the file.

    :raises ConfigError: somebody else has it for too long.
    """
    with giving_way.alone(_target(folder).parent):
        yield


def put(folder: Path, text: str, *, has_mark: bool, instead_of: str = "") -> str:
    """Write the file anew: beside it first, with its mode and owner, then in its place. A link stays one.

    Return the digest of what stands there now.

    :param instead_of: the digest of the file that gives way; another is left as it is. Empty: of any.
    :raises StaleError: it is another by now.
    :raises ConfigError: it leads out of the project, or can't be written.
    """
    target, raw = _target(folder), text.encode()
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
    try:
        with giving_way.made_beside(target) as (beside, descriptor):
            os.fchmod(descriptor, mode)
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write((MARK.encode() if has_mark else b"") + raw)
            os.fsync(descriptor)
            if instead_of and written(folder).digest != instead_of:
                raise StaleError(CHANGED, where=FILE, remedy=LOOK)
            beside.replace(target)
        _keep(target.parent)
        return sha256(raw).hexdigest()
    except ConfigError as error:
        raise ConfigError(error.what, where=FILE, remedy=error.remedy) from None
    except OSError as error:
        raise ConfigError(f"the file can't be written: {error.strerror}", where=FILE) from None


def _target(folder: Path) -> Path:
    """Return where the file lies.

    :raises ConfigError: a link leads out of the project.
    """
    try:
        target = (folder / FILE).resolve()
    except (OSError, RuntimeError):
        raise ConfigError(f"{FILE} is a link that leads in a circle", where=FILE) from None
    if not target.is_relative_to(folder.resolve()):
        raise ConfigError(f"{FILE} is a link that leads out of the project", where=FILE)
    return target


def _keep(folder: Path) -> None:
    """See to it that the name survives a loss of power, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
