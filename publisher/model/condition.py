"""The condition of a segment: ``city == "Porto" and joined > 90d``. What may be asked; `condition_parser` reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

Value = str | float | date | timedelta
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Kind = Literal["attribute", "joined", "language", "domain"]


class ConditionError(ValueError):
    """A condition that can't be meant.

    :param what: is wrong, as a sentence without a full stop.
    :param at: the character, counted from 0, at which it stands.
    :param remedy: what to write instead.
    """

    def __init__(self, what: str, at: int, remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.at, self.remedy = what, at, remedy


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: something that we know of every reader, or an attribute of theirs."""

    kind: Kind
    name: str  # of the attribute; else as the kind
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A subject beside a value."""

    subject: Subject
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A subject that is one of several values of one kind."""

    subject: Subject
    values: tuple[str, ...] | tuple[float, ...] | tuple[date, ...]


@dataclass(frozen=True, slots=True)
class IsOn:
    """Being a confirmed reader of a list."""

    list_name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Every:
    """All of several conditions: ``and``."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of several conditions: ``or``."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite: whoever isn't meant by the condition is meant by this one, and the other way round."""

    part: Condition


Condition = Comparison | OneOf | IsOn | Every | Any | Not


def parts_of(condition: Condition) -> Iterator[Comparison | OneOf | IsOn]:
    """Yield everything that a condition asks, in order."""
    match condition:
        case Every(parts) | Any(parts):
            for part in parts:
                yield from parts_of(part)
        case Not(part):
            yield from parts_of(part)
        case _:
            yield condition
