"""The journal, in a file and in a database: read back in order; what was changed or lost is seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest

from publisher.app.ledger import journal_of
from publisher.config.settings import Settings
from publisher.errors import StoreError
from publisher.store.farewells import Farewell, Kind
from publisher.store.journal import Journal, Mark
from publisher.store.journal_file import JournalFile
from tests.ledger import NOW

TABLE = "publisher_journal"


def farewell(number: int) -> Farewell:
    return Farewell(Kind.LEFT, f"{number:064x}", "daily", "clicked Leave", "reader", NOW + timedelta(seconds=number))


@pytest.fixture
def journal(empty_journal) -> Journal:
    return empty_journal


def lines_of(journal: Journal, place: str) -> list[str]:
    if isinstance(journal, JournalFile):
        return journal.path.read_text().splitlines()
    with psycopg.connect(place) as conn:
        return [line for (line,) in conn.execute(f"SELECT line FROM {TABLE} ORDER BY number")]


def forge(journal: Journal, place: str, lines: list[str]) -> None:
    """Put other lines into the place of what was written, as somebody does who has all rights there."""
    if isinstance(journal, JournalFile):
        journal.path.write_text("".join(f"{line}\n" for line in lines))
        return
    with psycopg.connect(place) as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(f"DELETE FROM {TABLE}")
        rows = [(number, '"kind":"mark"' in line, line) for number, line in enumerate(lines)]
        add = f"INSERT INTO {TABLE} (number, is_mark, line) VALUES (%s + 1, %s, %s)"
        conn.cursor().executemany(add, rows)


def test_lines_come_back_in_order(journal):
    said = [farewell(1), Mark("ab12", 7, NOW), Farewell(Kind.ERASED, "f" * 64, "erased", "ä\n" * 400, "cli:ada", NOW)]
    for line in said:
        journal.append([line])
    found = list(journal.read())
    assert found[:2] == said[:2]
    assert found[2].why == ("ä\n" * 400)[:300]
    assert journal.last_mark() == said[1]
    journal.append([farewell(2), Mark("ab12", 8, NOW), farewell(3)])
    assert journal.last_mark() == Mark("ab12", 8, NOW)
    assert list(journal.read())[3:] == [farewell(2), Mark("ab12", 8, NOW), farewell(3)]


def test_of_nothing_there_is_nothing(journal):
    assert (list(journal.read()), journal.last_mark(), journal.written_at()) == ([], None, None)


def test_it_knows_when_it_was_written_last(journal):
    journal.append([farewell(1)])
    now = datetime.now(NOW.tzinfo)
    assert abs(journal.written_at() - now) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "harm",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: lines[::-1],
        lambda lines: [lines[0].replace("daily", "dalyi"), *lines[1:]],
    ],
)
def test_lines_that_are_missing_moved_or_changed_are_seen(journal, journal_place, harm):
    journal.append([farewell(number) for number in range(3)])
    forge(journal, journal_place, harm(lines_of(journal, journal_place)))
    with pytest.raises(StoreError, match="not as it was written"):
        list(journal.read())


def test_no_address_comes_into_it(journal, journal_place):
    why = "hard bounce: 550 <Ada@example.org>: no such user"
    journal.append([Farewell(Kind.SUPPRESSED, "hash", "all", why, "channel:letters", NOW)])
    assert "example.org" not in "".join(lines_of(journal, journal_place))


def _say(place: str, start: int) -> None:
    journal = journal_of(Path(), Settings({"JOURNAL": place}))
    for number in range(start, start + 20):
        journal.append([farewell(number)])
    journal.close()


def test_several_processes_begin_and_write_one_journal(journal, journal_place):
    context = get_context("fork")
    writers = [context.Process(target=_say, args=(journal_place, start)) for start in (0, 1000)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    numbers = [int(line.whom, 16) for line in journal.read()]
    assert sorted(numbers) == [*range(20), *range(1000, 1020)]


# --- in a database ----------------------------------------------------------------------------------------------------


@pytest.fixture
def place(postgresql) -> str:
    return postgresql.journal()


def in_database(place: str) -> Journal:
    return journal_of(Path(), Settings({"JOURNAL": place}))


@pytest.mark.parametrize(
    "change", ["UPDATE publisher_journal SET line = ''", "DELETE FROM publisher_journal", "TRUNCATE publisher_journal"]
)
def test_of_a_table_nothing_is_changed_by_mistake(place, change):
    journal = in_database(place)
    journal.append([farewell(1)])
    with psycopg.connect(place) as conn, pytest.raises(psycopg.errors.RaiseException, match="never changed"):
        conn.execute(change)
    assert list(journal.read()) == [farewell(1)]


def test_a_database_that_has_a_ledger_is_no_place_for_it(postgresql_url):
    journal = in_database(postgresql_url)
    for ask in (journal.last_mark, lambda: journal.append([farewell(1)])):
        with pytest.raises(StoreError, match=r"there is a ledger in this database.*Name another database in JOURNAL"):
            ask()


def test_while_its_server_is_away_nothing_is_written_and_then_all_is(postgresql, place):
    journal = in_database(place)
    journal.append([farewell(1)])
    allow = "UPDATE pg_database SET datallowconn = {} WHERE datname = 'journal'"
    postgresql.execute(allow.format("false"))
    postgresql.end_connections()
    try:
        with pytest.raises(StoreError, match=r"the journal can't be written: .*is in the ledger already"):
            journal.append([farewell(2)])
    finally:
        postgresql.execute(allow.format("true"))
    journal.append([farewell(2), farewell(3)])
    assert list(journal.read()) == [farewell(1), farewell(2), farewell(3)]


@pytest.mark.parametrize("said", ["mysql://ada:s3cret@127.0.0.1/journal", "postgresql://ada:s3cret@127.0.0.1"])
def test_what_is_no_address_is_said_without_its_password(said):
    with pytest.raises(StoreError, match=r"^JOURNAL: ") as refused:
        in_database(said)
    assert "s3cret" not in str(refused.value)


def test_a_server_that_is_away_is_named_without_the_password():
    with pytest.raises(
        StoreError, match=r"journal on PostgreSQL journal at 127\.0\.0\.1:1: the journal can't be read"
    ) as said:
        in_database("postgresql://ada:s3cret@127.0.0.1:1/journal").last_mark()
    assert "s3cret" not in str(said.value) and "DATABASE_URL" not in str(said.value)
