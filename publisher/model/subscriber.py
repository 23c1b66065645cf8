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


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person who reads."""

    id: int
    email: str  # as typed, domain in lower case
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One person's choice of one list, and how we know."""

    list_name: str
    state: SubscriptionState
    basis: str  # "imported from people.csv", "sign-up page, wording 3"
    since: datetime
    actor: str
