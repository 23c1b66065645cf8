"""How X counts: light signs as one and all others as two, an emoji as two, an address as 23, also without a scheme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from unicodedata import normalize

ADDRESS = 23
_LIGHT = re.compile("[\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
_TEXT_BY_ITSELF = "©®"  # emoji only where U+FE0F says so; of those that are, the only ones among the light signs
# Emoji by themselves, of which X takes U+FE0F for a part all the same; after any other one it is a sign of its own.
_EITHER_WAY = "[⌚⌛◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛔⛪⛲⛳⛵⛺⛽❗⬛⬜⭐⭕🀄🈚🈯]\ufe0f"
_NO_BARE_AFTER = ("-", "_", ".", "/")  # what stands before a domain that is a part of something
_LONGEST_LABEL, _LONGEST_ADDRESS, _LONGEST_SLUG = 63, 4_096, 40


def weighted(text: str) -> int:
    """Return the length of a text as X counts it.

    X's own rules and endings of domains come from a port of its library. What is found by them is not left to the
    port: to it nothing is an address whose domain Python's IDNA refuses, as that of one that stands right after a
    word in Hebrew or Arabic.
    """
    text, cost, end = normalize("NFC", text), 0, 0
    for start, stop in _addresses(text):
        cost += _of_signs(text[end:start]) + ADDRESS
        end = stop
    return cost + _of_signs(text[end:])


def _of_signs(text: str) -> int:
    """Return what a text without addresses costs."""
    if text.isascii():
        return len(text)
    as_signs = _emoji().sub(lambda found: found[0] if found[0] in _TEXT_BY_ITSELF else "字", text)
    return 2 * len(as_signs) - len(_LIGHT.findall(as_signs))


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield where addresses begin and end, in order."""
    from twitter_text.extract_urls import extract_url, valid_tco_url  # here: it takes a while, and only X counts so

    for found in extract_url.finditer(text) if "." in text else ():
        before, url, scheme, domain, path = found.group(2, 3, 4, 5, 7)
        start = found.start(3)
        if not _is_possible(url, scheme, domain):
            continue
        if not scheme:
            yield from () if before.endswith(_NO_BARE_AFTER) else _bare(start, url, domain, path)
        elif (short := valid_tco_url.search(url)) is None:
            yield start, start + len(url)
        elif len(short[1]) <= _LONGEST_SLUG:
            yield start, start + len(short[0])


def _bare(start: int, url: str, domain: str, path: str | None) -> Iterator[tuple[int, int]]:
    """Yield the addresses in what was written without a scheme: its domains of ASCII, the last one with its path."""
    from twitter_text.extract_urls import valid_ascii_domain

    spans = [(start + found.start(), start + found.end()) for found in valid_ascii_domain.finditer(domain)]
    if spans and path:
        first, last = spans[-1]
        spans[-1] = (first, last + len(url) - len(domain))
    yield from spans


def _is_possible(url: str, scheme: str | None, domain: str) -> bool:
    labels = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in domain.split(".")]
    whole = len(scheme or "https://") + len(url)
    return all(len(label) <= _LONGEST_LABEL for label in labels) and whole <= _LONGEST_ADDRESS


@cache
def _emoji() -> re.Pattern[str]:
    from twitter_text.regexp.emoji import emoji

    return re.compile(f"{_EITHER_WAY}|{emoji.pattern}")
