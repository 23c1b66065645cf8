"""The picture of a post whose article has none: its headline and the publication's name, drawn as a card."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import regex
from PIL import Image, ImageDraw

from publisher.errors import UndrawableError
from publisher.render import glyphs
from publisher.render.colour import contrast, mix, readable
from publisher.render.conventions import Direction, direction_of
from publisher.render.glyphs import REMEDY, Fonts
from publisher.render.words import ELLIPSIS, cut, fold, units_of

WIDTH, HEIGHT = 1200, 630  # pixels: what every network takes for a large card
MARGIN = 80  # networks crop and round the corners
LARGEST, SMALLEST, STEP = 76, 40, 2
LINES = 5
_BRAND = 32
_BAR = (96, 8)  # the accent over the headline
_TOP, _BOTTOM = MARGIN + 40, HEIGHT - MARGIN - 66  # between them stands the headline
_ROOM = WIDTH - 2 * MARGIN
_LOOKED_AT = regex.compile(r"\X{0,700}")  # whole characters: more than five lines hold
_SLACK = 0.985  # widths are measured at one size and scaled: hinting moves them a little


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours of a card, each of which can be read on its ground."""

    ground: str
    headline: str
    name: str
    bar: str


USUAL = Inks("#0b3f70", "#ffffff", "#d6e6f5", "#8fc1f0")


def inks_on(accent: str) -> Inks:
    """Return the colours of a card on the ground of a theme's accent; the usual ones where it is empty."""
    if not accent:
        return USUAL
    ink = max("#ffffff", "#000000", key=lambda end: contrast(end, accent))
    name, bar = (readable(mix(ink, accent, part), accent) for part in (0.15, 0.45))
    return Inks(accent, ink, name, bar)


@dataclass(frozen=True, slots=True)
class _Fitted:
    lines: list[str]
    size: int


@lru_cache(maxsize=32)  # plan, checks of drafts and the send draw the same card
def draw_card(headline: str, publication: str, language: str, accent: str = "") -> bytes:
    """Draw a card of 1200 × 630 pixels; return it as PNG, the same bytes for the same words and colour.

    :param language: BCP 47, of the headline.
    :param accent: of the theme, `#rrggbb`; empty: Publisher's own colours.
    :raises UndrawableError: the headline is empty, or in a script that none of our fonts has.
    """
    words = _words(headline)
    direction = glyphs.direction_of(words, direction_of(language))
    pen = _Pen(direction, inks_on(accent))
    fitted = _fit(words, pen)
    pen.bar()
    pen.headline(fitted)
    pen.brand(_name(publication))
    return pen.png()


def _words(headline: str) -> str:
    words = _drawable(headline)
    if not words:
        raise UndrawableError("there are no words in the headline", remedy=REMEDY)
    return words


def _drawable(text: str) -> str:
    return glyphs.drawable(_LOOKED_AT.match(fold(text))[0])


def _name(publication: str) -> str:
    try:
        return _drawable(publication)
    except UndrawableError:
        return ""  # the network shows the site's address beside the card


class _Pen:
    """Draws on one card, from the side on which its headline begins."""

    def __init__(self, direction: Direction, inks: Inks = USUAL) -> None:
        self._direction: Direction = direction
        self._inks = inks
        self._fonts = Fonts()
        self._image = Image.new("RGB", (WIDTH, HEIGHT), inks.ground)
        self._draw = ImageDraw.Draw(self._image)
        self._widths: dict[tuple[str, int], float] = {}

    def width(self, text: str, size: int) -> float:
        if (text, size) not in self._widths:
            self._widths[text, size] = self._fonts.width(glyphs.runs_of(text, self._direction), size)
        return self._widths[text, size]

    def bar(self) -> None:
        width, height = _BAR
        left = WIDTH - MARGIN - width if self._direction == "rtl" else MARGIN
        self._draw.rectangle((left, MARGIN, left + width - 1, MARGIN + height - 1), fill=self._inks.bar)

    def headline(self, fitted: _Fitted) -> None:
        step = _line_height(fitted.lines, fitted.size)
        baseline = _TOP + round(step * 0.5 + fitted.size * 0.36)
        for number, line in enumerate(fitted.lines):
            self.line(line, fitted.size, baseline + number * step, self._inks.headline)

    def brand(self, name: str) -> None:
        size = _BRAND
        while size > 24 and self.width(name, size) > _ROOM:
            size -= STEP
        if self.width(name, size) > _ROOM:
            name = self._shortened(regex.findall(r"\X", name), size)
        self.line(name, size, HEIGHT - MARGIN - 8, self._inks.name)

    def _shortened(self, clusters: list[str], size: int) -> str:
        """Return as many of the characters as there is room for, and an ellipsis."""

        def first(count: int) -> str:
            return "".join(clusters[:count]).rstrip() + ELLIPSIS

        counts = range(1, len(clusters))
        return first(bisect_left(counts, True, key=lambda count: self.width(first(count), size) > _ROOM))

    def line(self, text: str, size: int, baseline: int, fill: str) -> None:
        runs = glyphs.runs_of(text, self._direction)
        left = WIDTH - MARGIN - self._fonts.width(runs, size) if self._direction == "rtl" else float(MARGIN)
        for run in runs:
            font = self._fonts.get(run.font, size)
            self._draw.text((left, baseline), run.text, fill, font, anchor="ls", direction=glyphs.told(run.direction))
            left += self._fonts.advance(run, size)

    def png(self) -> bytes:
        out = BytesIO()
        self._image.save(out, "PNG", compress_level=6)
        return out.getvalue()


def _line_height(lines: Sequence[str], size: int) -> int:
    """Return how far lines stand apart: letters with marks over and under them need more room."""
    is_tall = any(run.font not in glyphs.LOW for line in lines for run in glyphs.runs_of(line, "ltr"))
    return round(size * (1.5 if is_tall else 1.22))


def _fit(words: str, pen: _Pen) -> _Fitted:
    """Set the words as large as they fit; where they don't even at the smallest size, the last line ends with “…”.

    :raises UndrawableError: one character, such as a chain of joined emoji, is wider than a line.
    """
    text = _Measured([part for unit in units_of(words) for part in _parts(unit, pen)], pen)
    for size in range(LARGEST, SMALLEST - 1, -STEP):
        lines = text.wrap(text.room(size))
        most = min(LINES, (_BOTTOM - _TOP) // _line_height([words], size))
        if lines is not None and len(lines) <= most:
            return _Fitted(text.joined(text.balanced(lines, text.room(size))), size)
    if lines is None:
        raise UndrawableError("a character of the headline is wider than a card", remedy=REMEDY)
    return _Fitted(_cut(text, lines[:most], pen), SMALLEST)


def _parts(unit: str, pen: _Pen) -> list[str]:
    """Divide a word that is too long for a line even at the smallest size into its characters."""
    if pen.width(unit.rstrip(), SMALLEST) <= _ROOM * _SLACK:
        return [unit]
    return list(regex.findall(r"\X\s*", unit))


class _Measured:
    """Units of text with their widths at the largest size: what is not cut, to be broken into lines."""

    def __init__(self, units: list[str], pen: _Pen) -> None:
        self.units = units
        self._widths = [pen.width(unit.rstrip(), LARGEST) for unit in units]
        self._spaces = [pen.width(unit, LARGEST) for unit in units]

    @staticmethod
    def room(size: int) -> float:
        """Return the room of a line at a size, in the measure of the widths."""
        return _ROOM * _SLACK * LARGEST / size

    def wrap(self, room: float) -> list[tuple[int, int]] | None:
        """Return which units stand in each line; None where one is too wide."""
        lines, start, used = [], 0, 0.0
        for number, width in enumerate(self._widths):
            if width > room:
                return None
            if used + width > room:
                lines.append((start, number))
                start, used = number, 0.0
            used += self._spaces[number]
        return [*lines, (start, len(self.units))]

    def balanced(self, lines: list[tuple[int, int]], room: float) -> list[tuple[int, int]]:
        """Return as many lines that are as equal as can be: no single word in the last."""
        low = max(self._widths)
        while room - low > 2:
            middle = (low + room) / 2
            tried = self.wrap(middle)
            if tried is not None and len(tried) <= len(lines):
                lines, room = tried, middle
            else:
                low = middle
        return lines

    def joined(self, lines: list[tuple[int, int]]) -> list[str]:
        return ["".join(self.units[start:end]).strip() for start, end in lines]


def _cut(text: _Measured, lines: list[tuple[int, int]], pen: _Pen) -> list[str]:
    """Return these lines; what is left over is left out, and the last one says so."""
    start, end = lines[-1]
    last = cut(text.units[start:], end - start)
    while end > start + 1 and pen.width(last, SMALLEST) > _ROOM:
        end -= 1
        last = cut(text.units[start:], end - start)
    return [*text.joined(lines[:-1]), last]
