"""A CSV file as it comes: in whatever encoding, with whatever sign between its cells, cut off or broken in places."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from publisher.audience.cells import as_meant
from publisher.errors import ImportFileError

SIGNS = ",;\t|"
LONGEST = 1_000_000  # characters of a line; what is longer is no row of a table
SPAN = 100  # lines that one row may have; a quote that isn't closed within them is closed nowhere
TOGETHER = 500  # lines that are read at once
LOOK = 65_536  # bytes
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
UNCLOSED = "a quote is opened and never closed"
Progress = Callable[[int, int], None]  # done, of


class Row(NamedTuple):
    """A row of the file; made a million times, so a plain tuple."""

    line: int  # on which it begins
    cells: Sequence[str]
    wrong: str = ""  # why it is none


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read."""

    path: Path
    encoding: str
    sign: str  # between cells
    is_guessed: bool = False  # the encoding is what it most likely is

    def rows(self, progress: Progress | None = None) -> Iterator[Row]:
        """Yield the rows, the header first, empty ones left out; never more than some of them in memory."""
        size = self.path.stat().st_size
        with self.path.open("rb") as raw, TextIOWrapper(raw, self.encoding, newline="") as text:
            for number, row in enumerate(self._split(_lines(text))):
                if progress and number % 1000 == 0:
                    progress(min(raw.tell(), size), size)
                if row.wrong or "".join(row.cells).strip():
                    yield row

    def _split(self, lines: Iterator[str]) -> Iterator[Row]:
        at, waiting = 1, list(islice(lines, TOGETHER))
        if waiting and _said_sign(waiting[0]):  # Excel's own line above the header
            at, waiting = 2, waiting[1:]
        while waiting:
            taken = self._whole(waiting, lines)
            yield from self._parsed(at, taken)
            at += len(taken)
            waiting = waiting[len(taken) :] or list(islice(lines, TOGETHER))

    def _whole(self, waiting: list[str], lines: Iterator[str]) -> list[str]:
        """Return the first lines that belong together: as many as there are, up to where no quote is open."""
        is_open = sum(line.count('"') for line in waiting) % 2 == 1
        for more in islice(lines, SPAN if is_open else 0):
            waiting.append(more)
            if more.count('"') % 2 == 1:
                break
        return list(waiting)

    def _parsed(self, at: int, lines: Sequence[str]) -> Iterator[Row]:
        rows, _ = self._tried(at, lines)
        if rows is not None:
            yield from rows
            return
        while lines:  # something is wrong with one of them: row by row
            rows, taken = self._first(at, lines)
            yield from rows
            at, lines = at + taken, lines[taken:]

    def _first(self, at: int, lines: Sequence[str]) -> tuple[list[Row], int]:
        """Return the first row, and how many lines it has; where it is broken, its first line alone is."""
        ends = True
        for taken in range(1, min(SPAN, len(lines)) + 1):
            rows, is_open = self._tried(at, lines[:taken])
            if rows is not None:
                return rows, taken
            if taken == 1:
                ends = not is_open
            if not is_open:
                break
        return [self._broken(at, lines[0], ends)], 1

    def _tried(self, at: int, lines: Sequence[str]) -> tuple[list[Row] | None, bool]:
        """Return the rows of these lines, None where they aren't whole rows; and whether a quote is open at the end."""
        reader = csv.reader(lines, delimiter=self.sign, strict=True)
        rows, line = [], at
        try:
            for cells in reader:
                rows.append(Row(line, as_meant(cells)))
                line = at + reader.line_num
        except csv.Error as error:
            return None, str(error) == "unexpected end of data"
        return rows, False

    def _broken(self, at: int, line: str, ends: bool) -> Row:
        """Return a row that is no proper one: read as well as it can be, unless a quote would swallow what follows."""
        try:
            cells = next(csv.reader([line], delimiter=self.sign), [])
        except csv.Error as error:
            return Row(at, [line[:1000]], f"this is no row of a table: {error}")
        return Row(at, cells, "" if ends else UNCLOSED)


def open_table(path: Path, encoding: str = "") -> Table:
    """Find out how a file is to be read.

    :param encoding: what it is known to be; empty: found out.
    :raises ImportFileError: it can't be read, or is not in that encoding.
    """
    try:
        with path.open("rb") as file:
            start = file.read(LOOK)
        if not start.strip():
            raise ImportFileError("the file is empty", where=str(path), remedy="Export it again")
        found, is_guessed = (encoding, False) if encoding else _encoding(path, start)
        if not _is_in(path, found):
            remedy = "Leave --encoding out, and it is found out"
            raise ImportFileError(f"the file is not in {found}", where=str(path), remedy=remedy)
    except OSError as error:
        raise ImportFileError("the file can't be read", where=str(path), remedy="Check the name") from error
    with path.open(encoding=found, newline="") as text:
        return Table(path, found, _sign(text), is_guessed)


def _encoding(path: Path, start: bytes) -> tuple[str, bool]:
    for mark, name in BOMS:
        if start.startswith(mark):
            return name, False
    for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(zeros) > 1 and zeros.count(0) > 0.4 * len(zeros) and _is_in(path, name):
            return name, True
    if _is_in(path, "utf-8"):
        return "utf-8", False
    return ("cp1252" if _is_in(path, "cp1252") else "latin-1"), True


def _is_in(path: Path, encoding: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    except (LookupError, TypeError) as error:
        remedy = "For instance: utf-8, windows-1252, iso-8859-15, utf-16"
        raise ImportFileError(f"there is no encoding {encoding!r}", where="--encoding", remedy=remedy) from error
    return True


def _lines(text: IO[str]) -> Iterator[str]:
    return iter(lambda: text.readline(LONGEST), "")


def _sign(text: IO[str]) -> str:
    first = next((line for line in islice(_lines(text), SPAN) if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    return _said_sign(first) or max(SIGNS, key=outside.count)


def _said_sign(line: str) -> str:
    found = re.fullmatch(r"\ufeff?sep=(.)\s*", line, re.IGNORECASE)
    return found[1] if found else ""
