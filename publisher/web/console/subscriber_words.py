"""What is said of a subscriber, by form or by request."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from publisher.web.acts import Words

Why = Annotated[str, Field(min_length=1, max_length=500, description="How you know it: kept, with your name.")]
ListName = Annotated[str, Field(max_length=100, description="Only this list of schedules.yaml; empty: all.")]
Address = Annotated[str, Field(min_length=3, max_length=320)]


class OfList(Words):
    """What somebody asked for by telephone or letter."""

    list: ListName = ""
    why: Why


class Again(Words):
    """Why somebody may be written to again."""

    why: Why
    even_complaints: bool = Field(default=False, description="Also where they called a letter spam.")


class Quiet(Words):
    """Until when somebody wants no letters."""

    until: date | None = Field(default=None, description="The day on which letters go on; null: at once.")


class Moved(Words):
    """Where somebody gets letters from now on."""

    address: Address
    why: Why


class Erased(Words):
    """That somebody is to be forgotten, said twice."""

    address: Address = Field(description="Their address, typed once more: this can't be undone.")
    why: Why


class Added(Words):
    """Whom somebody vouches for."""

    address: Address
    list: str = Field(min_length=1, max_length=100)
    name: str = Field(default="", max_length=200)


class Asked(Words):
    """Whose file is wanted."""

    address: Address
