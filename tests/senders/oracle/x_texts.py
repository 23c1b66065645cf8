"""In what we differ from X's library about the length of texts, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from publisher.model.message import PostRules
from publisher.model.post_size import length
from publisher.senders.x import X
from tests.senders.oracle.node import Library

PACKAGE = "twitter-text"
RULES: PostRules = X.rules_of({})
AT_ONCE = 1_000  # texts in a question

NEWER = ("♾️", "👫🏽", "👬🏿", "🤏🏻", "🦻🏾", "🧍🏼", "🧎🏽", "🧏🏿", "🧑🏻‍🤝‍🧑🏿", "❤️‍🔥", "🏳️‍⚧️")
TONED = ("⛷🏽",)
WORDS = (  # beside those of everybody
    *(*NEWER, *TONED, "☕️", "⌚️️", "©️", "®", "‼", "⁉️", "☎", "☎️", "✊🏼", "🇪🇺", "🇪🇺🇪", "#️⃣", "5⃣"),
    *("\u05d1harbor.co.il", "\u05d1\u200fnews.example.com", "\u0645\u0646a.org/b", "ﷺa.com", "日本語x.jp/é", "字.com"),
    *("t.co/abc", "https://t.co/abc?x=1", f"https://t.co/{'x' * 41}", "http://t.co/é", "a.com.日本.jp/x", "a.com?b=c"),
    *("https://مثال.قطر/x", "https://بa.قطر/", f"{'x' * 64}.com", f"https://{'字' * 60}.jp", "/a.com", "…→€"),
)

REASONS = {
    "newer emoji": "the library's list ends in 2018; to X itself every emoji is two, and so to us",
    "a skin tone on what takes none": "the library joins it to the skier; Unicode doesn't, and we count it",
}
PATTERNS = {
    "newer emoji": re.compile("|".join(NEWER)),
    "a skin tone on what takes none": re.compile("|".join(TONED)),
}


def differences(library: Library, texts: Sequence[str]) -> Counter[str]:
    """Return how often we differ, by kind; a difference without a reason among :data:`REASONS` is told whole."""
    found: Counter[str] = Counter()
    for first in range(0, len(texts), AT_ONCE):
        some = texts[first : first + AT_ONCE]
        for text, theirs in zip(some, library.ask(some), strict=True):
            found.update(_why(library, text, theirs) if theirs != length(text, RULES) else ())
    return found


def _why(library: Library, text: str, theirs: int) -> list[str]:
    """Return what of a text is counted in another way: without that the numbers are the same."""
    kinds, plain = [kind for kind, pattern in PATTERNS.items() if pattern.search(text)], text
    for kind in kinds:
        plain = PATTERNS[kind].sub("字", plain)
    if library.ask([plain]) == [length(plain, RULES)]:
        return kinds
    return [f"counts {theirs}, not {length(text, RULES)}: {text!r}"]
