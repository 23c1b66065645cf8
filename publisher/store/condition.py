"""How the database itself stands: which it is, and the settings on which it depends that nothing written is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

ASKED = ("server_version", "server_encoding", "fsync", "full_page_writes", "max_connections")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a database says of itself.

    :ivar settings: by name, as the server says them; of SQLite its journal's mode.
    :ivar connections: how many there are to a server, everybody's.
    """

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    follows: bool = False  # a server that only repeats another's
    connections: int = 0


def of(conn: Connection) -> Condition:
    """Ask the database."""
    if conn.dialect.name == "sqlite":
        version = conn.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        return Condition(f"SQLite {version}", {"journal_mode": _said(conn, "PRAGMA journal_mode")})
    settings = {name: _said(conn, f"SHOW {name}") for name in ASKED}
    follows = bool(conn.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one())
    connections = int(conn.exec_driver_sql("SELECT count(*) FROM pg_stat_activity").scalar_one())
    return Condition(f"PostgreSQL {settings['server_version'].split()[0]}", settings, follows, connections)


def _said(conn: Connection, question: str) -> str:
    return str(conn.exec_driver_sql(question).scalar_one())
