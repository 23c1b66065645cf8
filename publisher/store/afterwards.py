"""What is to be done once a transaction has committed, and never where it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

Call = Callable[[], object]

_wanted: WeakKeyDictionary[Connection, list[Call]] = WeakKeyDictionary()


def note(conn: Connection, call: Call) -> None:
    """Have this called after the commit; it is quick, raises nothing, and may as well have been for nothing."""
    _wanted.setdefault(conn, []).append(call)


def take(conn: Connection) -> list[Call]:
    """Return what is to be called, once."""
    return _wanted.pop(conn, [])
