"""The record of a Bluesky post: made once, then frozen, since only the same bytes under the same key stand once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from publisher.model.message import Card, Post
from publisher.senders.bluesky_richtext import rich

COLLECTION = "app.bsky.feed.post"
DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Ref = Mapping[str, str]  # uri and cid of a post


def request_of(repo: str, key: str, record: Mapping[str, object]) -> dict[str, object]:
    """Return the body of `putRecord` that makes a record and never changes one (``swapRecord`` null, not left out)."""
    return {"repo": repo, "collection": COLLECTION, "rkey": key, "swapRecord": None, "record": record}


def record_of(post: Post, number: int, made_at: datetime, above: tuple[Ref, Ref] | None) -> dict[str, object]:
    """Return the record of one part of a post.

    :param above: the first post of its thread, and the one that it answers; None for the first.
    """
    text, facets = rich(post.parts[number])
    record: dict[str, object] = {
        "$type": COLLECTION,
        "text": text,
        "createdAt": f"{made_at:%Y-%m-%dT%H:%M:%S}.{made_at.microsecond // 1000:03}Z",
        "langs": [post.language],
    }
    if facets:
        record["facets"] = facets
    if above:
        record["reply"] = {"root": dict(above[0]), "parent": dict(above[1])}
    if post.card and number == 0:
        record["embed"] = _card(post.card)
    return record


def record_key(made_at: datetime, seed: str) -> str:
    """Return a key for a record (TID): when it was made, and ten bits of the seed against another of that moment."""
    microseconds = (made_at - EPOCH) // timedelta(microseconds=1)
    clock = int.from_bytes(hashlib.sha256(seed.encode(errors="replace")).digest()[:2], "big") % 1024
    return tid(microseconds, clock)


def tid(microseconds: int, clock: int) -> str:
    """Write a moment and a number under 1024 as 13 digits that sort as they do (AT Protocol, TID)."""
    number = microseconds << 10 | clock
    return "".join(DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def _card(card: Card) -> dict[str, object]:
    external = {"uri": card.url, "title": card.title, "description": card.description}
    return {"$type": "app.bsky.embed.external", "external": external}
