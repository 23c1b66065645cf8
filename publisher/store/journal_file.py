"""The journal in a file: on a disk of its own, or on one that all machines reach."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from publisher.errors import StoreError
from publisher.store import journal
from publisher.store.journal import OWED, SUM, Journal, Line, Mark

TAIL = 8_192  # bytes: longer than any line


class JournalFile(Journal):
    """A journal in a file, which several processes may write.

    :param path: outside what is backed up with the ledger; made at the first line.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), path.parent)
        self.path = path

    def _append(self, lines: Sequence[Line]) -> None:
        try:
            with self._alone("ab+") as file:
                before = _last_sum(file, self.where)
                content = "".join(f"{line}\n" for line in journal.written(lines, before))
                _write_whole(file.fileno(), content.encode())
        except OSError as error:
            raise StoreError(
                f"the journal can't be written: {error.strerror}",
                where=self.where,
                remedy=f"Mend its disk or its rights; {OWED}",
            ) from error

    def read(self) -> Iterator[Line]:
        """Yield every line, oldest first; one that a crash cut off at the end was never answered for."""
        before = ""
        with self._opened() as file:
            for number, raw in enumerate(file, start=1):
                if not raw.endswith(b"\n"):
                    return
                line = raw.decode("ascii", "replace").rstrip("\n")
                before = journal.checked(line, before, f"{self.where}:{number}")
                yield journal.read(line)

    def last_mark(self) -> Mark | None:
        with self._opened() as file:
            for raw in _backwards(file):
                if b'"kind":"mark"' in raw:
                    found = journal.read(raw.decode("ascii"))
                    assert isinstance(found, Mark)  # noqa: S101 -- its kind says so
                    return found
        return None

    def written_at(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError:
            return None

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        """Open it to read; one that isn't there is empty."""
        try:
            with self.path.open("rb") if self.path.exists() else BytesIO() as file:
                yield file
        except OSError as error:
            raise StoreError(
                f"the journal can't be read: {error.strerror}",
                where=self.where,
                remedy="Mend its disk or its rights, or name another file: JOURNAL in .env",
            ) from error

    @contextmanager
    def _alone(self, mode: str) -> Iterator[IO[bytes]]:
        is_new = not self.path.exists()
        with self.path.open(mode) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if is_new:
                self.path.chmod(0o600)
            yield file


def _write_whole(file: int, content: bytes) -> None:
    """Add to a file, and wait until it is on the disk; what fits only in part is taken back."""
    size, left = os.fstat(file).st_size, memoryview(content)
    try:
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise


def _last_sum(file: IO[bytes], where: str) -> str:
    """Return the sum of the last line; what a crash cut off after it is taken away."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read()
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        file.truncate(size - (len(tail) - whole))
        file.seek(0, os.SEEK_END)
    if not whole:
        if size > TAIL:
            raise StoreError("its last line is longer than any that Publisher writes", where=where)
        return ""
    return tail[whole - SUM - 1 : whole - 1].decode("ascii", "replace")


def _backwards(file: IO[bytes]) -> Iterator[bytes]:
    """Yield whole lines from the last to the first; what a crash cut off at the end is none."""
    at, rest, is_cut = file.seek(0, os.SEEK_END), b"", True
    while at > 0:
        length = min(TAIL, at)
        at = file.seek(at - length)
        read = file.read(length) + rest
        if is_cut:
            read = read[: read.rfind(b"\n") + 1]
            is_cut = not read
        rest, *lines = read.split(b"\n")
        yield from (line for line in reversed(lines) if line)
    if rest:
        yield rest
