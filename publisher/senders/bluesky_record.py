"""The record of a Bluesky post: made once, then frozen, since only the same bytes under the same key stand once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from publisher.model.call import Picture
from publisher.model.message import Card, Post
from publisher.senders.bluesky_richtext import rich

COLLECTION = "app.bsky.feed.post"
DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Ref = Mapping[str, str]  # uri and cid of a post


def request_of(repo: str, key: str, record: Mapping[str, object]) -> dict[str, object]:
    """Return the body of `putRecord` that makes a record and never changes one (``swapRecord`` null, not left out)."""
    return {"repo": repo, "collection": COLLECTION, "rkey": key, "swapRecord": None, "record": record}


def record_of(
    post: Post, number: int, made_at: datetime, above: tuple[Ref, Ref] | None, embed: Mapping[str, object] | None
) -> dict[str, object]:
    """Return the record of one part of a post.

    :param above: the first post of its thread, and the one that it answers; None for the first.
    :param embed: what is shown under it; None: nothing.
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
    if embed:
        record["embed"] = embed
    return record


def embed_of(card: Card | None, picture: Picture | None, cid: str) -> dict[str, object] | None:
    """Return what stands under a post: its picture, else a card; Bluesky doesn't look at the page itself.

    :param cid: the server's name of the uploaded picture; empty: there is none.
    """
    shown = picture if cid else None
    if shown and not shown.in_card:
        ratio = {"width": shown.width, "height": shown.height}
        image = {"image": _blob(shown, cid), "alt": shown.alt, "aspectRatio": ratio}
        return {"$type": "app.bsky.embed.images", "images": [image]}
    if card is None:
        return None
    external = {"uri": card.url, "title": card.title, "description": card.description}
    thumb = {"thumb": _blob(shown, cid)} if shown else {}
    return {"$type": "app.bsky.embed.external", "external": {**external, **thumb}}


def _blob(picture: Picture, cid: str) -> dict[str, object]:
    return {"$type": "blob", "ref": {"$link": cid}, "mimeType": picture.type, "size": len(picture.content)}


def record_key(made_at: datetime, seed: str) -> str:
    """Return a key for a record (TID): when it was made, and ten bits of the seed against another of that moment."""
    microseconds = (made_at - EPOCH) // timedelta(microseconds=1)
    clock = int.from_bytes(hashlib.sha256(seed.encode(errors="replace")).digest()[:2], "big") % 1024
    return tid(microseconds, clock)


def tid(microseconds: int, clock: int) -> str:
    """Write a moment and a number under 1024 as 13 digits that sort as they do (AT Protocol, TID)."""
    number = microseconds << 10 | clock
    return "".join(DIGITS[number >> shift & 31] for shift in range(60, -1, -5))
