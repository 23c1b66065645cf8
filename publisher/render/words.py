"""Authored text made safe to set: what no page, mail or network can carry is taken out, long lines are broken whole."""

from __future__ import annotations

import textwrap

import regex

from publisher.model.blanks import typeset
from publisher.model.sentences import whole_sentences
from publisher.render.merge import defuse

# Not allowed in HTML or mail, and cut short by libxml2: controls, lone surrogates, non-characters.
_UNPRINTABLE = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

# A unit is what is never cut: a URL, a word with the space after it, or one ideograph (their lines break anywhere).
_UNIT = regex.compile(
    r"https?://\S*\s*|[\p{Han}\p{Hiragana}\p{Katakana}][\p{M}\u200d\p{Po}\p{Pe}]*\s*"
    r"|(?:(?!https?://)[^\s\p{Han}\p{Hiragana}\p{Katakana}])+\s*"
)
_LOOSE_END = " \t\n\u00a0\u202f,;:–—-([«“"  # what no ellipsis follows
ELLIPSIS = "…"


def clean(text: str) -> str:
    """Take out characters that can't be sent."""
    return str(_UNPRINTABLE.sub("", text))


def fold(text: str) -> str:
    """Clean a text and make it one line, in which no-break blanks stay where typography wants them."""
    return typeset(clean(text))


def squeezed(text: str) -> str:
    """Leave white space out, to compare what may have been broken into other lines."""
    return "".join(text.split())


def authored(text: str) -> str:
    """Fold what an article or an editor says, and let nothing in it pass for a merge field of ours or a comment."""
    return no_comment(defuse(fold(text)))


def no_comment(text: str) -> str:
    """Keep a text from passing for a comment, by a WORD JOINER in its beginning.

    libxml2 writes ``<!--…-->`` in an attribute as it stands (it could be a server-side include), though it escapes
    every other ``<``: inside what only Outlook's Word reads, that would end the comment for everybody.
    """
    return text.replace("<!--", "<!\u2060--")


def units_of(text: str) -> list[str]:
    """Divide a text where it may be cut; joined again, the units are the text."""
    return list(_UNIT.findall(text.lstrip()))


def cut(units: list[str], kept: int, *, ellipsis: bool = True) -> str:
    """Join the first units; where some are left out, an ellipsis says so."""
    text = "".join(units[:kept]).rstrip()
    if kept >= len(units) or not ellipsis or not text:
        return text
    return (text.rstrip(_LOOSE_END) or text) + ELLIPSIS


def shorten(text: str, most: int) -> str:
    """Cut a text to at most so many characters, at the end of a word; a first word longer than that stays whole."""
    text = fold(text)
    if len(text) <= most:
        return text
    units = units_of(text)
    kept, length = 1, len(units[0])
    while kept < len(units) and length + len(units[kept].rstrip()) < most:
        length += len(units[kept])
        kept += 1
    return cut(units, kept)


def excerpt(text: str, most: int = 280) -> str:
    """Cut a text to at most so many characters, at the end of a sentence; at a word where no sentence fits."""
    line = fold(text)
    return whole_sentences(line, most) or shorten(line, most)


def wrap(text: str, width: int = 72, indent: str = "") -> str:
    """Break prose into lines of at most so many characters; words and URLs stay whole."""
    return textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
