"""Lists of the interface: a page of them, and what to ask for next."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from publisher.errors import UsageError

T = TypeVar("T")

MOST = 200
PAGE = 50
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many, newest first.")]
Number = Annotated[int, Query(ge=0, le=2**63 - 1, description="What `after` of the page before said; 0: the newest.")]
Word = Annotated[str, Query(max_length=200)]

Mark = Annotated[str, Query(max_length=1_000, description="What `after` of the page before said; empty: the newest.")]
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    after: str = Field(default="", description="Ask for this as `after` to get the next page; empty: that was all.")


def pack(*values: Any) -> str:
    """Return a mark of where a page ends."""
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def unpack(mark: str, *kinds: type) -> list[Any]:
    """Return what a mark says.

    :raises UsageError: none of ours says that.
    """
    try:
        said = json.loads(urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except (ValueError, RecursionError):
        said = None
    fits = isinstance(said, list) and len(said) == len(kinds)
    if not (fits and all(type(value) is kind for value, kind in zip(said, kinds, strict=True))):
        raise UsageError("this list has no such page", remedy="Begin at its first page")
    return list(said)


def as_number(moment: datetime) -> int:
    """Return a moment as a mark keeps it: microseconds since 1970."""
    return (moment - BEGINNING) // timedelta(microseconds=1)


def as_moment(number: int) -> datetime:
    """Return what `as_number` was made of.

    :raises UsageError: no moment is that.
    """
    try:
        return BEGINNING + timedelta(microseconds=number)
    except OverflowError as error:
        raise UsageError("this list has no such page", remedy="Begin at its first page") from error
