"""The numbers of rows, which leave the house in links, references and addresses: each is given once, restored or not.

Both engines count on from the highest number that they gave, as far as the ledger knows it: SQLite by AUTOINCREMENT,
PostgreSQL by its sequences. A restored ledger doesn't know what was given since its backup.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from publisher.errors import StoreError
from publisher.store.sql import is_postgresql
from publisher.store.tables import EPOCH, metadata

LARGEST = 2**53 - 1  # that a program which reads JSON as JavaScript does tells from the next
GAP = 1_000_000_000  # numbers that are left out where the clock was set back since the last restore
NUMBERED = tuple(table.name for table in metadata.sorted_tables if table.autoincrement_column is not None)

_ON_SQLITE = (
    text(
        "INSERT INTO sqlite_sequence (name, seq) "  # which has a row only of tables that have had rows
        "SELECT :table, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :table)"
    ),
    text(
        "UPDATE sqlite_sequence SET seq = CASE WHEN seq < :beyond THEN :beyond ELSE seq + :gap END WHERE name = :table"
    ),
)
_ON_POSTGRESQL = (
    text(
        "SELECT setval(sequence, CASE WHEN next < :beyond THEN :beyond ELSE next + :gap END) "
        "FROM (SELECT sequence, nextval(sequence) AS next "
        "FROM (SELECT pg_get_serial_sequence(:table, 'id')::regclass AS sequence) AS named) AS counted"
    ),
)


def leave_out_lost(conn: Connection, now: datetime) -> None:
    """Go on, in every table, with numbers that nothing which was lost can have had.

    They begin at the microsecond of now. No ledger gives a million of them a second for long, so whatever was given
    before is lower: by this ledger, and by those that were restored from the same backup earlier.

    :raises StoreError: by this clock they would be too large.
    """
    beyond = (now - EPOCH) // timedelta(microseconds=1)
    if beyond > LARGEST:
        raise StoreError(f"the clock says that it is {now:%Y-%m-%d}", remedy="Set it, and run the command again")
    statements = _ON_POSTGRESQL if is_postgresql(conn) else _ON_SQLITE
    for table in NUMBERED:
        for statement in statements:
            conn.execute(statement, {"table": table, "gap": GAP, "beyond": beyond})
