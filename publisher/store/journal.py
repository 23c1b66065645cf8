"""The journal: who left, complained or was erased, line by line, beside the ledger and outside its backups.

Each line ends with a sum over itself and the sum before, so that a line that is missing, changed or cut off is seen. No
address stands in it, only keyed hashes. It also keeps how far the ledger is (`mark`): a ledger that knows of less than
its journal was restored, whoever did it and however.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import IO, Any

from publisher.errors import StoreError
from publisher.store.farewells import Farewell, Kind
from publisher.store.plain import without_addresses

TAIL = 8_192  # bytes: longer than any line
LONGEST = 300  # characters of a reason
SUM = 16  # hexadecimal digits of a line's sum


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the ledger was."""

    epoch: str
    number: int
    at: datetime


Line = Farewell | Mark


class Journal:
    """A journal in a file, which several processes of this machine may write.

    :param path: outside what is backed up with the ledger; made at the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = Lock()
        self._owed: list[Farewell] = []  # what could not be written; the ledger has it

    def append(self, lines: Sequence[Line]) -> None:
        """Write lines, and wait until they are on the disk; those first that could not be written before.

        :raises StoreError: they can't be written, or what is there was changed by somebody else. They are written with
            the next that can be.
        """
        with self._turn:
            whole = [*self._owed, *lines]
            self._owed = [line for line in whole if isinstance(line, Farewell)]
            self._append(whole)
            self._owed = []

    def _append(self, lines: Sequence[Line]) -> None:
        try:
            with self._alone("ab+") as file:
                before = _last_sum(file, str(self.path))
                content = b""
                for line in lines:
                    written = _written(line, before)
                    before = written[-SUM - 1 : -1].decode()
                    content += written
                _write_whole(file.fileno(), content)
        except OSError as error:
            raise StoreError(
                f"the journal can't be written: {error.strerror}",
                where=str(self.path),
                remedy="Mend its disk or its rights; what it lacks is written then, and is in the ledger already",
            ) from error

    def read(self) -> Iterator[Line]:
        """Yield every line, oldest first; one that a crash cut off at the end was never answered for.

        :raises StoreError: a line is not as it was written, or one is missing.
        """
        if not self.path.exists():
            return
        before = ""
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if not raw.endswith(b"\n"):
                    return
                before = _checked(raw, before, f"{self.path}:{number}")
                yield _read(raw)

    def last_mark(self) -> Mark | None:
        """Return how far the ledger was; None: nobody has said so yet. Read from the end: marks come each minute."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            for raw in _backwards(file):
                if b'"kind":"mark"' in raw:
                    found = _read(raw)
                    assert isinstance(found, Mark)  # noqa: S101 -- its kind says so
                    return found
        return None

    @contextmanager
    def _alone(self, mode: str) -> Iterator[IO[bytes]]:
        is_new = not self.path.exists()
        with self.path.open(mode) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if is_new:
                self.path.chmod(0o600)
            yield file


def _written(line: Line, before: str) -> bytes:
    kind = "mark" if isinstance(line, Mark) else line.kind.value
    said: dict[str, Any] = asdict(line) | {"kind": kind, "at": line.at.isoformat()}
    if isinstance(line, Farewell):
        said["why"] = _lasting(line)[:LONGEST]
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return f"{text} {_sum(text, before)}\n".encode()


def _lasting(line: Farewell) -> str:
    """Return of why somebody is left alone what names nobody: an erasure does not reach these lines."""
    said = line.why if line.kind is Kind.ERASED else line.why.partition(": ")[0]  # "left: …", "hard bounce: …"
    return without_addresses(said)


def _sum(text: str, before: str) -> str:
    return sha256(f"{before}\n{text}".encode()).hexdigest()[:SUM]


def _checked(raw: bytes, before: str, where: str) -> str:
    text, _, found = raw.decode("ascii", "replace").rstrip("\n").rpartition(" ")
    if _sum(text, before) != found:
        raise StoreError(
            "this line, or the one before it, is not as it was written",
            where=where,
            remedy="Keep the file; restore it from another copy, or see docs/operations/journal.md",
        )
    return found


def _read(raw: bytes) -> Line:
    said = json.loads(raw.decode("ascii").rstrip("\n").rpartition(" ")[0])
    kind, at = said.pop("kind"), datetime.fromisoformat(said.pop("at"))
    return Mark(**said, at=at) if kind == "mark" else Farewell(**said, kind=Kind(kind), at=at)


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
