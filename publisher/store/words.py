"""Statements of every call, in SQL's own words: to build one anew takes ten times as long as to run it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, CursorResult, bindparam, text
from sqlalchemy.types import TypeEngine

from publisher.store.sql import Many, is_postgresql

Type = TypeEngine[Any] | type[TypeEngine[Any]]


class Statement:
    """One statement, made ready once for each engine.

    ``column {names}`` asks whether a number is one of many, in one parameter; ``[…]`` stands for PostgreSQL only.

    :param columns: the types of columns that are more than text and numbers.
    :param types: the types of such parameters.
    """

    def __init__(self, words: str, /, columns: Mapping[str, Type] | None = None, **types: Type) -> None:
        types = {name: Many(BigInteger()) for name in re.findall(r"\{(\w+)\}", words)} | types
        sqlite = re.sub(r"\{(\w+)\}", r"IN (SELECT value FROM json_each(:\1))", re.sub(r"\[.*?\]", "", words))
        postgresql = re.sub(r"\{(\w+)\}", r"= ANY (:\1)", re.sub(r"\[(.*?)\]", r"\1", words))
        self._sqlite = _made_ready(sqlite, columns, types)
        self._postgresql = _made_ready(postgresql, columns, types)

    def __call__(self, conn: Connection, **values: Any) -> CursorResult[Any]:
        """Run it."""
        return conn.execute(self._postgresql if is_postgresql(conn) else self._sqlite, values)

    def many(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> CursorResult[Any]:
        """Run it for each of the rows; ``rowcount`` is that of all."""
        return conn.execute(self._postgresql if is_postgresql(conn) else self._sqlite, rows)


class Listing:
    """A query whose rows are fetched in one step, as plain tuples of numbers and text.

    On SQLite as one JSON text: each row that is fetched by itself lets go of the interpreter's lock, and under load
    every one of a thousand waits for its turn to take it again.

    :param names: of the columns, in order.
    """

    def __init__(self, words: str, /, *names: str, **types: Type) -> None:
        self._rows = Statement(words, None, **types)
        self._text = Statement(f"SELECT json_group_array(json_array({', '.join(names)})) FROM ({words})", None, **types)  # noqa: S608 -- our own

    def __call__(self, conn: Connection, **values: Any) -> list[Sequence[Any]]:
        """Run it."""
        if is_postgresql(conn):
            return list(self._rows(conn, **values))
        found: list[Sequence[Any]] = json.loads(self._text(conn, **values).scalar_one())
        return found


def _made_ready(words: str, columns: Mapping[str, Type] | None, types: Mapping[str, Type]) -> Any:
    statement = text(words).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))
    return statement.columns(**columns) if columns else statement
