"""What a fake provider sees and says, without a network of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from pydantic import SecretStr

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.http import basic
from publisher.senders.standard_webhooks import headers_for, keys_of


@dataclass(frozen=True)
class Received:
    """One request, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The body as a form, in order."""
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)


def with_password(body: bytes, user: str, password: str) -> Received:
    """Return a request of HTTP Basic."""
    return Received("POST", "", {"authorization": basic(user, password), "content-type": "application/json"}, body)


def standard_webhook(body: bytes, secret: str, family: str = "webhook") -> Received:
    """Return a request that is signed as Standard Webhooks are; the same body has the same id."""
    message_id = f"msg_{hashlib.sha256(body).hexdigest()[:24]}"
    signed = headers_for(keys_of(SecretStr(secret)), message_id, int(now().timestamp()), body)
    return Received("POST", "", {name.replace("webhook", family): value for name, value in signed.items()}, body)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a provider took for one recipient."""

    to: str  # address, or account of a post
    key: str  # the idempotency key, empty where the provider has none
    id: str  # the provider's own
    request: Received


@dataclass(frozen=True, slots=True)
class Response:
    """What a provider answers, and what it took in doing so."""

    status: int
    body: object  # JSON, or text as it is
    accepted: tuple[Accepted, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """How one provider answers. It may remember keys; it is asked by one request at a time."""

    def answer(self, request: Received, number: int) -> Response:
        """Return the answer to the ``number``-th request."""


@runtime_checkable
class Choosy(Dialect, Protocol):
    """A dialect that can be told whom the provider turns down, so that its partial answers are seen."""

    rejects: set[str]  # addresses


@runtime_checkable
class Preparing(Dialect, Protocol):
    """A dialect in which a post takes several requests, of which only one says it: faults befall that one."""

    def prepares(self, method: str, path: str) -> bool:
        """Say whether nothing stands yet after such a request."""


@runtime_checkable
class Erasing(Dialect, Protocol):
    """A dialect of a network on which posts can be taken down again."""

    def standing(self) -> list[str]:
        """Return the ids of the posts that stand, oldest first."""


@runtime_checkable
class Talkative(Protocol):
    """A dialect whose provider says afterwards what became of letters."""

    event_secrets: tuple[str, str]  # two that a channel may be told: with which its events can be known for its own

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        """Return a request that tells of the delivery with this reference; None where it has no word for the kind.

        :param secret: one of its secrets, whichever the provider has been told; the first unless it is said.
        """

    def sign(self, body: bytes, secret: str) -> Received:
        """Return the request with which the provider hands over whatever body."""
