"""The lines in which one schedule stands, and edited words put back among lines that stay as they are.

A file that people write by hand stays theirs: what is put in replaces lines, and nothing is written anew around it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node

from publisher.config.reading import compose

SECTION = "schedules"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_END = re.compile(r"(?:\r\n|\r|\n)\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """Where a schedule stands in a text, from the comments right above its name to its last line.

    ``start`` and ``end`` count characters; ``first_line`` counts from 1.
    """

    start: int
    end: int
    first_line: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def replaced(self, text: str, words: str) -> str:
        """Return the text with other words in its place; all else stays as it is, byte for byte."""
        words = with_ends_of(self.of(text), words, usual_end(text))
        is_last = self.end == len(text)
        if words and not is_last and not _END.search(words):
            words += usual_end(text)
        return text[: self.start] + words + text[self.end :]


def block_of(text: str, name: str) -> Block | None:
    """Return where a schedule stands; None where it has no lines of its own, or the text can't be read as YAML.

    :param text: without a byte order mark.
    """
    group = _under(_composed(text), SECTION)
    if not isinstance(group, MappingNode) or group.flow_style:
        return None
    starts = [key.start_mark.index for key, _ in group.value]
    for number, (key, _) in enumerate(group.value):
        if str(key.value) == name:
            following = starts[number + 1] if number + 1 < len(starts) else group.end_mark.index
            return _block(text, starts[number], min(following, len(text)))
    return None


@lru_cache(maxsize=2)  # somebody who types asks for the same text again and again
def _composed(text: str) -> Node | None:
    try:
        return compose(text)
    except (YAMLError, ValueError, RecursionError):
        return None


def _under(root: Node | None, name: str) -> Node | None:
    pairs = root.value if isinstance(root, MappingNode) else ()
    return next((value for key, value in pairs if str(key.value) == name), None)


def _block(text: str, key: int, following: int) -> Block | None:
    start = _line_start(text, key)
    if text[start:key].strip(" \t?"):
        return None  # something else stands in its line
    indent = key - start
    end = following if following == len(text) else _line_start(text, following)
    lines = lines_of(text[start:end])
    while len(lines) > 1 and _is_between(lines[-1], indent):
        lines.pop()
    end = start + sum(map(len, lines))
    above = lines_of(text[:start])
    while above and above[-1].lstrip(" \t").startswith("#") and _is_between(above[-1], indent):
        start -= len(above.pop())
    return Block(start, end, len(above) + 1)


def _is_between(line: str, indent: int) -> bool:
    """Say whether a line is empty, or a comment that is no part of what stands further in."""
    words = line.strip()
    return not words or (words.startswith("#") and len(line) - len(line.lstrip(" \t")) <= indent)


def _line_start(text: str, place: int) -> int:
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends; every kind of end that browsers and editors write is one."""
    return _LINE.findall(text)


def usual_end(text: str) -> str:
    """Return how most lines of a text end."""
    found = Counter(end[0] for line in lines_of(text) if (end := _END.search(line)))
    return found.most_common(1)[0][0] if found else "\n"


def with_ends_of(base: str, edited: str, usual: str = "") -> str:
    """Return an edited text in which each line that stayed ends as it did: a browser says `\\n` for all of them.

    :param usual: how lines end that are new; empty: as most of the others do.
    """
    usual = usual or usual_end(base)
    old, new = lines_of(base), lines_of(edited)
    bare_old, bare_new = [_END.sub("", line) for line in old], [_END.sub("", line) for line in new]
    found = [f"{bare}{usual if _END.search(line) else ''}" for bare, line in zip(bare_new, new, strict=True)]
    for first, second, length in _matching(bare_old, bare_new):
        for offset in range(length):
            if _END.search(old[first + offset]) and _END.search(new[second + offset]):
                found[second + offset] = old[first + offset]
    for number, line in enumerate(found[1:], 1):
        if line == "\n" and found[number - 1].endswith("\r"):
            found[number] = "\r"  # else the two would be read as a single end
    return "".join(found)


def _matching(old: list[str], new: list[str]) -> list[tuple[int, int, int]]:
    """Return runs of lines that are the same; what is before the first edit and after the last one always is."""
    shorter = min(len(old), len(new))
    head = next((number for number in range(shorter) if old[number] != new[number]), shorter)
    most = shorter - head
    tail = next((number for number in range(most) if old[-1 - number] != new[-1 - number]), most)
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail])
    inner = [(head + each.a, head + each.b, each.size) for each in middle.get_matching_blocks()]
    return [(0, 0, head), *inner, (len(old) - tail, len(new) - tail, tail)]
