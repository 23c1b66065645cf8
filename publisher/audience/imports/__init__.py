"""A CSV of people into a list: good rows are taken, bad ones are named with their line and the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from publisher.audience.addresses import normalise
from publisher.audience.imports import columns
from publisher.audience.imports.reading import Row, open_table
from publisher.audience.imports.sorting import Person, Rejects, Sorter, Tray, is_role, sort, tray
from publisher.audience.imports.systems import Standing, recognise
from publisher.audience.imports.writing import Writer
from publisher.errors import ImportFileError
from publisher.model.tokens import address_hash
from publisher.store import Connection, Store, newcomers, staff, subscribers
from publisher.store.sql import count_anew, take_turn
from publisher.store.staff import Line
from publisher.store.tables import subscribers as people_table
from publisher.store.tables import subscriptions as choices_table

__all__ = ["Options", "Report", "add_one", "import_csv"]

MANY = 1000  # people after whom PostgreSQL counts anew
PATIENCE = "120s"  # for another import to end
OURS = frozenset({"publisher line", "publisher reason"})  # columns of a file of rejected rows
Progress = Callable[[str, int, int], None]  # reading or writing; done; of


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be taken.

    :param mapping: by field (``email``, ``name``, ``first_name``, ``last_name`` or an attribute): its column.
    :param encoding: empty: found out.
    :param rejected: where bad rows go; None: nowhere.
    :param ask: whoever isn't known to have confirmed is put down to be asked.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    rejected: Path | None = None
    ask: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Report:
    """What became of the rows, and how the file was read."""

    added: int = 0
    updated: int = 0  # known from other lists
    already: int = 0
    left: int = 0  # had left before: not subscribed again
    left_there: int = 0  # had left where they come from: kept, and not written to
    suppressed: int = 0  # bounced, complained or were blocked where they come from
    asked: int = 0  # to be asked whether they want it
    learned: int = 0  # of whom something new is known
    erased: int = 0  # had everything erased, some of them while the file was read: not brought in
    roles: int = 0  # addresses of an office
    refused: int = 0
    bad: list[tuple[int, str, str]] = field(default_factory=list)  # the first: line, what it said, why not
    rejected: Path | None = None  # where all of them stand
    system: str = ""  # whose export it is
    encoding: str = ""
    is_guessed: bool = False  # the encoding
    columns: tuple[str, ...] = ()


def import_csv(
    store: Store,
    path: Path,
    list_name: str,
    *,
    hash_key: bytes,
    now: datetime,
    actor: str,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Report:
    """Subscribe the people of a CSV to a list, all in one transaction, however many there are.

    Every row is read and judged before the first is written, so that the ledger is held for as short as it can be.

    :param path: a header with at least a column of addresses; a name and any attributes.
    :raises ImportFileError: the file can't be read at all.
    """
    options = options or Options()
    table = open_table(path, options.encoding)
    report = Report(encoding=table.encoding, is_guessed=table.is_guessed)
    rows = table.rows(partial(progress, "reading") if progress else None)
    first = next(rows, Row(1, ()))
    system = recognise(first.cells)
    found = columns.find(
        first.cells, path, said=options.mapping, without=OURS | (system.own if system else frozenset())
    )
    report.system, report.columns = system.name if system else "", found.words
    with store.read() as conn:
        erased = newcomers.erased(conn)
    sorter = Sorter(found, first.cells, system, path.name, hash_key, erased, options.ask, list_name)
    bad = Rejects(None if options.dry_run else options.rejected, first.cells, table.sign)
    source = f"imported from {system.name if system else path.name} on {now.date().isoformat()}"
    try:
        with tray() as good:
            taken = 0
            for person in sort(rows, sorter, good, bad):
                taken += 1
                report.roles += is_role(person.email)
            with store.rehearsal() if options.dry_run else store.write() as conn:
                writer = _begin(conn, list_name, source, now, actor)
                _write(writer, good, taken, progress)
        bad.keep()
    finally:
        bad.drop()
    _tell(report, writer.counts, bad)
    return report


def _begin(conn: Connection, list_name: str, source: str, now: datetime, actor: str) -> Writer:
    take_turn(conn, "import", patience=PATIENCE)
    list_id = subscribers.ensure_list(conn, list_name)
    return Writer(conn, list_id, source, now, actor, newcomers.erased(conn))


def _write(writer: Writer, good: Tray, total: int, progress: Progress | None) -> None:
    done = 0
    for people in good.batches():
        writer.write(people)
        done += len(people)
        if progress:
            progress("writing", done, total)
    if total > MANY:
        count_anew(writer.conn, people_table, choices_table)


def _tell(report: Report, counts: Counter[str], bad: Rejects) -> None:
    for name in ("added", "updated", "already", "left", "left_there", "suppressed", "asked", "learned", "erased"):
        setattr(report, name, counts[name])
    report.refused, report.bad = bad.count, bad.first
    report.rejected = bad.path if bad.count else None


def add_one(
    store: Store,
    email: str,
    list_name: str,
    *,
    name: str,
    hash_key: bytes,
    now: datetime,
    actor: str,
    line: Line | None = None,
) -> Report:
    """Subscribe one person, as an operator vouches for it.

    :param line: of the audit, where that changes anything; it is made to be about them.
    :raises ImportFileError: the address can't be one.
    """
    try:
        address = normalise(email)
    except ValueError as why:
        raise ImportFileError(str(why), where=email, remedy="Check the address") from why
    report = Report()
    person = Person(1, address, address_hash(address, hash_key), name, "{}", Standing.CONFIRMED.value, "", "")
    with store.write() as conn:
        list_id = subscribers.ensure_list(conn, list_name)
        writer = Writer(conn, list_id, f"added by {actor}", now, actor, newcomers.erased(conn))
        writer.write([person])
        known = subscribers.find(conn, person.hash)
        is_new = not any(writer.counts[why] for why in ("already", "left", "erased"))
        if line and known is not None and is_new:
            staff.note(conn, replace(line, about=f"subscriber:{known.id}"))
    _tell(report, writer.counts, Rejects(None, (), ","))
    return report
