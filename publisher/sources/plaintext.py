"""Read an article from plain text: a note somebody wrote, or a web page that was saved as text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from publisher.sources import clean, furniture
from publisher.sources.credits import split_credit
from publisher.sources.dates import parse_written_date
from publisher.sources.labels import labels_in

HEADLINE_LIMIT = 200  # characters
_CAPTION = re.compile(
    r"^(?P<bracket>[\[(])?(?:photo(?:graph)?|image|picture|pictured|foto|bild|illustration|caption|video|graphic)\s*:\s*(?P<words>.+?)(?(bracket)[\])]?)$",
    re.I | re.S,
)
_CREDIT_LINE = re.compile(
    r"^(?:(?:photo|image|picture)\s+)?(?:credits?\s*:|(?:photo|image|picture)s?\s+(?:by|courtesy\s+of)\b)", re.I
)
_BYLINE = re.compile(r"^(?:by|written\s+by|por|von|par|di|door)\s+(?P<names>[^\W\d_][^.!?;:]{1,90})$", re.I)
_STAMP = re.compile(r"^(?:published|posted|updated|last\s+updated|date|on)\s*(?:on\s*)?:?\s+(?P<day>.{6,40})$", re.I)
_LIST_ITEM = re.compile(r"^(?:[-*•–]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class PlainPage:
    """What a plain text holds."""

    headline: str = ""
    categories: tuple[str, ...] = ()
    caption: str = ""
    credit: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""  # ISO, or empty
    paragraphs: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # furniture, for those who want to check

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)


@dataclass(slots=True)
class _Found:
    """What was recognised so far, line by line."""

    caption: str = ""
    credit: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    left_out: list[str] = field(default_factory=list)


def read_plain(text: str) -> PlainPage:
    """Return headline, labels, caption, credit, byline and body of a text; any of them may be missing."""
    blocks = _blocks(text)
    end = furniture.body_end(blocks)
    start = next((i for i, block in enumerate(blocks[:end]) if not furniture.is_furniture(block)), end)
    found = _Found(left_out=[*blocks[:start], *blocks[end:]])
    kept = blocks[start:end]
    labels = _labels(kept)
    kept = kept[1:] if labels else kept
    headline = _headline(kept)
    paragraphs = _paragraphs(kept[1:] if headline else kept, found)
    filed = tuple(name for block in blocks[end:] for name in furniture.filed_under(block))
    return PlainPage(
        headline=headline,
        categories=tuple(dict.fromkeys((*labels, *filed))),
        caption=found.caption,
        credit=found.credit,
        authors=found.authors,
        date=found.date,
        paragraphs=paragraphs,
        left_out=tuple(found.left_out),
    )


def _blocks(text: str) -> list[str]:
    """Return the text's blocks, one line each, wherever its writer or his program put line ends."""
    lines = [
        clean.line_of(line) for line in clean.printable(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    ]
    groups: list[list[str]] = [[]]
    for line in lines:
        if line and not re.fullmatch(r"[=~_*-]{3,}", line):
            groups[-1].append(line)
        elif groups[-1]:
            groups.append([])
    groups = [group for group in groups if group]
    return [block for number, group in enumerate(groups) for block in _joined(group, is_first=not number)]


def _joined(lines: list[str], *, is_first: bool) -> list[str]:
    """Join the lines of a wrapped paragraph; keep apart those that stand for themselves."""
    if len(lines) > 1 and all(furniture.is_furniture(line) or furniture.opens_related(line) for line in lines):
        return lines
    if any(_LIST_ITEM.match(line) for line in lines[1:]):
        return ["\n".join(lines)] if not is_first else [lines[0], "\n".join(lines[1:])]
    if _stand_alone(lines):
        return lines
    if is_first and len(lines) > 1 and _is_followed(lines):
        return [lines[0], *_joined(lines[1:], is_first=_BYLINE.match(lines[1]) is not None)]
    return [" ".join(lines)]


def _stand_alone(lines: list[str]) -> bool:
    """A program that saves text without empty lines makes every paragraph one long line."""
    return len(lines) > 1 and sum(len(line) for line in lines[1:]) / (len(lines) - 1) > 110


def _is_followed(lines: list[str]) -> bool:
    """Say whether the first line is a headline above the others, and not the first line of a wrapped paragraph."""
    first, second = lines[0], lines[1]
    is_wrapped = len(first) > 55 and len(lines) > 2 and abs(len(first) - len(second)) < 25
    return not is_wrapped and len(first) <= 110 and not second[0].islower() and first[-1] not in ".,;:-–—"


def _labels(blocks: list[str]) -> tuple[str, ...]:
    """Return the labels on the first line, if a headline and a text still follow it.

    Where a caption or byline follows the second line, that is the headline for certain, and the first may hold labels
    that nobody has heard of.
    """
    if len(blocks) < 3 or not _is_headline(blocks[1]) or _CAPTION.match(blocks[1]) or _BYLINE.match(blocks[1]):
        return ()
    third = blocks[2]
    return labels_in(blocks[0], is_above_headline=bool(_CAPTION.match(third) or _take_byline(third, _Found())))


def _headline(blocks: list[str]) -> str:
    if not blocks or not _is_headline(blocks[0]) or (len(blocks) == 1 and blocks[0][-1] in ".!?…"):
        return ""
    return re.sub(r"^#{1,6}\s+", "", blocks[0])


def _is_headline(block: str) -> bool:
    """A headline is one short line; it may be a sentence, but not one that ends like the first of a paragraph."""
    if len(block) > HEADLINE_LIMIT or "\n" in block or _LIST_ITEM.match(block) or block.endswith((",", ";", ":")):
        return False
    return not block.endswith(".") or (len(block) <= 60 and ". " not in block)


def _paragraphs(blocks: list[str], found: _Found) -> tuple[str, ...]:
    """Return the paragraphs, after the lines that say something about the article have been taken out."""
    kept = []
    for number, block in enumerate(blocks):
        if _take_caption(block, found) or (number < 5 and _take_byline(block, found)):
            continue
        if number < 5 and furniture.is_furniture(block):
            found.left_out.append(block)
            continue
        kept.append(re.sub(r"^#{1,6}\s+", "", block))
    return tuple(kept)


def _take_caption(block: str, found: _Found) -> bool:
    if len(block) > 600 or "\n" in block:
        return False
    caption = _CAPTION.match(block)
    words, credit = split_credit(block)
    if credit and not words and _CREDIT_LINE.match(block):
        found.credit = found.credit or credit
        return True
    if not caption or (found.caption and not credit):
        return False
    words, credit = split_credit(caption["words"])
    found.credit = found.credit or credit
    found.caption = found.caption or words.strip(" .|–—-(")
    return True


def _take_byline(block: str, found: _Found) -> bool:
    """Take a line with who wrote it and when; nothing longer than that."""
    if len(block) > 120 or "\n" in block:
        return False
    who, _, when = block.partition(" | ") if " | " in block else block.partition(" • ")
    name = _BYLINE.match(who)
    if name and not name["names"].split()[0].islower():
        found.authors = found.authors or tuple(re.split(r",\s*|\s+(?:and|&|e|und|et|y)\s+", name["names"].strip(" ,")))
        _take_date(when, found)
        return True
    return _take_date(block, found)


def _take_date(block: str, found: _Found) -> bool:
    stamp = _STAMP.match(block)
    moment = parse_written_date(stamp["day"] if stamp else block)
    if moment is None:
        return False
    found.date = found.date or moment.isoformat()
    return True
