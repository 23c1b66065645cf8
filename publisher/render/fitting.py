"""Posts that fit: a template marks what may give way, and in which order; nothing is cut inside a word, URL or emoji.

{{ lead.title | shrinks(3) }}       shortened last, with an ellipsis
{{ lead.summary | shrinks(1, 5) }}  shortened first, gone when fewer than five words would be left
{{ tags | drops(2) }}               words fall away from the end, without an ellipsis
{{ next_post }}                     here the next post of a thread begins; each is fitted by itself
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from publisher.model.message import PostRules
from publisher.model.post_size import fits
from publisher.render.merge import defuse
from publisher.render.words import cut, units_of

# Control characters never occur in authored text (words.clean), so these can't be imitated.
_BEGIN, _MIDDLE, _END = "\x02", "\x1f", "\x03"
NEXT_POST = "\x1d"
_MOST_NAMES = 100  # categories that are looked at
_MARKED = re.compile(f"{_BEGIN}(\\d+) (\\d+) ([01]){_MIDDLE}([^{_END}]*){_END}")


def shrinks(text: object, rank: int = 1, least: int = 0) -> str:
    """Mark a text that may be shortened; rank 1 gives way first; with fewer than ``least`` words left it goes."""
    return f"{_BEGIN}{_counted(rank, 1)} {_counted(least, 0)} 1{_MIDDLE}{text}{_END}"


def drops(text: object, rank: int = 1) -> str:
    """Mark a text that may lose words from its end, all of them if need be."""
    return f"{_BEGIN}{_counted(rank, 1)} 0 0{_MIDDLE}{text}{_END}"


def _counted(number: int, least: int) -> int:
    if int(number) < least:
        raise ValueError(f"a post gives way by numbers from {least} on, not {number}")
    return int(number)


def hashtags(names: Sequence[object], most: int = 3, joint: str = "") -> list[str]:
    """Make hashtags of categories, a capital for each word so that screen readers find it: ``#CityCouncil``.

    :param joint: set between the words, for networks where people write ``#City_Council``.
    """
    tags: dict[str, str] = {}
    for name in names[:_MOST_NAMES]:
        words = regex.findall(r"[\p{L}\p{M}\p{N}]+", regex.sub("['’]", "", str(name)))
        tag = joint.join(word[:1].upper() + word[1:] for word in words)
        if regex.search(r"\p{L}", tag) and tag.casefold() != "uncategorized":
            tags.setdefault(tag.casefold(), f"#{defuse(tag)}")
    return list(tags.values())[:most]


@dataclass
class _Part:
    """A piece of a post; ``kept`` of its units are shown."""

    units: list[str]
    kept: int
    rank: int = 0  # 0: never gives way
    least: int = 0
    ellipsis: bool = False

    def text(self) -> str:
        return cut(self.units, self.kept, ellipsis=self.ellipsis) if self.rank else self.units[0]


def posts_in(text: str) -> list[str]:
    """Divide a rendered template into the posts of a thread; those that say nothing are none."""
    return [post for post in text.split(NEXT_POST) if _joined(_parts_of(post))] or [text]


def whole(text: str) -> str:
    """Return a rendered post as it would be if every network took texts of any length."""
    return _joined(_parts_of(text))


def fit(text: str, rules: PostRules) -> str:
    """Shorten the marked parts of a rendered post until it fits; what can't be made to fit is returned too long."""
    parts = _parts_of(text)
    for part in sorted((part for part in parts if part.rank), key=lambda part: part.rank):
        if fits(_joined(parts), rules):
            break
        _shorten(part, parts, rules)
    return _joined(parts)


def _parts_of(text: str) -> list[_Part]:
    parts: list[_Part] = []
    end = 0
    for mark in _MARKED.finditer(text):
        units = units_of(mark[4])
        parts.append(_Part([text[end : mark.start()]], 1))
        parts.append(_Part(units, len(units), int(mark[1]), int(mark[2]), mark[3] == "1"))
        end = mark.end()
    return [*parts, _Part([text[end:]], 1)]


def _shorten(part: _Part, parts: list[_Part], rules: PostRules) -> None:
    """Keep as many units as fit."""
    low, high = 0, part.kept
    while low < high:
        part.kept = (low + high + 1) // 2
        if fits(_joined(parts), rules):
            low = part.kept
        else:
            high = part.kept - 1
    part.kept = low if low >= part.least else 0


def _joined(parts: list[_Part]) -> str:
    """Set the parts together, without the lines that became empty."""
    text = "".join(part.text() for part in parts)
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
