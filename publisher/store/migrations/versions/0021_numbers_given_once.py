"""The number of a row is given once, also where rows with higher numbers are gone; until now SQLite gave it again.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WORDS = {"before": "PRIMARY KEY (id)", "after": "PRIMARY KEY (id AUTOINCREMENT)"}
FIND = text("SELECT name FROM sqlite_master WHERE type = 'table' AND instr(sql, :before)")
CHANGE = text("UPDATE sqlite_master SET sql = replace(sql, :before, :after) WHERE type = 'table'")


def upgrade() -> None:
    conn = op.get_bind()
    if conn.dialect.name != "sqlite":
        return
    # SQLite makes its table of the highest numbers for the first table that says so, and keeps it when that goes.
    conn.exec_driver_sql("CREATE TABLE first_number (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    conn.exec_driver_sql("DROP TABLE first_number")
    numbered = conn.execute(FIND, WORDS).scalars().all()
    # Rows are kept alike with the word and without. So the declarations are changed, as sqlite.org/lang_altertable.html
    # says for what doesn't touch the disk's format: millions of rows, and what refers to them, stay where they are.
    conn.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        conn.execute(CHANGE, WORDS)
    finally:
        conn.exec_driver_sql("PRAGMA writable_schema = RESET")  # off, and the declarations are read anew
    for name in numbered:
        newest = f"SELECT '{name}', coalesce(max(id), 0) FROM {name}"  # noqa: S608 -- tables of ours
        conn.exec_driver_sql(f"INSERT INTO sqlite_sequence (name, seq) {newest}")
