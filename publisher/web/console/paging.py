"""Lists of the interface: a page of them, and what to ask for next."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

T = TypeVar("T")

MOST = 200
PAGE = 50
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many, newest first.")]
Number = Annotated[int, Query(ge=0, le=2**63 - 1, description="What `after` of the page before said; 0: the newest.")]
Word = Annotated[str, Query(max_length=200)]


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    after: str = Field(default="", description="Ask for this as `after` to get the next page; empty: that was all.")
