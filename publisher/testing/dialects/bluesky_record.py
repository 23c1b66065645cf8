"""What a Bluesky server takes for a post."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import regex

POST = "app.bsky.feed.post"
FIELDS = {"$type", "text", "createdAt", "langs", "facets", "reply", "embed"}
URI = re.compile(r"\w+:(?://)?[^\s/]\S*")


def wrong_with(record: Any) -> Iterator[str]:
    if not isinstance(record, dict) or not {"$type", "text", "createdAt"} <= record.keys() <= FIELDS:
        yield "its fields"
        return
    text = record["text"]
    if (signs := len(regex.findall(r"\X", text))) > 300:
        yield f"grapheme too big (maximum 300, got {signs})"
    if (size := len(text.encode())) > 3_000:
        yield f"string too big (maximum 3000, got {size})"
    if record["$type"] != POST or not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", record["createdAt"]):
        yield "createdAt must be an RFC 3339 datetime"
    if not 1 <= len(record.get("langs", ["en"])) <= 3:
        yield "langs"
    if "embed" in record and not (_is_card(record["embed"]) or _are_images(record["embed"])):
        yield "embed: a card needs uri, title and description; a picture its alt and its ratio"
    if any(blob["size"] > 1_000_000 for _, blob in pictures_of(record.get("embed", {}))):
        yield "embed: too big (maximum 1000000)"
    yield from _wrong_facets(text.encode(), record.get("facets", []))


def _is_card(embed: Any) -> bool:
    external = embed.get("external", {})
    whole = external.keys() - {"thumb"} == {"uri", "title", "description"} and URI.fullmatch(external["uri"])
    return embed.get("$type") == "app.bsky.embed.external" and bool(whole)


def _are_images(embed: Any) -> bool:
    images = embed.get("images", [])
    whole = all(
        image.keys() == {"image", "alt", "aspectRatio"} and image["aspectRatio"].keys() == {"width", "height"}
        for image in images
    )
    return embed.get("$type") == "app.bsky.embed.images" and 1 <= len(images) <= 4 and whole


def pictures_of(embed: Any) -> list[tuple[str, Any]]:
    """Return the pictures under a post, each with its alternative text; a card's has none."""
    thumb = embed.get("external", {}).get("thumb")
    images = [(image["alt"], image["image"]) for image in embed.get("images", [])]
    return [("", thumb)] if thumb else images


def _wrong_facets(text: bytes, facets: list[Any]) -> Iterator[str]:
    end = 0
    for facet in facets:
        start, stop = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        if not end <= start < stop <= len(text):
            yield "facets: one lies outside the text, or over another"
        elif not _is_whole(text[start:stop]):
            yield "facets: one begins or ends within a sign"
        end = stop
        (feature,) = facet["features"]
        kind = feature["$type"].partition("#")[2]
        if kind == "link" and not URI.fullmatch(feature["uri"]):
            yield "uri must be a valid URI"
        if kind == "tag" and not (
            1 <= len(regex.findall(r"\X", feature["tag"])) <= 64 and len(feature["tag"].encode()) <= 640
        ):
            yield "tag too long"


def _is_whole(piece: bytes) -> bool:
    try:
        return bool(piece.decode())
    except UnicodeDecodeError:
        return False
