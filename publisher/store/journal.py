"""The journal: who left, complained or was erased, line by line, beside the ledger and outside its backups.

Each line ends with a sum over itself and the sum before, so that a line that is missing, changed or cut off is seen. No
address stands in it, only keyed hashes. It also keeps how far the ledger is (`mark`): a ledger that knows of less than
its journal was restored, whoever did it and however.

It is a file, or a table of another database than the ledger's: both hold the same lines.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from publisher.errors import StoreError
from publisher.store.farewells import Farewell, Kind
from publisher.store.plain import without_addresses

LONGEST = 300  # characters of a reason
SUM = 16  # hexadecimal digits of a line's sum
OWED = "what it lacks is in the ledger already, and `publisher run` or a scheduler writes it within a minute of that"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the ledger was."""

    epoch: str
    number: int
    at: datetime


Line = Farewell | Mark


class Journal(ABC):
    """A journal, which several processes may write.

    :param where: how errors call it; never with a password.
    :ivar folder: on whose disk it is; None: of another machine.
    """

    def __init__(self, where: str, folder: Path | None = None) -> None:
        self.where = where
        self.folder = folder
        self._turn = Lock()

    def append(self, lines: Sequence[Line]) -> None:
        """Write lines, and wait until they are on the disk: all or none.

        :raises StoreError: they can't be written, or what is there was changed by somebody else.
        """
        with self._turn:
            self._append(lines)

    @abstractmethod
    def _append(self, lines: Sequence[Line]) -> None:
        """Write these lines after the last one, all or none, while nobody else does."""

    @abstractmethod
    def read(self) -> Iterator[Line]:
        """Yield every line, oldest first.

        :raises StoreError: it can't be read; or a line is not as it was written, or one is missing.
        """

    @abstractmethod
    def last_mark(self) -> Mark | None:
        """Return how far the ledger was; None: nobody has said so yet. Read from the end: marks come each minute.

        :raises StoreError: it can't be read.
        """

    @abstractmethod
    def written_at(self) -> datetime | None:
        """Return when something was written last; None: it is missing, or there is nothing yet.

        :raises StoreError: it can't be read.
        """

    def close(self) -> None:  # noqa: B027 -- a file is closed after each use
        """End every connection."""


def written(lines: Sequence[Line], before: str) -> Iterator[str]:
    """Yield each line as it is kept.

    :param before: the sum of the line before them; empty: there is none.
    """
    for line in lines:
        kind = "mark" if isinstance(line, Mark) else line.kind.value
        said: dict[str, Any] = asdict(line) | {"kind": kind, "at": line.at.isoformat()}
        if isinstance(line, Farewell):
            said["why"] = _lasting(line)[:LONGEST]
        text = json.dumps(said, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
        before = _sum(text, before)
        yield f"{text} {before}"


def sum_of(kept: str) -> str:
    """Return the sum in which a line ends; empty: there is no line."""
    return kept[-SUM:]


def read(kept: str) -> Line:
    """Return what a line says."""
    said = json.loads(kept.rpartition(" ")[0])
    kind, at = said.pop("kind"), datetime.fromisoformat(said.pop("at"))
    return Mark(**said, at=at) if kind == "mark" else Farewell(**said, kind=Kind(kind), at=at)


def checked(kept: str, before: str, where: str) -> str:
    """Return the sum of a line.

    :param before: the sum of the line before it.
    :raises StoreError: this line, or the one before it, is not as it was written.
    """
    text, _, found = kept.rpartition(" ")
    if _sum(text, before) != found:
        raise StoreError(
            "this line, or the one before it, is not as it was written",
            where=where,
            remedy="Keep the file; restore it from another copy, or see docs/operations/journal.md",
        )
    return found


def _lasting(line: Farewell) -> str:
    """Return of why somebody is left alone what names nobody: an erasure does not reach these lines."""
    said = line.why if line.kind is Kind.ERASED else line.why.partition(": ")[0]  # "left: …", "hard bounce: …"
    return without_addresses(said)


def _sum(text: str, before: str) -> str:
    return sha256(f"{before}\n{text}".encode()).hexdigest()[:SUM]
