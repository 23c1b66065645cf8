"""What Bluesky shows of a text, and which bytes of it are links and hashtags."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.message import PostRules
from publisher.model.post_size import length, size
from publisher.render.social import neutralise
from publisher.senders.bluesky_richtext import rich

ZALGO = "e" + "\u0301" * 6  # 13 bytes
RULES = PostRules("bluesky", 300, most_bytes=3_000, shows_short=True)
WORDS = (
    "https://a.example/b_(c)",
    "http://x",
    "#tag",
    "#1",
    "＃字",
    "👨‍👩‍👧‍👦",
    "日本",
    "e\u0301",
    "שלום",
    "(",
    ")",
    ".",
    " ",
    "\n",
    "#",
    "\u2060",
)


def found(text: str) -> list[tuple[str, str]]:
    """Return what each facet covers, and what it leads to."""
    shown, facets = rich(text)
    raw = shown.encode()
    pieces = [raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode() for facet in facets]
    features = [facet["features"][0] for facet in facets]
    return [(piece, each.get("uri") or each["tag"]) for piece, each in zip(pieces, features, strict=True)]


def test_places_are_counted_in_bytes() -> None:
    shown, facets = rich("Café ☕ – read 👉 https://example.com/a #Überraschung")
    assert shown == "Café ☕ – read 👉 example.com/a #Überraschung"
    assert [facet["index"] for facet in facets] == [
        {"byteStart": 24, "byteEnd": 37},
        {"byteStart": 38, "byteEnd": 52},
    ]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("https://www.example.com/2026/11/28/the-ferry?x=1", [("example.com/2026/11/28/th…", "https://www.example.com/2026/11/28/the-ferry?x=1")]),
        ("(https://ex.com/a_(b))", [("ex.com/a_(b)", "https://ex.com/a_(b)")]),
        ("See https://a.example, https://b.example/!", [("a.example", "https://a.example"), ("b.example", "https://b.example/")]),
        ("見https://a.example/b", [("a.example/b", "https://a.example/b")]),
        ("Booking.com sues", []),
        ("https://…", []),
    ],
)  # fmt: skip
def test_a_link_is_shown_short_and_leads_to_the_whole_address(text: str, links: list[tuple[str, str]]) -> None:
    assert found(text) == links


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#harbour", [("#harbour", "harbour")]),
        ("a #harbour, #Ferry.", [("#harbour", "harbour"), ("#Ferry", "Ferry")]),
        ("＃日本語 x", [("＃日本語", "日本語")]),
        ("#2026vote", [("#2026vote", "2026vote")]),
        ("##x", [("##x", "#x")]),
        ("#2026", []),
        ("No.#1 and a#b", []),
        ("#️⃣", []),
        ("#", []),
        ("#\u2060word", []),
        (f"#{'x' * 64}", [(f"#{'x' * 64}", "x" * 64)]),
        (f"#{'x' * 65}", []),
        (f"#{ZALGO * 49}", [(f"#{ZALGO * 49}", ZALGO * 49)]),
        (f"#{ZALGO * 50}", []),  # 650 bytes
        ("#👨‍👩‍👧‍👦", [("#👨", "👨")]),  # what joins the four is no sign of a tag
        ("#taghttps://a.example/b", [("a.example/b", "https://a.example/b")]),  # nothing is two things
    ],
)
def test_hashtags_are_those_of_bluesky(text: str, tags: list[tuple[str, str]]) -> None:
    assert found(text) == tags


def test_what_only_looks_like_a_tag_in_an_articles_words_is_none() -> None:
    assert found(neutralise("Ticket #harbour and @ana")) == []


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4)).map("".join))
def test_whatever_the_text_facets_lie_in_order_on_whole_signs_and_it_counts_as_it_is_shown(text: str) -> None:
    shown, facets = rich(text)
    found(text)  # each piece can be decoded
    ends = [0, *(facet["index"]["byteEnd"] for facet in facets)]
    starts = [*(facet["index"]["byteStart"] for facet in facets), len(shown.encode())]
    assert all(end <= start for end, start in zip(ends, starts, strict=True))
    assert length(text, RULES) == len(regex.findall(r"\X", shown))
    assert size(text, RULES) == len(shown.encode())
