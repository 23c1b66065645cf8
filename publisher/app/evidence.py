"""One delivery with its evidence: every attempt, and what was said of it later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.store import Connection, RowMapping, calls, events, log, tries, withdrawals

LONGEST = 4_000  # characters of a provider's words that are shown
_CONTROL = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Try:
    """One of several tries of a call."""

    how: str  # first, repeat (said again under its key), or ask (the provider was asked what became of it)
    spoke_at: datetime | None
    closed_at: datetime | None  # None: under way, or no answer was written down
    status: int | None  # of HTTP
    outcome: str
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that tried to bring it."""

    call: int
    channel: str  # that was called: the send itself may be on its fallback by now
    state: str
    size: int  # how many it was for
    key: str  # by which the provider knows a call that is said again (idempotency key)
    tries: int
    opened_at: datetime
    spoke_at: datetime | None
    closed_at: datetime | None
    status: int | None  # of HTTP
    outcome: str  # for this delivery; empty: nothing is known yet
    reason: str
    provider_id: str  # by which the provider knows the request, or the letter
    url: str  # of the post
    words: str  # the provider's, as far as they are shown
    each: Sequence[Try]  # oldest first, the last one too; empty: it was tried once

    @property
    def said(self) -> int:
        """How often it was said: asking is not saying."""
        return sum(one.how != tries.ASK for one in self.each) or 1


@dataclass(frozen=True, slots=True)
class Later:
    """What a provider said later."""

    type: str
    happened_at: datetime
    received_at: datetime
    counts: bool  # False: it changed nothing
    words: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One delivery."""

    row: RowMapping  # as the log shows it
    attempts: Sequence[Attempt]  # oldest first
    later: Sequence[Later]  # in the order in which it happened
    is_withdrawn: bool  # its post was taken down
    left: int  # how many parts of a thread had left that did not leave whole

    @property
    def said(self) -> int:
        """How often it was tried, each repeat of a call counted."""
        return int(self.row["attempts"]) + sum(each.said - 1 for each in self.attempts)


def evidence_of(conn: Connection, delivery_id: int) -> Evidence | None:
    """Return a delivery with all that is known of it; None where there is none."""
    row = log.get(conn, delivery_id)
    if row is None:
        return None
    told = calls.outcomes_of(conn, delivery_id)
    taken = calls.of_delivery(conn, delivery_id, row["call_id"])
    again = tries.of_calls(conn, [call["id"] for call in taken])
    tried = [_attempt(call, told.get(call["id"]), again.get(call["id"], ())) for call in taken]
    later = [_later(event) for event in events.of_delivery(conn, delivery_id)]
    edition_id = row["edition_id"]
    is_withdrawn = edition_id is not None and delivery_id in withdrawals.taken_down(conn, edition_id)
    part = withdrawals.in_part(conn, [edition_id]).get(delivery_id) if edition_id is not None else None
    return Evidence(row, tried, later, is_withdrawn, len(part.parts) if part else 0)


def _attempt(call: RowMapping, told: RowMapping | None, again: Sequence[RowMapping]) -> Attempt:
    own = told or call  # what was said of this one comes before what was said of all
    return Attempt(
        call=call["id"],
        channel=call["channel"],
        state=call["state"],
        size=call["size"],
        key=call["key"],
        tries=call["tries"] or 1,
        opened_at=call["opened_at"],
        spoke_at=call["spoke_at"],
        closed_at=call["closed_at"],
        status=call["status"],
        outcome=own["outcome"] or "",
        reason=readable(own["reason"] or call["reason"] or ""),
        provider_id=readable(own["provider_id"] or call["provider_id"] or ""),
        url=call["url"] or "",
        words=readable(call["words"] or ""),
        each=[_try(row) for row in again],
    )


def _try(row: RowMapping) -> Try:
    return Try(
        how=row["how"],
        spoke_at=row["spoke_at"],
        closed_at=row["closed_at"],
        status=row["status"],
        outcome=row["outcome"] or "",
        reason=readable(row["reason"] or ""),
        words=readable(row["words"] or ""),
    )


def _later(event: RowMapping) -> Later:
    words = readable(event["words"])
    return Later(event["type"], event["happened_at"], event["received_at"], event["counts"], words)


def readable(words: str) -> str:
    """Return a provider's words without what would move or hide others, cut where they are very long."""
    shown = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", words[:LONGEST].replace("\r\n", "\n"))
    return f"{shown} …" if len(words) > LONGEST else shown
