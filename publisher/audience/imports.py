"""A CSV of people into a list: good rows are taken, bad ones are named with their line and the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from publisher.audience.addresses import normalise
from publisher.errors import ImportFileError
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import address_hash
from publisher.store import Connection, Store, subscribers

EMAIL_COLUMNS = ("email", "e-mail", "email address", "e-mail address", "mail", "address")
NAME_COLUMNS = ("name", "full name", "display name")


@dataclass(frozen=True, slots=True)
class Person:
    """One good row of the file."""

    line: int
    email: str
    hash: str
    name: str
    attributes: Mapping[str, str]


@dataclass(slots=True)
class Report:
    """What became of the rows."""

    added: int = 0
    updated: int = 0
    already: int = 0
    left: int = 0  # had left before: not subscribed again
    bad: list[tuple[int, str, str]] = field(default_factory=list)  # line, what it said, why not


def import_csv(
    store: Store, path: Path, list_name: str, *, hash_key: bytes, now: datetime, actor: str, dry_run: bool = False
) -> Report:
    """Subscribe the people of a CSV to a list, all in one transaction.

    :param path: UTF-8, comma, semicolon or tab; a header with at least ``email``; ``name`` and any attributes.
    :raises ImportFileError: the file can't be read at all.
    """
    report = Report()
    people = list(_good_rows(path, hash_key, report))
    if dry_run:
        report.added = len(people)
        return report
    with store.write() as conn:
        list_id = subscribers.ensure_list(conn, list_name)
        basis = f"imported from {path.name} on {now.date().isoformat()}"
        for start in range(0, len(people), 1000):
            _write(conn, list_id, people[start : start + 1000], report, basis=basis, now=now, actor=actor)
    return report


def _good_rows(path: Path, hash_key: bytes, report: Report) -> Iterator[Person]:
    met: dict[str, int] = {}
    for line, row in _rows(path):
        said = row.get("email", "")
        try:
            email = normalise(said)
        except ValueError as why:
            report.bad.append((line, said, str(why)))
            continue
        key = address_hash(email, hash_key)
        if key in met:
            report.bad.append((line, said, f"the same address stands on line {met[key]}"))
            continue
        met[key] = line
        attributes = {name: value for name, value in row.items() if name not in ("email", "name") and value}
        yield Person(line, email, key, row.get("name", ""), attributes)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ImportFileError("the file can't be read", where=str(path), remedy="Check the name") from error
    except UnicodeDecodeError as error:
        raise ImportFileError(
            "the file is not UTF-8", where=str(path), remedy="Save it as “CSV UTF-8” and import it again"
        ) from error
    first, _, _ = text.partition("\n")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        columns = _columns(next(reader, []), path)
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, dict(zip(columns, (cell.strip() for cell in row), strict=False))
    except csv.Error as error:
        raise ImportFileError(f"this is no CSV: {error}", where=f"{path}:{reader.line_num}") from error


def _columns(header: Sequence[str], path: Path) -> list[str]:
    names = [" ".join(name.split()).casefold() for name in header]
    columns = []
    for name in names:
        if name in EMAIL_COLUMNS and "email" not in columns:
            columns.append("email")
        elif name in NAME_COLUMNS and "name" not in columns:
            columns.append("name")
        else:
            columns.append(name.replace(" ", "_"))
    if "email" not in columns:
        said = ", ".join(header) or "nothing"
        remedy = "Name the column with the addresses `email` in the first line"
        raise ImportFileError(f"there is no column `email` (found: {said})", where=str(path), remedy=remedy)
    return columns


def _write(
    conn: Connection, list_id: int, people: Sequence[Person], report: Report, *, basis: str, now: datetime, actor: str
) -> None:
    known = subscribers.by_hash(conn, [person.hash for person in people])
    added = [person for person in people if person.hash not in known]
    domains = {name: subscribers.ensure_domain(conn, name) for name in {_domain(person) for person in added}}
    subscribers.add_many(
        conn,
        [
            {
                "email": person.email,
                "address_hash": person.hash,
                "domain_id": domains[_domain(person)],
                "name": person.name,
                "attributes": dict(person.attributes),
                "made_at": now,
            }
            for person in added
        ],
    )
    for person in people:
        if person.hash in known and (person.name or person.attributes):
            subscribers.learn(conn, known[person.hash], person.name, person.attributes)
    ids = subscribers.by_hash(conn, [person.hash for person in people])
    states = subscribers.states_on(conn, list_id, [row.id for row in ids.values()])
    fresh = [ids[person.hash].id for person in people if ids[person.hash].id not in states]
    subscribers.subscribe_many(conn, list_id, fresh, basis=basis, now=now, actor=actor)
    report.added += len(added)
    report.updated += len(fresh) - len(added)
    report.left += sum(state == SubscriptionState.LEFT for state in states.values())
    report.already += sum(state != SubscriptionState.LEFT for state in states.values())


def _domain(person: Person) -> str:
    return person.email.rpartition("@")[2]


def add_one(
    store: Store, email: str, list_name: str, *, name: str, hash_key: bytes, now: datetime, actor: str
) -> Report:
    """Subscribe one person, as an operator vouches for it.

    :raises ImportFileError: the address can't be one.
    """
    try:
        address = normalise(email)
    except ValueError as why:
        raise ImportFileError(str(why), where=email, remedy="Check the address") from why
    report = Report()
    person = Person(1, address, address_hash(address, hash_key), name, {})
    with store.write() as conn:
        list_id = subscribers.ensure_list(conn, list_name)
        _write(conn, list_id, [person], report, basis=f"added by {actor}", now=now, actor=actor)
    return report
