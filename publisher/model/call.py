"""A call: one exchange with one channel for one or more deliveries; and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from publisher.model.message import Content


class Outcome(StrEnum):
    """What a call said of one delivery: the whole vocabulary."""

    SENT = "sent"
    REFUSED = "refused"  # final
    DEFERRED = "deferred"  # certainly not accepted; may be tried again
    UNKNOWN = "unknown"  # may have been accepted; never repeated blindly


class Scope(StrEnum):
    """How far a refusal or deferral reaches."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    ACCOUNT = "account"  # the channel stops and a person is told
    PASSING = "passing"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One reader or account in a call, with values frozen when it was claimed."""

    delivery_id: int
    reference: str  # our opaque id on the wire; events come back with it
    address: str  # e-mail address; for a post the channel's account, as text
    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a sender uploads with a post, as its network takes it."""

    content: bytes = field(repr=False)
    type: str  # image/jpeg, image/png
    alt: str  # empty: nobody described it, or the network has no descriptions
    width: int  # pixels
    height: int
    in_card: bool  # shown in the post's card; False: attached, in the place of a card
    is_needed: bool = False  # the post doesn't go without it

    @property
    def name(self) -> str:
        """A name for its file, which some networks ask for."""
        return f"picture.{self.type.rpartition('/')[2].replace('jpeg', 'jpg')}"


@dataclass(frozen=True, slots=True)
class Call:
    """What a sender is handed: a finished message and whom it goes to."""

    id: int
    key: str  # idempotency key: the same on every try of this call, never used for another
    message: Content
    recipients: tuple[Recipient, ...]
    attempt: int = 1
    spoke_at: datetime | None = None  # when it was said, where the provider is asked what became of it
    picture: Picture | None = None  # of a post: the same bytes on each try


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the provider said of one recipient."""

    outcome: Outcome
    scope: Scope = Scope.RECIPIENT
    reason: str = ""  # the provider's own words, or ours where it said nothing
    provider_id: str = ""
    url: str = ""  # of a post
    until: datetime | None = None  # for DEFERRED: not before


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when a network takes no more requests of an account."""

    until: datetime
    why: str = ""  # what is odd about it; empty: nothing is

    @staticmethod
    def latest(*rests: Rest | None) -> Rest | None:
        """Return the one that lasts longest; None where there is none."""
        return max((rest for rest in rests if rest is not None), key=lambda rest: rest.until, default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one exchange gave.

    ``verdict`` holds for every recipient not named in ``exceptions`` (by delivery id). ``split`` asks the dispatcher
    to halve the call: it was refused whole because of one recipient that the provider did not name.
    """

    verdict: Verdict
    exceptions: Mapping[int, Verdict] = field(default_factory=dict)
    status: int | None = None  # HTTP status, None where no answer came
    words: str = ""  # the first 1,000 characters of the answer, without secrets
    split: bool = False
    rest: Rest | None = None  # nothing is begun on this account before its end, whatever came of this call
    went_on: bool = False  # a part was done by it that stays done, though the whole was not

    def of(self, recipient: Recipient) -> Verdict:
        return self.exceptions.get(recipient.delivery_id, self.verdict)

    def by_verdict(self, recipients: Iterable[Recipient]) -> Mapping[Verdict, list[int]]:
        """Return the delivery ids of these recipients by what was said of them."""
        ids = [recipient.delivery_id for recipient in recipients]
        if not self.exceptions:
            return {self.verdict: ids}
        found: defaultdict[Verdict, list[int]] = defaultdict(list)
        for delivery_id in ids:
            found[self.exceptions.get(delivery_id, self.verdict)].append(delivery_id)
        return found
