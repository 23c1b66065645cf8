"""Rows sorted before anything is written: good ones wait in a file of their own, bad ones go to another."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from publisher.audience.addresses import normalise
from publisher.audience.cells import harmless
from publisher.audience.imports.columns import Columns, simple
from publisher.audience.imports.reading import Row
from publisher.audience.imports.systems import Standing, System, Word
from publisher.model.tokens import address_hash
from publisher.store.plain import dumps

MANY = 1000  # rows at a time
TO_BE_ASKED, VOUCHED_FOR = Word(Standing.ASKED), Word(Standing.CONFIRMED)
ERASED = "was erased because they wanted it; only they themselves can come back"
NEVER_CONFIRMED = "never confirmed; --ask writes to them and asks"
# Addresses of an office rather than of a person; they are taken, and counted for whoever looks (RFC 2142 has some).
ROLES = frozenset(
    re.split(
        r"\s+",
        """abuse admin billing contact editor help hello hostmaster info kontakt mail marketing news newsletter
        noreply no-reply office postmaster press presse redaktion sales security service support team webmaster""",
    )
)


class Person(NamedTuple):
    """One good row. Made for every one of a million, so a plain tuple of what a file can keep."""

    line: int
    email: str
    hash: str
    name: str
    attributes: str  # JSON
    standing: str
    said_at: str  # ISO 8601, when they confirmed or left where they come from; empty: nobody says
    why: str  # what they had done then; of who is suppressed why


@dataclass(frozen=True, slots=True)
class Sorter:
    """What says whether a row is good.

    :param erased: hashes of people who were erased, and haven't come back by themselves.
    :param asks: whoever isn't known to have confirmed is asked.
    """

    columns: Columns
    header: Sequence[str]
    system: System | None
    file: str
    hash_key: bytes
    erased: Collection[str]
    asks: bool
    list_name: str

    def person(self, row: Row) -> Person:
        """Return the person whom a row is about.

        :raises ValueError: it can't be taken: why not.
        """
        if row.wrong:
            raise ValueError(row.wrong)
        if self.system:
            row = Row(row.line, [self.system.as_was(cell) for cell in row.cells])
        email = normalise(self.address_in(row))
        key = address_hash(email, self.hash_key)
        if key in self.erased:
            raise ValueError(ERASED)
        self._refuse_other_list(row.cells)
        word, attributes = self._said(row.cells), self.columns.attributes_in(row.cells)
        if word.standing is Standing.ASKED and not self.asks:
            raise ValueError(NEVER_CONFIRMED)
        if self.system:
            attributes |= self.system.unpack(self._cells(row.cells))
        name, at = self.columns.name_in(row.cells), word.at.isoformat() if word.at else ""
        return Person(row.line, email, key, name, dumps(attributes), word.standing.value, at, word.why)

    def address_in(self, row: Row) -> str:
        return row.cells[self.columns.email].strip() if self.columns.email < len(row.cells) else ""

    def _refuse_other_list(self, cells: Sequence[str]) -> None:
        # Our own export has a row for each list that a person is on.
        if self.system and "list" in self.system.own and (said := self._cells(cells).get("list")) != self.list_name:
            raise ValueError(f"is about the list {said}" if said else "is on no list")

    def _said(self, cells: Sequence[str]) -> Word:
        if self.system:
            return self.system.read(self._cells(cells), self.file.casefold())
        return TO_BE_ASKED if self.asks else VOUCHED_FOR

    def _cells(self, cells: Sequence[str]) -> dict[str, str]:
        return {simple(name): cell.strip() for name, cell in zip(self.header, cells, strict=False)}


class Tray:
    """Good rows, kept out of memory in a file that has no name: it goes with this process, however that ends."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA cache_size = -50000")  # KiB
        self._database.execute("CREATE TABLE met (key INTEGER PRIMARY KEY, line INTEGER)")
        self._database.execute(f"CREATE TABLE people ({', '.join(Person._fields)}, PRIMARY KEY (line)) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def add(self, people: Sequence[Person]) -> Iterator[tuple[Person, int]]:
        """Keep people; yield those whose address stood on an earlier line, with that line: they aren't kept again."""
        keys = [int(person.hash[:15], 16) for person in people]
        query = "SELECT key, line FROM met WHERE key IN (SELECT value FROM json_each(?))"
        met = dict(self._database.execute(query, [json.dumps(keys)]).fetchall())
        new: list[Person] = []
        rows: list[tuple[int, int]] = []
        for key, person in zip(keys, people, strict=True):
            if key in met:
                yield person, met[key]
            else:
                met[key] = person.line
                new.append(person)
                rows.append((key, person.line))
        self._database.executemany("INSERT INTO met VALUES (?, ?)", rows)
        self._database.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?)", new)

    def batches(self) -> Iterator[list[Person]]:
        """Yield the people that are kept, in order of their lines."""
        found = self._database.execute("SELECT * FROM people ORDER BY line")
        while rows := found.fetchmany(MANY):
            yield [Person(*row) for row in rows]


@contextmanager
def tray() -> Iterator[Tray]:
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        yield Tray(database)


class Rejects:
    """Rows that can't be taken, each as it was, with its line and the reason, in a CSV beside the file."""

    SHOWN = 20

    def __init__(self, path: Path | None, header: Sequence[str], sign: str) -> None:
        self.count = 0
        self.first: list[tuple[int, str, str]] = []  # line, address, why not
        self.path = path
        self._header = header
        self._sign = sign
        self._file: IO[str] | None = None

    def add(self, row: Row, address: str, why: str) -> None:
        self.count += 1
        if len(self.first) < self.SHOWN:
            self.first.append((row.line, address, why))
        if self.path is None:
            return
        if self._file is None:
            self._file = self._part.open("w", encoding="utf-8-sig", newline="")
            self._write([*self._header, "publisher: line", "publisher: reason"])
        cells = [*row.cells, *[""] * (len(self._header) - len(row.cells))]
        self._write([*cells, str(row.line), why])

    def _write(self, cells: Sequence[str]) -> None:
        csv.writer(self._file, delimiter=self._sign).writerow(map(harmless, cells))  # type: ignore[arg-type]  # it is open

    @property
    def _part(self) -> Path:
        assert self.path is not None  # noqa: S101 -- only asked where there is one
        return self.path.with_name(self.path.name + ".part")

    def keep(self) -> None:
        """Let the file stay: what it stands beside was written."""
        if self._file is not None and self.path is not None:
            self._file.close()
            self._part.replace(self.path)
            self._file = None

    def drop(self) -> None:
        """Take away what isn't kept."""
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)


def sort(rows: Iterable[Row], sorter: Sorter, good: Tray, bad: Rejects) -> Iterator[Person]:
    """Put each row where it belongs; yield the people as they are taken."""
    remaining = iter(rows)
    while some := list(islice(remaining, MANY)):
        people: dict[int, Person] = {}
        by_line = {row.line: row for row in some}
        for row in some:
            try:
                people[row.line] = sorter.person(row)
            except ValueError as why:
                bad.add(row, sorter.address_in(row), str(why))
        for person, line in good.add(list(people.values())):
            row = by_line[person.line]
            bad.add(row, sorter.address_in(row), f"the same address stands on line {line}")
            del people[person.line]
        yield from people.values()


def is_role(email: str) -> bool:
    """Say whether an address is an office's rather than a person's."""
    return email.partition("@")[0].casefold() in ROLES
