"""What a transaction says about people who are not to be written to: kept beside it until it has committed.

A backup that is restored must not forget it, so that it is also written into a journal that no backup brings back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from weakref import WeakKeyDictionary

from sqlalchemy import Connection


class Kind(StrEnum):
    LEFT = "left"  # a list, by name
    SUPPRESSED = "suppressed"  # a scope: all, list:daily
    ERASED = "erased"  # everything


@dataclass(frozen=True, slots=True)
class Farewell:
    """One person who is not to be written to."""

    kind: Kind
    whom: str  # the keyed hash of their address
    about: str  # the list, or the scope
    why: str
    actor: str
    at: datetime


_said: WeakKeyDictionary[Connection, list[Farewell]] = WeakKeyDictionary()


def note(conn: Connection, farewell: Farewell) -> None:
    """Say it, if the transaction commits."""
    _said.setdefault(conn, []).append(farewell)


def count(conn: Connection) -> int:
    """Return how much was said so far."""
    return len(_said.get(conn, ()))


def forget(conn: Connection, after: int) -> None:
    """Take back what was said after that much: a part of the transaction was taken back."""
    del _said.get(conn, [])[after:]


def take(conn: Connection) -> list[Farewell]:
    """Return what was said, once."""
    return _said.pop(conn, [])
