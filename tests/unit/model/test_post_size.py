from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.model.message import PostRules
from publisher.model.post_size import fits, length, shown_url, urls_in

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
THUMB = "\U0001f44d\U0001f3fd"
FLAGS = "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
X = PostRules("x", 280, unit="weighted")
MASTODON = PostRules("mastodon", 500, url_length=23)


@pytest.mark.parametrize(
    ("text", "graphemes", "codepoints", "utf16", "utf8"),
    [
        ("héllo", 5, 5, 5, 6),
        ("e\u0301", 1, 2, 2, 3),
        ("日本語", 3, 3, 3, 9),
        (FAMILY, 1, 7, 11, 25),
        (THUMB, 1, 2, 4, 8),
        (FLAGS, 2, 4, 8, 16),
        ("a\r\nb", 3, 4, 4, 4),
        ("नमस्ते", 3, 6, 6, 18),
        ("한국어", 3, 3, 3, 9),
        (ENGLAND, 1, 7, 14, 28),
    ],
)
def test_a_text_is_counted_in_the_networks_unit(
    text: str, graphemes: int, codepoints: int, utf16: int, utf8: int
) -> None:
    units = {"graphemes": graphemes, "codepoints": codepoints, "utf16": utf16, "bytes": utf8}
    counted = {unit: length(text, PostRules("any", 500, unit=unit)) for unit in units}  # type: ignore[arg-type]
    assert counted == units


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("hello", 5),
        ("Read https://example.com/a/very/long/path?x=1 now", 32),
        ("@user@example.org hi", 8),
        (FAMILY, 1),
        ("example.com/x bare", 18),
        ("mail a@b.com", 12),
        ("#tag https://example.com.", 29),
        ("(https://example.com/a_(b))", 25),
        ("http://x.y", 10),
        ("https://example.com/@user@example.org", 23),
        ("https://example.com https://example.org/", 47),
    ],
)
def test_a_text_is_counted_as_mastodon_counts(text: str, count: int) -> None:
    assert length(text, MASTODON) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("hello", 5),
        ("e\u0301", 1),
        ("日本語", 6),
        ("Hi https://example.com/a/very/long/path?with=query", 26),
        ("visit example.com now", 33),
        ("see localhost:8000/x", 20),
        ("mail a@b.com", 12),
        (FAMILY, 2),
        (THUMB, 2),
        (FLAGS[:2], 2),
        ("“quoted” – dash — …", 20),
        ("a\u200db", 3),
        ("ﷺ", 2),
        ("https://example.com.", 24),
        ("(https://example.com/a_(b))", 25),
        ("https://example.com/日本語", 29),
        ("#тест тест", 10),
        ("http://192.168.0.1/x", 20),
        ("ftp://example.com/x", 19),
        ("example.unknowntld/x", 20),
        ("t.co/abc", 23),
        ("①②③", 6),
        ("→ arrow", 8),
        ("€", 2),
        ("https://例え.jp/パス", 27),
        ("x" * 280, 280),
        ("\u05d1news.example.com", 24),  # right after a word, where Python's own IDNA knows no domain
        ("ﷺa.com", 25),
        (f"{'x' * 63}.com/a/b", 23),
        (f"{'x' * 64}.com", 68),  # no domain has a part as long
        ("x-a.com ./b.com", 31),
        ("a.com?b=c a.com/b?c", 51),
        ("https://t.co/abc/d", 25),
        (f"https://t.co/{'x' * 41}", 54),
        ("© ® ©\ufe0f", 6),  # two, where it is to be an emoji
        ("☕ ☕\ufe0f ⏰\ufe0f", 10),
    ],
)
def test_a_text_is_counted_as_x_counts(text: str, count: int) -> None:
    assert length(text, X) == count
    assert fits(text, X)
    assert not fits("y" * (280 - count) + " " + text, X)


@pytest.mark.parametrize(
    ("text", "count"),
    [("héllo 日本", 8), ("👍🏽", 8), ("🇫🇷🇩🇪", 16), ("1️⃣ 1", 9), ("© 2026", 7), ("e\u0301", 2), ("𝒳", 4)],
)
def test_an_emoji_costs_its_bytes_where_a_network_says_so(text: str, count: int) -> None:
    rules = PostRules("threads", 500, unit="codepoints")
    assert length(text, replace(rules, emoji_as_bytes=True)) == count
    assert length(text, rules) == len(text)


def test_two_limits_hold_together() -> None:
    bluesky = PostRules("bluesky", 300, most_bytes=3_000, shows_short=True)
    assert fits("x" * 300, bluesky)
    assert not fits("x" * 301, bluesky)
    assert fits(FAMILY * 120, bluesky)  # 25 bytes each
    assert not fits(FAMILY * 121, bluesky)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com", "example.com"),
        ("https://example.com/", "example.com"),
        ("https://www.example.com/a/b", "example.com/a/b"),
        ("https://example.com/2026/11/28/the-ferry-sails-again?x=1", "example.com/2026/11/28/th…"),
    ],
)
def test_a_long_address_is_shown_short(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    rules = PostRules("bluesky", 300, shows_short=True)
    assert length(f"See {url}", rules) == 4 + len(shown)


def test_a_network_that_counts_urls_in_full_does() -> None:
    assert length("https://example.com/abc", PostRules("any", 500)) == 23
    assert length("https://example.com/abcdef", PostRules("any", 500)) == 26


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://a.example/b, and", ["https://a.example/b"]),
        ("“https://a.example/b”", ["https://a.example/b"]),
        ("[https://a.example/b]", ["https://a.example/b"]),
        ("https://a.example/b_(c)", ["https://a.example/b_(c)"]),
        ("no link here", []),
        ("https://… https://…_ https:///nowhere", []),
    ],
)
def test_a_url_ends_where_the_sentence_goes_on(text: str, urls: list[str]) -> None:
    assert [text[start:end] for start, end in urls_in(text)] == urls
