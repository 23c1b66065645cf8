"""A subscriber: who reads, what they chose, and the consent that proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SubscriptionState(StrEnum):
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    LEFT = "left"


class LetterKind(StrEnum):
    """A letter to one person, because they asked for something."""

    CONFIRM = "confirm"  # do you want this list?
    WELCOME = "welcome"  # you are on it now
    ACCESS = "access"  # the link to what only the owner of the address may see and change
    MOVE = "move"  # to the new address: is it yours?


@dataclass(frozen=True, slots=True)
class Errand:
    """What a standing send is about; its entry says it: ``confirm:daily:en``."""

    kind: LetterKind
    about: str  # the list; of a move the id of whoever moves; else empty
    language: str

    @property
    def entry(self) -> str:
        return f"{self.kind}:{self.about}:{self.language}"

    @classmethod
    def of(cls, entry: str) -> Errand:
        kind, about, language = entry.split(":")
        return cls(LetterKind(kind), about, language)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person who reads."""

    id: int
    email: str  # as typed, domain in lower case
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    language: str = ""  # that they chose; empty: the list's
    paused_until: datetime | None = None  # they asked for quiet until then


@dataclass(frozen=True, slots=True)
class Subscription:
    """One person's choice of one list, and how we know."""

    list_name: str
    state: SubscriptionState
    basis: str  # "imported from people.csv", "sign-up page, wording 3"
    since: datetime
    actor: str
