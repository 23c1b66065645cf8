"""Channels as the interface tells of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from publisher.app.channels import ChannelNow
from publisher.app.doctor import Found, Level
from publisher.store import RowMapping

Hiding = Callable[[str | None], str]


class ChannelLine(BaseModel):
    """How a channel stands."""

    name: str
    sender: str
    carries: list[str] = Field(description="mail, post; empty: there is no such sender.")
    state: str = Field(description="well, failing, resting, stopped, unusable")
    why: str
    until: datetime | None = Field(description="The end of its rest.")
    failures: int = Field(description="Calls in a row that reached nobody.")
    per_second: float | None = Field(description="Recipients a second, by its own limit; null: no limit.")
    calls_per_second: float | None
    used_today: int = Field(description="Recipients of today, where they are counted.")
    most_today: int | None = Field(description="Recipients that it may have today; null: no limit.")
    readers_waiting: int
    sends_waiting: int
    warming: str = Field(description="How far its domain is warmed up; empty: it needs no warming.")


class Token(BaseModel):
    """What a channel was given for a while; never what it says."""

    name: str
    changed_at: datetime | None
    ends_at: datetime | None = Field(description="Then a person has to get another one; null: never, or unknown.")


class ChannelCall(BaseModel):
    """One of its last calls."""

    id: int
    edition: int | None
    state: str
    recipients: int
    at: datetime
    outcome: str | None
    status: int | None = Field(description="By HTTP or SMTP.")
    reason: str


class Seen(BaseModel):
    """What a check found."""

    level: Level
    about: str
    said: str
    remedy: str


class ChannelWhole(ChannelLine):
    """All of a channel."""

    seconds: float | None = Field(description="How long its last calls took, in the middle.")
    tokens: list[Token]
    calls: list[ChannelCall]
    checked_at: datetime | None = Field(description="Null: nobody has looked since this process began.")
    findings: list[Seen]


def line_of(each: ChannelNow, hide: Hiding) -> ChannelLine:
    """Return a channel as a line."""
    return ChannelLine(
        name=each.name,
        sender=each.sender,
        carries=list(each.carries),
        state=each.state,
        why=hide(each.why),
        until=each.until,
        failures=each.failures,
        per_second=each.rules.rate_per_second,
        calls_per_second=each.rules.calls_per_second,
        used_today=each.used,
        most_today=each.most,
        readers_waiting=each.readers,
        sends_waiting=each.sends,
        warming=str(each.warming or ""),
    )


def whole_of(each: ChannelNow, hide: Hiding, found: Iterable[Found], at: datetime | None) -> ChannelWhole:
    """Return all of a channel."""
    return ChannelWhole(
        **line_of(each, hide).model_dump(),
        seconds=each.seconds,
        tokens=[Token.model_validate(dict(row)) for row in each.tokens],
        calls=[_call(row, hide) for row in each.calls],
        checked_at=at,
        findings=[
            Seen(level=one.level, about=one.about, said=hide(one.said), remedy=hide(one.remedy)) for one in found
        ],
    )


def _call(row: RowMapping, hide: Hiding) -> ChannelCall:
    return ChannelCall(
        id=row["id"],
        edition=row["edition_id"],
        state=row["state"],
        recipients=row["size"],
        at=row["opened_at"],
        outcome=row["outcome"],
        status=row["status"],
        reason=hide(row["reason"]),
    )
