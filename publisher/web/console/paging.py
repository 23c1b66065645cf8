"""Lists of the interface: a page of them, and what to ask for next."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from publisher.errors import UsageError
from publisher.web.fitness import unfit

T = TypeVar("T")

MOST = 200
PAGE = 50
LONGEST = 1_000  # characters of a mark
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many, at most.")]
Mark = Annotated[
    str, Query(max_length=LONGEST, description="What `after` of the page before said; empty: the first page.")
]
Word = Annotated[str, Query(max_length=200)]
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    after: str = Field(default="", description="Ask for this as `after` to get the next page; empty: that was all.")


def cut(found: Sequence[T], limit: int, mark: Callable[[T], str]) -> tuple[Sequence[T], str]:
    """Return a page, and the mark of the next; empty: that was all.

    :param found: one more than the page, where there is more.
    :param mark: says where a page ends whose last this is.
    """
    return found[:limit], mark(found[limit - 1]) if len(found) > limit else ""


def cut_by_name(every: Sequence[T], after: str, limit: int, name: Callable[[T], str]) -> tuple[Sequence[T], str]:
    """Return a page of things that have an order of their own, and a name each; and the mark of the next.

    :raises UsageError: none has the name that the mark says.
    """
    start = 0
    if after:
        (last,), names = unpack(after, str), [name(each) for each in every]
        if last not in names:
            raise no_such_page()
        start = names.index(last) + 1
    return cut(every[start:], limit, lambda each: pack(name(each)))


def pack(*values: Any) -> str:
    """Return a mark of where a page ends."""
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def number_in(mark: str) -> int | None:
    """Return the number of the last thing of the page before, as `pack` was told it; None: it is the first page.

    :raises UsageError: no mark of ours says that.
    """
    return int(unpack(mark, int)[0]) if mark else None


def unpack(mark: str, *kinds: type) -> list[Any]:
    """Return what a mark says.

    :raises UsageError: none of ours says that.
    """
    try:
        said = json.loads(urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except (ValueError, RecursionError):
        said = None
    fits = isinstance(said, list) and len(said) == len(kinds) and not unfit(said)
    if not (fits and all(type(value) is kind for value, kind in zip(said, kinds, strict=True))):
        raise no_such_page()
    return list(said)


def no_such_page() -> UsageError:
    """Return the error of a mark that none of ours is."""
    return UsageError("this list has no such page", remedy="Begin at its first page")


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
        raise no_such_page() from error
