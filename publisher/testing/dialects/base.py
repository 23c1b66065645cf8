"""What a fake provider sees and says, without a network of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qsl


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
        except ValueError:
            return None

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The body as a form, in order."""
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)


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
