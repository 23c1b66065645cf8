"""Who may open the ledger's file: its owner. Root would leave files that the owner can't write."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from pathlib import Path

from publisher.errors import StoreError


def refuse_stranger(path: Path) -> None:
    """Refuse before anything is made beside the database that its owner could not use.

    :raises StoreError: the file belongs to somebody else, or can't be written; with the line to type.
    """
    try:
        owner = path.stat().st_uid
    except (FileNotFoundError, NotADirectoryError):
        return _refuse_read_only(path)
    except PermissionError as error:
        raise StoreError(
            "this user may not look into the database's folder",
            where=path.name,
            remedy=f"Run Publisher as the user to whom {path.parent} belongs",
        ) from error
    me = os.geteuid()
    if owner != me and (me == 0 or not os.access(path, os.W_OK)):
        _refuse_read_only(path)
        raise StoreError(
            f"the database belongs to the user {_name(owner)}, and this is {_name(me)}",
            where=path.name,
            remedy=f"Type: sudo -u {shlex.quote(_name(owner))} {_command()}",
        )
    return _refuse_read_only(path)


def _refuse_read_only(path: Path) -> None:
    try:
        is_read_only = bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return  # opening it will say what is wrong
    if is_read_only:
        raise StoreError(
            "the file system is read-only",
            where=path.name,
            remedy=f"Move the project to a disk that can be written, or mount {path.parent.resolve()} for writing",
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"  # as sudo writes a user without a name


def _command() -> str:
    """Return the command that was typed, from the name of the program on."""
    words = sys.argv[1:] if Path(sys.argv[0]).stem in ("publisher", "__main__") else ["…"]
    return shlex.join(["publisher", *words]) if words != ["…"] else "publisher …"
