"""The journal in a database of its own on PostgreSQL: a table whose lines are never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from publisher.errors import StoreError
from publisher.store import journal
from publisher.store.address import parse, place
from publisher.store.journal import OWED, Journal, Line, Mark
from publisher.store.postgresql import WRITING, engine_of
from publisher.store.sql import lock_number
from publisher.store.trouble import explain

NAME = "JOURNAL"
SETTINGS = WRITING | {"lock_timeout": "15s", "statement_timeout": "1min"}
PAGE = 5_000  # lines that are read at once
MAKE = (
    """
    CREATE TABLE publisher_journal (
        number bigint PRIMARY KEY,
        written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        is_mark boolean NOT NULL,
        line text NOT NULL
    )
    """,
    """
    CREATE FUNCTION publisher_journal_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'lines are added to the journal, and never changed'; END $$
    """,
    """
    CREATE TRIGGER keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON publisher_journal
    FOR EACH STATEMENT EXECUTE FUNCTION publisher_journal_keeps()
    """,
)
# Not by `to_regclass`, which may answer from what this connection knew before it waited for somebody who made it.
IS_MADE = """
    SELECT EXISTS (
        SELECT FROM pg_tables WHERE tablename = 'publisher_journal' AND schemaname = ANY (current_schemas(false))
    )
"""
# A backup of that database would bring the journal back with the ledger.
HAS_LEDGER = "SELECT count(*) = 3 FROM pg_tables WHERE tablename IN ('deliveries', 'sends', 'calls')"
LAST = "SELECT number, written_at, line FROM publisher_journal ORDER BY number DESC LIMIT 1"
LAST_MARK = "SELECT line FROM publisher_journal WHERE is_mark ORDER BY number DESC LIMIT 1"
AFTER = "SELECT number, line FROM publisher_journal WHERE number > :number ORDER BY number LIMIT :most"
ADD = "INSERT INTO publisher_journal (number, is_mark, line) VALUES (:number, :is_mark, :line)"
ALONE = "LOCK TABLE publisher_journal IN SHARE ROW EXCLUSIVE MODE"  # whoever reads isn't kept waiting


class JournalDatabase(Journal):
    """A journal in a database, which the processes of several machines may write.

    :param address: of another database than the ledger's; its table is made at the first use.
    :raises StoreError: it is no address of a database.
    """

    def __init__(self, address: str) -> None:
        url = parse(address, NAME)
        super().__init__(f"journal on {place(url)}")
        self._engine = engine_of(url, SETTINGS)
        self._is_made = False

    def _append(self, lines: Sequence[Line]) -> None:
        with self._begun(OWED) as conn:
            conn.execute(text(ALONE))
            last = conn.execute(text(LAST)).first()
            number, before = (last.number, journal.sum_of(last.line)) if last else (0, "")
            kept = zip(lines, journal.written(lines, before), strict=True)
            rows = [
                {"number": number + place_, "is_mark": isinstance(line, Mark), "line": said}
                for place_, (line, said) in enumerate(kept, start=1)
            ]
            if rows:
                conn.execute(text(ADD), rows)

    def read(self) -> Iterator[Line]:
        number, before = 0, ""
        while page := self._page(number):
            for number, line in page:
                before = journal.checked(line, before, f"{self.where}, line {number}")
                yield journal.read(line)

    def _page(self, number: int) -> list[tuple[int, str]]:
        # Short transactions: each line that is read may be carried out before the next one.
        with self._begun() as conn:
            return [(row.number, row.line) for row in conn.execute(text(AFTER), {"number": number, "most": PAGE})]

    def last_mark(self) -> Mark | None:
        with self._begun() as conn:
            line = conn.execute(text(LAST_MARK)).scalar_one_or_none()
        found = journal.read(line) if line else None
        return found if isinstance(found, Mark) else None

    def written_at(self) -> datetime | None:
        with self._begun() as conn:
            last = conn.execute(text(LAST)).first()
        return last.written_at.astimezone(UTC) if last else None

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begun(self, remedy: str = "") -> Iterator[Connection]:
        """A transaction on the journal's database, whose table is there.

        :param remedy: what becomes of what can't be written.
        """
        try:
            with self._engine.begin() as conn:
                self._make(conn)
                yield conn
            self._is_made = True
        except DBAPIError as error:
            what, how = explain(error)
            words = f"{how.replace('DATABASE_URL', NAME)}; {remedy}" if remedy else how.replace("DATABASE_URL", NAME)
            raise StoreError(
                f"the journal can't be {'written' if remedy else 'read'}: {what}", where=self.where, remedy=words
            ) from error

    def _make(self, conn: Connection) -> None:
        if self._is_made or conn.execute(text(IS_MADE)).scalar_one():
            return
        if conn.execute(text(HAS_LEDGER)).scalar_one():
            remedy = f"Name another database in {NAME}: whoever restores this one would restore the journal with it"
            raise StoreError("there is a ledger in this database", where=self.where, remedy=remedy)
        conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number("publisher_journal")})
        if not conn.execute(text(IS_MADE)).scalar_one():  # several processes may begin at once
            for statement in MAKE:
                conn.execute(text(statement))
