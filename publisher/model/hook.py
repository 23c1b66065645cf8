"""Webhooks: what others may be told of, and how long what they don't take is said again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from random import uniform

from publisher.model.event import EventKind


class HookKind(StrEnum):
    """What is told, by the name that stands in a message as its ``type``. Names stay."""

    EDITION_LOCKED = "edition.locked"
    EDITION_HELD = "edition.held"
    EDITION_RELEASED = "edition.released"
    EDITION_SKIPPED = "edition.skipped"
    EDITION_CANCELLED = "edition.cancelled"
    EDITION_CLOSED = "edition.closed"
    EDITION_CORRECTED = "edition.corrected"
    EDITION_WITHDRAWN = "edition.withdrawn"
    DELIVERIES_SETTLED = "deliveries.settled"
    DELIVERY_DELIVERED = "delivery.delivered"
    DELIVERY_DELAYED = "delivery.delayed"
    DELIVERY_BOUNCED = "delivery.bounced"
    DELIVERY_DROPPED = "delivery.dropped"
    DELIVERY_COMPLAINED = "delivery.complained"
    DELIVERY_UNSUBSCRIBED = "delivery.unsubscribed"
    TEST = "hook.test"  # to whoever a person sends one, whatever else they want


MEANING: Mapping[HookKind, str] = {
    HookKind.EDITION_LOCKED: "an edition’s articles and words are settled: it is on its way",
    HookKind.EDITION_HELD: "an edition is held, by a person or by its checks",
    HookKind.EDITION_RELEASED: "a person let an edition go that was held",
    HookKind.EDITION_SKIPPED: "a slot had nothing to send, or was not to be sent",
    HookKind.EDITION_CANCELLED: "an edition was cancelled: what had not left stays here",
    HookKind.EDITION_CLOSED: "an edition has gone out, with the books of each of its sends",
    HookKind.EDITION_CORRECTED: "an edition’s words were put right",
    HookKind.EDITION_WITHDRAWN: "an edition is withdrawn: its posts are taken down",
    HookKind.DELIVERIES_SETTLED: "what became of up to 500 deliveries: sent, failed, unknown or cancelled",
    HookKind.DELIVERY_DELIVERED: "a reader’s mail server took a letter",
    HookKind.DELIVERY_DELAYED: "a letter has not arrived yet; its provider goes on trying",
    HookKind.DELIVERY_BOUNCED: "a letter did not arrive",
    HookKind.DELIVERY_DROPPED: "a provider did not let a letter leave",
    HookKind.DELIVERY_COMPLAINED: "a reader called a letter spam",
    HookKind.DELIVERY_UNSUBSCRIBED: "a reader left by the provider’s own link",
    HookKind.TEST: "a person tries the webhook",
}
TO_CHOOSE = tuple(kind for kind in HookKind if kind is not HookKind.TEST)
OF_EVENT: Mapping[EventKind, HookKind] = {
    EventKind.DELIVERED: HookKind.DELIVERY_DELIVERED,
    EventKind.DELAYED: HookKind.DELIVERY_DELAYED,
    EventKind.SOFT_BOUNCE: HookKind.DELIVERY_BOUNCED,
    EventKind.HARD_BOUNCE: HookKind.DELIVERY_BOUNCED,
    EventKind.DROPPED: HookKind.DELIVERY_DROPPED,
    EventKind.COMPLAINED: HookKind.DELIVERY_COMPLAINED,
    EventKind.UNSUBSCRIBED: HookKind.DELIVERY_UNSUBSCRIBED,
}


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SAID = "said"
    GIVEN_UP = "given up"


# After each try that was not taken; after the last of them it is given up (Standard Webhooks names such a schedule).
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
JITTER = 0.1  # of a wait, more or less: what failed together doesn't come back together
FAILS_FOR = timedelta(days=5)  # then a webhook is paused
PATIENT_WITH = 3  # tries in a row that a webhook may refuse before it rests
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)


def next_try(tries: int, now: datetime, asked: datetime | None = None) -> datetime | None:
    """Return when a message is said again that was not taken; None: it is given up.

    :param tries: so far.
    :param asked: when the receiver wants to be asked again.
    """
    if tries > len(RETRIES):
        return None
    wait: timedelta = RETRIES[tries - 1] * uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- no secret
    return max(now + wait, asked or now)


def rest(failures: int, now: datetime, asked: datetime | None = None) -> datetime | None:
    """Return until when a webhook is left alone that takes nothing, so that what waits doesn't run against a wall.

    :param failures: in a row.
    """
    if failures < PATIENT_WITH:
        return asked
    length: timedelta = min(FIRST_REST * 2 ** min(failures - PATIENT_WITH, 10), LONGEST_REST)
    return max(now + length, asked or now)
