"""In what we differ from Bluesky's library about texts, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from publisher.model.message import PostRules
from publisher.model.post_size import length, urls_in
from publisher.senders.bluesky import Bluesky
from publisher.senders.bluesky_richtext import rich
from tests.senders.oracle.node import Library

RULES: PostRules = Bluesky.rules_of({})
AT_ONCE = 1_000  # texts in a question

SPACES = "\t\n\v\f\r \u00a0\u2000\u2028\u2029\u202f\u3000\ufeff"  # to the library, of those that stand here

ENDS = ".,;:!?'\"…»”’*_~。、，！？)]}<>\u200b"  # what a sentence ends an address with here

REASONS = {
    "bare domain": "only what is written with its scheme is a link: Booking.com in a headline is a name",
    "handle": "a handle would have to be looked up; it stays words (docs/decisions/0014)",
    "ticker symbol": "$NEWS stays words",
    "joined": "the library finds addresses after a space or an opening bracket alone, we after anything: CJK, quotes",
    "in a bare domain": "what follows a bare domain without a space is a part of it there",
    "in an address": "an address goes on to the next space, with whatever stands in it",
    "capitals": "the library doesn't take HTTPS:// for a scheme",
    "no host": "https:// and no more, which servers refuse as an address, is no link",
    "where it ends": "brackets of the address's own stay in it, the sentence's own signs, as many as there are, don't",
    "tag over a link": "#a.https://b is one word there; nothing is two things at once here, and the link is more use",
    "tag too large": "more than 640 bytes, which servers refuse",
}


def differences(library: Library, texts: Sequence[str]) -> Counter[str]:
    """Return how often we differ, by kind; a difference without a reason among :data:`REASONS` is told whole."""
    found: Counter[str] = Counter()
    for first in range(0, len(texts), AT_ONCE):
        some = texts[first : first + AT_ONCE]
        ours = [rich(text) for text in some]
        asked = [_question(text, *said) for text, said in zip(some, ours, strict=True)]
        for text, said, theirs in zip(some, ours, library.ask(asked), strict=True):
            found.update(_compared(text, said, theirs))
    return found


def _question(text: str, shown: str, facets: Sequence[dict[str, Any]]) -> dict[str, object]:
    places = [(facet["index"]["byteStart"], facet["index"]["byteEnd"]) for facet in facets]
    return {"text": text, "shown": shown, "places": places}


def _compared(text: str, said: tuple[str, list[dict[str, Any]]], theirs: dict[str, Any]) -> Iterator[str]:
    shown, facets = said
    if theirs["graphemes"] != length(text, RULES):
        yield f"counts {theirs['graphemes']}, not {length(text, RULES)}: {text!r}"
    raw = shown.encode()
    pieces = [raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode() for facet in facets]
    if theirs["pieces"] != pieces:
        yield f"other places: {theirs['pieces']} and {pieces}"
    found = {(_start(text, facet), _kind(facet)): facet for facet in theirs["facets"]}
    yield from _links_compared(text, {place: each for (place, kind), each in found.items() if kind == "link"})
    yield from ("handle" for _, kind in found if kind == "mention")
    yield from _tags_compared(text, facets, [each for (_, kind), each in found.items() if kind == "tag"])


def _links_compared(text: str, theirs: dict[int, Any]) -> Iterator[str]:
    ours = dict(urls_in(text))
    ends = {start: len(text.encode()[: facet["index"]["byteEnd"]].decode()) for start, facet in theirs.items()}
    for start in sorted(ours.keys() | theirs.keys()):
        if start in ours and start in theirs:
            if ours[start] != ends[start]:
                yield _why_it_ends(text, ours[start], ends[start])
        elif start in ours:
            yield _why_ours_alone(text, start, ends)
        else:
            yield _why_theirs_alone(text[start : ends[start]], text, start, ours)


def _why_it_ends(text: str, ours: int, theirs: int) -> str:
    if ours < theirs and (text[ours] in ENDS or text[ours].isspace()):
        return "where it ends"
    return f"ends elsewhere: {text[ours:theirs]!r}{text[theirs:ours]!r} in {text!r}"


def _why_ours_alone(text: str, start: int, ends: dict[int, int]) -> str:
    word = re.split(f"[{SPACES}]", text[:start])[-1]  # what stands before it, up to a space
    if any(begun < start < end for begun, end in ends.items()) or re.search(r"[a-z][a-z0-9]*\.[a-z0-9]", word, re.I):
        return "in a bare domain"
    if text[start : start + 4] != text[start : start + 4].lower():
        return "capitals"
    if start and text[start - 1] not in SPACES + "(":
        return "joined"
    return f"a link of ours alone: {text[start - 3 : start]!r} {text[start:]!r}"


def _why_theirs_alone(link: str, text: str, start: int, ours: dict[int, int]) -> str:
    if not link.lower().startswith(("http://", "https://")):
        return "bare domain"
    if not re.match(r"https?://[^\s/?#<>\"\u200b]*[^\W_]", link, re.IGNORECASE):
        return "no host"
    if any(begun < start < end for begun, end in ours.items()):
        return "in an address"
    return f"a link of theirs alone: {link!r} in {text!r}"


def _tags_compared(text: str, facets: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]) -> Iterator[str]:
    ours = Counter(facet["features"][0]["tag"] for facet in facets if _kind(facet) == "tag")
    said = Counter(facet["features"][0]["tag"] for facet in theirs)
    yield from (f"a tag of ours alone: {tag!r} in {text!r}" for tag in (ours - said).elements())
    for tag in (said - ours).elements():
        if tag.startswith("$"):
            yield "ticker symbol"
        elif len(tag.encode()) > 640:
            yield "tag too large"
        elif urls_in(tag) or "http" in tag:
            yield "tag over a link"
        else:
            yield f"a tag of theirs alone: {tag!r} in {text!r}"


def _start(text: str, facet: dict[str, Any]) -> int:
    return len(text.encode()[: facet["index"]["byteStart"]].decode())


def _kind(facet: dict[str, Any]) -> str:
    return str(facet["features"][0]["$type"]).partition("#")[2]
