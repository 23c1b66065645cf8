"""What the two engines say differently: SQLite and PostgreSQL, behind one spelling."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

from publisher.store.plain import plain


def is_postgresql(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


def upsert(conn: Connection, table: Table) -> Insert:
    """Return an INSERT that can say ON CONFLICT."""
    if not is_postgresql(conn):
        return sqlite_insert(table)
    # Here: a ledger on SQLite needs no PostgreSQL.
    from sqlalchemy.dialects import postgresql

    made: Any = postgresql.insert(table)  # says ON CONFLICT in the same words
    return cast(Insert, made)


def insert_new(conn: Connection, table: Table, **values: Any) -> bool:
    """Insert one row unless one like it is there already; say whether it is new."""
    # Not by the count of rows: PostgreSQL's driver doesn't tell it of every INSERT.
    made = upsert(conn, table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return conn.execute(made).one_or_none() is not None


def take_turn(conn: Connection, name: str, *, patience: str = "") -> None:
    """Let only one transaction at a time go on from here, for something that has no row of its own to lock.

    On SQLite there is only one write transaction anyway.

    :param patience: how long to wait, where it may take longer than usual: ``60s``.
    """
    if is_postgresql(conn):
        if patience:
            conn.execute(select(func.set_config("lock_timeout", patience, True)))  # of this transaction
        conn.execute(select(func.pg_advisory_xact_lock(lock_number(name))))


def share_turn(conn: Connection, name: str) -> bool:
    """Let nobody have a turn until this transaction ends, as many others may do as well; say whether nobody has it."""
    return not is_postgresql(conn) or bool(
        conn.execute(select(func.pg_try_advisory_xact_lock_shared(lock_number(name)))).scalar_one()
    )


def be_patient(conn: Connection) -> None:
    """Let this transaction take its time on PostgreSQL: an index over all deliveries is not made in minutes."""
    if is_postgresql(conn):
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            conn.execute(select(func.set_config(limit, "0", True)))


def lock_number(name: str) -> int:
    """Return the number under which PostgreSQL knows a lock."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


def count_anew(conn: Connection, *tables: Table) -> None:
    """Let PostgreSQL count tables that have just grown; by older figures it may compare every row with every other."""
    if is_postgresql(conn):
        conn.exec_driver_sql("ANALYZE " + ", ".join(table.name for table in tables))


def among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Say that a column is one of many values, in one parameter however many they are.

    SQLite takes 32,766 parameters and PostgreSQL 65,535; an audience has more members than that.
    """
    return _Among(column, bindparam(None, list(values), _many_of(column), unique=True))


def among_named(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Say the same in a statement that is made once: the values are given by this name when it is run."""
    return _Among(column, bindparam(name, type_=_many_of(column)))


def _many_of(column: ColumnElement[Any]) -> Many:
    return Many(BigInteger() if isinstance(column.type, BigInteger) else Text())


def each_of(conn: Connection, values: Iterable[str]) -> ColumnElement[str]:
    """Return a column of these values to select from, in one parameter however many they are."""
    given = bindparam(None, list(values), Many(Text()), unique=True)
    if is_postgresql(conn):
        return func.unnest(given, type_=Text()).column_valued("value")
    return func.json_each(given).table_valued("value").c.value


class Many(TypeDecorator[list[Any]]):
    """Many values in one parameter: a JSON array on SQLite, an array of its own on PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: BigInteger | Text) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import ARRAY

        return dialect.type_descriptor(ARRAY(self.kind))

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        return values if dialect.name == "postgresql" else json.dumps(values)


class _Among(FunctionElement[bool]):
    """`column IN (…)` over one parameter."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> _Among:
        return self  # else SQLite is asked `… = 1`, for which it looks at every row of the table


@compiles(_Among)
def _among_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 -- compiled clauses, not values


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


def text_of_key(column: ColumnElement[Any], key: str) -> ColumnElement[str]:
    """Return what a JSON object says under a key, as text; NULL where it says nothing. The key may be any text."""
    return _TextOfKey(column, bindparam(None, plain(key), Text(), unique=True))


class _TextOfKey(FunctionElement[str]):
    """`column ->> key`, without a meaning of its own for any character of the key."""

    name = "text_of_key"
    type = Text()
    inherit_cache = True


@compiles(_TextOfKey)
def _text_of_path(element: _TextOfKey, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    # Not by a path: in one, quotes and escapes of the key would have to be those of the text that is kept.
    return f"(SELECT CAST(value AS TEXT) FROM json_each({column}) WHERE key = {key})"  # noqa: S608 -- compiled clauses


@compiles(_TextOfKey, "postgresql")
def _text_of_operator(element: _TextOfKey, compiler: SQLCompiler, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} ->> {key})"


def day_of(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the day, in UTC, of a moment that is kept in microseconds: ``2026-11-24``."""
    return _DayOf(column)


class _DayOf(FunctionElement[str]):
    """The day of a moment, as text."""

    name = "day_of"
    type = Text()
    inherit_cache = True


@compiles(_DayOf)
def _day_by_strftime(element: _DayOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime('%Y-%m-%d', ({compiler.process(element.clauses, **options)}) / 1000000, 'unixepoch')"


@compiles(_DayOf, "postgresql")
def _day_by_to_char(element: _DayOf, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"to_char(to_timestamp(({moment}) / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
