"""Statements of every call, in SQL's own words, handed straight to the driver.

SQLAlchemy makes them ready once; what it does around each run of a statement takes ten times as long as the run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Result, bindparam, text
from sqlalchemy.engine import Dialect, IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine, to_instance

from publisher.store.sql import Many, is_postgresql

Type = TypeEngine[Any] | type[TypeEngine[Any]]
Processor = Callable[[Any], Any]


class Statement:
    """One statement, made ready once for each engine.

    ``column {names}`` asks whether a number is one of many, in one parameter; ``[…]`` stands for PostgreSQL only.

    :param columns: the types of columns that are more than text and numbers.
    :param types: the types of such parameters.
    """

    def __init__(self, words: str, /, columns: Mapping[str, Type] | None = None, **types: Type) -> None:
        self._words = words
        self._columns = columns or {}
        self._types = {name: Many(BigInteger()) for name in re.findall(r"\{(\w+)\}", words)} | types
        self._ready: dict[str, _Ready] = {}

    def __call__(self, conn: Connection, **values: Any) -> Result[Any]:
        """Run it and return its rows, all fetched."""
        ready = self._made_ready(conn)
        try:
            cursor = _driver(conn).execute(ready.words, ready.bound(values))
            rows = cursor.fetchall()
        except Exception as error:
            raise _as_theirs(conn, ready, error) from error
        return ready.result(cursor, rows)

    def change(self, conn: Connection, **values: Any) -> int:
        """Run it and return how many rows it touched."""
        ready = self._made_ready(conn)
        try:
            return int(_driver(conn).execute(ready.words, ready.bound(values)).rowcount)
        except Exception as error:
            raise _as_theirs(conn, ready, error) from error

    def change_each(self, conn: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run it for each of the values and return how many rows were touched in all."""
        ready = self._made_ready(conn)
        bound = (ready.bound(values) for values in rows)
        try:
            cursor = _driver(conn).cursor()
            if is_postgresql(conn):
                # Not by `executemany`, which sends them in a pipeline: the server doesn't count the silence of a client
                # that freezes within one, so that it would hold its rows until it wakes.
                return sum(cursor.execute(ready.words, each).rowcount for each in bound)
            cursor.executemany(ready.words, list(bound))
            return int(cursor.rowcount)
        except Exception as error:
            raise _as_theirs(conn, ready, error) from error

    def _made_ready(self, conn: Connection) -> _Ready:
        found = self._ready.get(conn.dialect.name)
        if found is None:
            found = self._ready[conn.dialect.name] = _Ready(self._in_dialect(conn), self._types, self._columns, conn)
        return found

    def _in_dialect(self, conn: Connection) -> str:
        if is_postgresql(conn):
            return re.sub(r"\{(\w+)\}", r"= ANY (:\1)", re.sub(r"\[(.*?)\]", r"\1", self._words))
        return re.sub(r"\{(\w+)\}", r"IN (SELECT value FROM json_each(:\1))", re.sub(r"\[.*?\]", "", self._words))


class Listing:
    """A query whose rows are fetched in one step, as plain tuples of numbers and text.

    On SQLite as one JSON text: each row that is fetched by itself lets go of the interpreter's lock, and under load
    every one of a thousand waits for its turn to take it again.

    :param names: of the columns, in order.
    """

    def __init__(self, words: str, /, *names: str, **types: Type) -> None:
        self._rows = Statement(words, None, **types)
        self._text = Statement(f"SELECT json_group_array(json_array({', '.join(names)})) FROM ({words})", None, **types)  # noqa: S608 -- our own

    def __call__(self, conn: Connection, **values: Any) -> Sequence[Sequence[Any]]:
        """Run it."""
        if is_postgresql(conn):
            return self._rows(conn, **values).all()
        found: list[Sequence[Any]] = json.loads(self._text(conn, **values).scalar_one())
        return found


class _Ready:
    """A statement in an engine's words, with what turns values into what its driver takes, and back."""

    def __init__(self, words: str, types: Mapping[str, Type], columns: Mapping[str, Type], conn: Connection) -> None:
        dialect = conn.dialect
        clause = text(words).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))
        compiled: Any = clause.compile(dialect=dialect)
        self.words: str = compiled.string
        self._places: Sequence[str] | None = compiled.positiontup  # None: the driver takes names
        self._names: Sequence[str] = list(compiled.params)
        self._inward = {name: _inward(kind, dialect) for name, kind in types.items()}
        self._outward = {name: _outward(kind, dialect) for name, kind in columns.items()}
        self._shape: tuple[SimpleResultMetaData, Sequence[tuple[int, Processor]]] | None = None

    def bound(self, values: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        inward = self._inward
        given = {name: turn(values[name]) if (turn := inward.get(name)) else values[name] for name in self._names}
        return given if self._places is None else tuple([given[name] for name in self._places])

    def result(self, cursor: Any, rows: Sequence[Sequence[Any]]) -> Result[Any]:
        """Return the rows under their names."""
        if self._shape is None:
            names = [column[0] for column in cursor.description]
            found = [(at, turn) for at, name in enumerate(names) if (turn := self._outward.get(name))]
            self._shape = SimpleResultMetaData(names), found
        shape, turns = self._shape
        if turns:
            rows = [_turned(row, turns) for row in rows]
        return IteratorResult(shape, iter(rows))


def _turned(row: Sequence[Any], turns: Sequence[tuple[int, Processor]]) -> Sequence[Any]:
    values = list(row)
    for at, turn in turns:
        values[at] = turn(values[at])
    return tuple(values)


def _inward(kind: Type, dialect: Dialect) -> Processor | None:
    return to_instance(kind).dialect_impl(dialect).bind_processor(dialect)


def _outward(kind: Type, dialect: Dialect) -> Processor | None:
    return to_instance(kind).dialect_impl(dialect).result_processor(dialect, None)


def _driver(conn: Connection) -> Any:
    return conn.connection.dbapi_connection


def _as_theirs(conn: Connection, ready: _Ready, error: Exception) -> Exception:
    """Return the driver's error as SQLAlchemy would raise it; a broken connection is not used again."""
    base: type[Exception] = conn.dialect.loaded_dbapi.Error
    if not isinstance(error, base):
        return error
    is_lost = conn.dialect.is_disconnect(error, _driver(conn), None)  # type: ignore[arg-type] # no cursor is open
    if is_lost:
        conn.invalidate(error)
    said: Exception = DBAPIError.instance(
        ready.words, None, error, base, hide_parameters=True, connection_invalidated=is_lost, dialect=conn.dialect
    )
    return said
