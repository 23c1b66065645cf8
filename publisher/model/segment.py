"""A segment: those readers of a list whom a condition means. And what a send keeps of it for when it is addressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Segment:
    """A named condition of schedules.yaml."""

    name: str
    condition: str  # as written; `condition_parser.parse` reads it
    where: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of its lists' readers a send is for, by the file that its edition was made under. As it is: all of them."""

    segment: str = ""  # its name
    condition: str = ""
    zone: str = "UTC"  # of the days that the condition names
    languages: Mapping[str, str] = field(default_factory=dict)  # of each list: of readers who chose none
    never_twice: bool = False  # not whoever has got its one article from another schedule

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Selection:
        """Return what a send's row keeps."""
        return cls(**kept) if kept else cls()

    @property
    def kept(self) -> dict[str, Any] | None:
        """What a send's row keeps; None where it is for all."""
        return asdict(self) if self.condition or self.never_twice else None
