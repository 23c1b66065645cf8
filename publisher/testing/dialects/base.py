"""What a fake provider sees and says, without a network of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.policy import HTTP
from enum import StrEnum, auto
from functools import cached_property
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from pydantic import SecretStr

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import basic
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
    def parts(self) -> dict[str, Part]:
        """The parts of a form with files, by their names; empty where the body is none, or breaks off."""
        kind, _, boundary = self.headers.get("content-type", "").partition("; boundary=")
        if kind != "multipart/form-data" or not self.body.endswith(f"--{boundary}--\r\n".encode()):
            return {}
        pieces = self.body.split(f"--{boundary}\r\n".encode())[1:]
        pieces[-1] = pieces[-1].removesuffix(f"--{boundary}--\r\n".encode())
        return dict(_part(piece) for piece in pieces)

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The body as a form, in order."""
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form with files."""

    content: bytes
    type: str  # empty for what is no file
    name: str  # of the file

    @property
    def text(self) -> str:
        return self.content.decode()


def _part(piece: bytes) -> tuple[str, Part]:
    head, _, content = piece.partition(b"\r\n\r\n")
    said = message_from_bytes(head, policy=HTTP)
    about = said["Content-Disposition"].params
    kind = said.get_content_type() if "filename" in about else ""
    return about["name"], Part(content.removesuffix(b"\r\n"), kind, about.get("filename", ""))


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


@dataclass(frozen=True, slots=True)
class Shown:
    """What a post shows of a picture that was uploaded."""

    content: bytes = field(repr=False)
    alt: str  # as the network got it
    in_card: bool = False


@runtime_checkable
class Pictorial(Dialect, Protocol):
    """A dialect whose network takes pictures. Faults of uploads are told apart from those of posts."""

    requests_per_upload: int  # that have to end well; 0: pictures go up in the post's own
    refuses_pictures: bool  # each, as if it were broken
    shown: dict[str, Shown]  # by the ids of posts

    def uploads(self, method: str, path: str) -> bool:
        """Say whether a request only uploads a picture, or looks at one."""


JPEG_OR_PNG = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def type_of(content: bytes) -> str:
    """Return the type of a picture by its first bytes; empty for anything but JPEG and PNG."""
    return next((kind for magic, kind in JPEG_OR_PNG.items() if content.startswith(magic)), "")


@runtime_checkable
class Counting(Dialect, Protocol):
    """A dialect of a network whose answers say how many requests are left, and when there are more."""

    def counts(self, left: int, until: datetime) -> Mapping[str, str]:
        """Return the headers that say so."""


@runtime_checkable
class Erasing(Dialect, Protocol):
    """A dialect of a network on which posts can be taken down again."""

    def standing(self) -> list[str]:
        """Return the ids of the posts that stand, oldest first."""


@runtime_checkable
class Rewording(Dialect, Protocol):
    """A dialect of a network on which what stands can be given other words."""

    def words(self) -> dict[str, str]:
        """Return what each post that stands says, as it was sent, by its id."""


class Trouble(StrEnum):
    """What may befall an account, or one post of it, that all is well with on our side."""

    REVOKED = auto()  # its token was taken back, or has ended
    SUSPENDED = auto()  # the network lets it post nothing
    BLOCKED_LINK = auto()  # the network takes no post with this link
    INSIDE_A_SUCCESS = auto()  # a status of success, and an error in its body


@runtime_checkable
class Troubled(Dialect, Protocol):
    """A dialect of a network of posts that knows in which words trouble comes."""

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        """Let trouble begin; return the answers by which the network may say so, none where it has no words for it.

        :param request: the last that said something.
        """


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
