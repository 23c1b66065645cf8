"""Texts of everything that makes counting and finding hard."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence

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


def texts(luck: random.Random, number: int, *, more: Sequence[str] = ()) -> Iterator[str]:
    """Yield so many texts, no two alike in kind.

    :param more: words beside ours.
    """
    words = (*WORDS, *more)
    for _ in range(number):
        pieces = [_piece(luck, words) + luck.choice(JOINTS) for _ in range(luck.randint(1, 12))]
        yield "".join(pieces)


def _piece(luck: random.Random, words: Sequence[str]) -> str:
    kind = luck.randrange(12)
    if kind < 3:
        return luck.choice(words)
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
