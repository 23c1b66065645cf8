"""What a doctor says of one thing: how it is, what was looked at, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How something is. Only trouble is a reason to act before readers are written to."""

    OK = "ok"
    NOTE = "note"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at.

    :param about: what: ``SPF of harbor.example``.
    :param said: what was seen, one line, never a secret.
    :param remedy: what to do, one line; empty where nothing is to be done.
    """

    level: Level
    about: str
    said: str
    remedy: str = ""

    def __str__(self) -> str:
        words = f"{self.about}: {self.said}"
        return " ".join((f"{words.rstrip('.')}. {self.remedy}" if self.remedy else words).split())


class Unseen(Exception):  # noqa: N818 -- it says what happened
    """Something could not be looked up: there is no network, or nobody answers for it.

    :param about: what.
    """

    def __init__(self, about: str, why: str) -> None:
        super().__init__(why)
        self.about = about

    @property
    def finding(self) -> Found:
        return noted(self.about, f"could not be looked up: {self}", "Look again when there is a way there.")


def fine(about: str, said: str) -> Found:
    return Found(Level.OK, about, said)


def noted(about: str, said: str, remedy: str = "") -> Found:
    return Found(Level.NOTE, about, said, remedy)


def wrong(about: str, said: str, remedy: str) -> Found:
    return Found(Level.TROUBLE, about, said, remedy)
