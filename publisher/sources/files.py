"""Read local files: capped, and with errors in words."""

from __future__ import annotations

from pathlib import Path

from publisher.errors import SourceError


def read_capped(path: Path, cap: int) -> bytes:
    """Return the bytes of a file.

    :raises SourceError: missing, unreadable, a directory, or larger than ``cap`` bytes.
    """
    try:
        if path.is_file() and path.stat().st_size > cap:
            raise SourceError(f"{path} is larger than {cap:,} bytes ({cap / 1_000_000:g} MB), the most that is read")
        with path.open("rb") as file:
            data = file.read(cap + 1)
    except FileNotFoundError:
        raise SourceError(f"there is no file {path}", remedy="Correct the path.") from None
    except IsADirectoryError:
        raise SourceError(f"{path} is a folder, not a file", remedy="Use `folder:` for a folder of articles.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise SourceError(f"{path} can't be read: {reason.lower()}", remedy="Check its permissions.") from None
    if len(data) > cap:
        raise SourceError(f"{path} is larger than {cap:,} bytes ({cap / 1_000_000:g} MB), the most that is read")
    return data
