"""Statements of every call, in SQL's own words: to build one anew takes ten times as long as to run it."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        types |= {name: Many(BigInteger()) for name in re.findall(r"\{(\w+)\}", words)}
        sqlite = re.sub(r"\{(\w+)\}", r"IN (SELECT value FROM json_each(:\1))", re.sub(r"\[.*?\]", "", words))
        postgresql = re.sub(r"\{(\w+)\}", r"= ANY (:\1)", re.sub(r"\[(.*?)\]", r"\1", words))
        self._sqlite = _made_ready(sqlite, columns, types)
        self._postgresql = _made_ready(postgresql, columns, types)

    def __call__(self, conn: Connection, **values: Any) -> CursorResult[Any]:
        """Run it."""
        return conn.execute(self._postgresql if is_postgresql(conn) else self._sqlite, values)


def _made_ready(words: str, columns: Mapping[str, Type] | None, types: Mapping[str, Type]) -> Any:
    statement = text(words).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))
    return statement.columns(**columns) if columns else statement
