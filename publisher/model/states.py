"""The four things that have states, and every move they may make. `docs/states.md` is the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class EditionState(StrEnum):
    DRAFT = "draft"
    LOCKED = "locked"
    CLOSED = "closed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class SendState(StrEnum):
    MADE = "made"
    HELD = "held"
    WAITING = "waiting"  # for approval
    READY = "ready"
    ADDRESSED = "addressed"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class CallState(StrEnum):
    CLAIMED = "claimed"  # members frozen, nothing said yet
    SENDING = "sending"  # committed before a byte leaves
    ANSWERED = "answered"
    UNKNOWN = "unknown"
    GIVEN_BACK = "given back"


class DeliveryState(StrEnum):
    PENDING = "pending"
    TAKEN = "taken"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    EXCLUDED = "excluded"
    CANCELLED = "cancelled"


E, S, C, D = EditionState, SendState, CallState, DeliveryState
CLAIMABLE = (S.ADDRESSED, S.SENDING)  # its deliveries may be taken to be sent
ENDED = (S.DONE, S.CANCELLED)  # nothing of such a send is left to do

EDITION_MOVES: Mapping[EditionState, frozenset[EditionState]] = {
    E.DRAFT: frozenset({E.LOCKED, E.SKIPPED, E.CANCELLED}),
    E.LOCKED: frozenset({E.DRAFT, E.CLOSED, E.CANCELLED}),  # a draft again: approved, and opened before its slot
    E.CLOSED: frozenset({E.LOCKED}),  # only by an operator's resend
    E.SKIPPED: frozenset(),
    E.CANCELLED: frozenset(),
}

SEND_MOVES: Mapping[SendState, frozenset[SendState]] = {
    S.MADE: frozenset({S.HELD, S.WAITING, S.READY, S.CANCELLED}),
    # To made: its edition was opened again, and it is made anew when that is locked.
    S.HELD: frozenset({S.MADE, S.READY, S.CANCELLED}),
    S.WAITING: frozenset({S.MADE, S.READY, S.HELD, S.CANCELLED}),
    S.READY: frozenset({S.MADE, S.ADDRESSED, S.HELD, S.CANCELLED}),
    S.ADDRESSED: frozenset({S.SENDING, S.PAUSED, S.DONE, S.CANCELLED}),
    S.SENDING: frozenset({S.PAUSED, S.DONE, S.CANCELLED}),
    S.PAUSED: frozenset({S.SENDING, S.CANCELLED}),
    S.DONE: frozenset({S.SENDING}),  # only by an operator's resend
    S.CANCELLED: frozenset(),
}

CALL_MOVES: Mapping[CallState, frozenset[CallState]] = {
    C.CLAIMED: frozenset({C.SENDING, C.GIVEN_BACK}),
    C.SENDING: frozenset({C.ANSWERED, C.UNKNOWN}),
    C.UNKNOWN: frozenset({C.ANSWERED}),
    C.ANSWERED: frozenset(),
    C.GIVEN_BACK: frozenset(),
}

DELIVERY_MOVES: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    # To sent: a provider's later word of what was put off, because it had seemed not to be accepted.
    D.PENDING: frozenset({D.TAKEN, D.SENT, D.SUPPRESSED, D.EXCLUDED, D.CANCELLED, D.FAILED}),
    D.TAKEN: frozenset({D.SENT, D.FAILED, D.UNKNOWN, D.PENDING, D.SUPPRESSED, D.CANCELLED}),
    D.UNKNOWN: frozenset({D.SENT, D.FAILED, D.PENDING}),
    D.FAILED: frozenset({D.PENDING, D.SENT}),  # a resend; a provider's later "delivered"
    D.SENT: frozenset({D.FAILED}),  # a provider's later "bounced"
    D.SUPPRESSED: frozenset(),
    D.EXCLUDED: frozenset({D.PENDING}),  # left the list of the other send before its turn came
    D.CANCELLED: frozenset(),
}

# What each word means to people, everywhere it is shown.
SENTENCES: Mapping[str, str] = {
    "sent": "accepted by the provider",
    "unknown": "may or may not have arrived",
    "failed": "not delivered",
    "suppressed": "not written to",
    "excluded": "left out",
    "held": "waits for a person",
    "pending": "not sent yet",
    "taken": "under way",
    "cancelled": "stopped before it left",
}
