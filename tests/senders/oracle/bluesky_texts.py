"""Texts of everything that makes counting and finding hard, and in what we differ about them from Bluesky's library."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from publisher.model.message import PostRules
from publisher.model.post_size import length, urls_in
from publisher.senders.bluesky import Bluesky
from publisher.senders.bluesky_richtext import rich
from tests.senders.oracle.bluesky import RichText

RULES: PostRules = Bluesky.rules_of({})
AT_ONCE = 1_000  # texts in a question

WORDS = (
    *(
        "harbour",
        "Ferry",
        "naïve",
        "e\u0301te\u0301",
        "Z\u0351\u036b\u0343a\u0310lgo\u0315",
        "2026",
        "3.14",
        "50%",
        "don’t",
    ),
    *("日本語", "渡し船", "페리", "नमस्ते", "ภาษาไทย", "தமிழ்", "Вечер", "ψυχή", "ﷺ"),
    *("שלום", "مرحبا", "\u202bعربي\u202c", "\u200fא", "\u2066x\u2069"),
    *("👨‍👩‍👧‍👦", "👍🏽", "🇫🇷🇩🇪", "🇵", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥", "☕", "©", "\u200d", "\ufe0f"),
)
LINKS = (
    *(
        "https://harbor.example",
        "http://harbor.example/",
        "https://www.harbor.example/2026/11/28/the-ferry-sails?x=1&y=2",
    ),
    *("https://a.example/b_(c)", "https://a.example/b_(c", "https://a.example/(b)/[c]?d={e}", "https://a.example/a)b"),
    *("https://例え.jp/パス", "https://xn--r8jz45g.jp", "https://ana:pw@a.example:8443/x#y", "HTTPS://A.EXAMPLE/B"),
    *(
        "https://127.0.0.1/x",
        "https://localhost",
        "https://a.example/ü/日本",
        "https://a.example/é\u0301",
        "https://a.example/👍🏽",
    ),
    *("https://…", "https://", "http:///x", "ftp://a.example/x", "https://a.example/x,y;z!", "https://a.example/don't"),
)
BARE = (
    "Booking.com",
    "harbor.example",
    "a.co/b?c",
    "x.y",
    "3.com",
    "news.harbor.pt",
    "ana@a.example",
    "httpbin.org",
    "a.b.com.",
)
TAGS = (
    *(
        "#harbour",
        "#Ferry2026",
        "#2026",
        "＃日本語",
        "#渡し船",
        "#e\u0301te\u0301",
        "#👍🏽",
        "#👨‍👩‍👧‍👦",
        "#1️⃣",
        "#️⃣",
        "##x",
        "#a#b",
    ),
    *(
        "#don’t",
        "#a-b_c",
        "#שלום",
        "#नमस्ते",
        "#\u2060word",
        "#!x",
        "#x!?",
        "#",
        "#" + "x" * 64,
        "#" + "x" * 65,
        "#" + "字" * 65,
    ),
    *("#" + "e\u0301\u0302\u0303\u0304\u0305\u0306" * 60, "@ana.bsky.social", "@ana", "$NEWS", "$5", "$A1B2C3"),
)
JOINTS = (*(" " for _ in range(12)), "", "", "\n", "\n\n", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u0085")
SIGNS = ".,;:!?()[]{}<>\"'…»«“”’/\\*_~-–—。、，&=+|^`@#$%"

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


def texts(luck: random.Random, number: int) -> Iterator[str]:
    """Yield so many texts, no two alike in kind."""
    for _ in range(number):
        pieces = [_piece(luck) + luck.choice(JOINTS) for _ in range(luck.randint(1, 12))]
        yield "".join(pieces)


def _piece(luck: random.Random) -> str:
    kind = luck.randrange(12)
    if kind < 3:
        return luck.choice(WORDS)
    if kind < 6:
        return luck.choice(("", "", "", *SIGNS)) + luck.choice(LINKS) + luck.choice(("", "", *SIGNS))
    if kind < 8:
        return luck.choice(BARE)
    if kind < 10:
        return luck.choice(TAGS) + luck.choice(("", "", *SIGNS))
    if kind == 10:
        return "".join(luck.choices(SIGNS, k=luck.randint(1, 4)))
    return "".join(_any_sign(luck) for _ in range(luck.randint(1, 6)))


def _any_sign(luck: random.Random) -> str:
    """Return any sign that both Unicode tables know."""
    while True:
        sign = chr(luck.randrange(0x20, 0x32000))
        if unicodedata.category(sign) not in ("Cn", "Cs", "Co"):
            return sign


def differences(library: RichText, texts: Sequence[str]) -> Counter[str]:
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
