"""A later word from a provider of a letter that it took: what became of it, or what its reader did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """The whole vocabulary; what tells nothing of these is not an event of ours."""

    DELIVERED = "delivered"  # the reader's mail server took it
    DELAYED = "delayed"  # not yet; the provider goes on trying
    SOFT_BOUNCE = "soft bounce"  # did not arrive; another letter may
    HARD_BOUNCE = "hard bounce"  # there is no such mailbox, or it takes nothing from us for good
    DROPPED = "dropped"  # never left the provider: the address is on its own list, or the letter was refused later
    COMPLAINED = "complained"  # the reader called it spam
    UNSUBSCRIBED = "unsubscribed"  # the reader left by a link or header of the provider


@dataclass(frozen=True, slots=True)
class Event:
    """One word of a provider.

    :param key: by which the same word is known again: the provider's id, or what stands for it.
    :param reference: our opaque id of the delivery, as the sender gave it along; empty where it doesn't come back.
    :param provider_id: the provider's id of the message, as the sender's answer named it; empty where unknown.
    :param address: whom the word is about; empty where the provider doesn't say.
    :param words: the provider's own reason.
    :param happened_at: aware UTC.
    """

    kind: EventKind
    key: str
    happened_at: datetime
    reference: str = ""
    provider_id: str = ""
    address: str = ""
    words: str = ""
