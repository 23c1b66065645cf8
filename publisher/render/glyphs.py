"""Text as runs of one font and one direction: which font can draw what, and in which order the runs stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import as_file, files
from itertools import groupby

import regex
from PIL import ImageFont, features

from publisher.errors import UndrawableError
from publisher.render.bidi import levels_of, side_of, without_embeddings
from publisher.render.conventions import Direction

REMEDY = "Give the article a picture where it is written"
BOLD = 700
_PACKAGE = "manimgx_fonts"  # Noto, unmodified, under the Open Font License
# Tried in this order, cluster by cluster. Those of PLAIN are drawn right without shaping, too.
_PLAIN = ("", "Armenian", "Georgian", "Ethiopic")
_SHAPED = (
    *("Arabic", "Hebrew", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada"),
    *("Malayalam", "Sinhala", "Thai", "Lao", "Myanmar", "Khmer"),
)
LATIN = "NotoSans[wght].ttf"
LOW = frozenset({LATIN, "NotoSansArmenian[wght].ttf", "NotoSansGeorgian[wght].ttf", "NotoEmoji[wght].ttf"})

_CLUSTER = regex.compile(r"\X")
# Joiners, direction marks, variation selectors, soft hyphens: nothing to be seen, so no font must have them.
_UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_TOO_FINE = frozenset({0xFDFD})  # a sentence in one sign, which FreeType gives up on ("raster overflow")
# More marks than any language puts on a letter: they would climb out of the card.
_HEAP = regex.compile(r"([\u0300-\u036f]{2})[\u0300-\u036f]+|(\p{M}{4})\p{M}+")


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters that are drawn in one go."""

    text: str
    font: str
    direction: Direction


class Fonts:
    """The fonts of one drawing, each opened once for a size. Not for several threads."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}

    def get(self, name: str, size: int) -> ImageFont.FreeTypeFont:
        key = (name, size)
        if key not in self._open:
            with as_file(files(_PACKAGE).joinpath(name)) as path:
                font = ImageFont.truetype(path, size)
            font.set_variation_by_axes([BOLD])
            self._open[key] = font
        return self._open[key]

    def width(self, runs: Sequence[Run], size: int) -> float:
        return sum(self.advance(run, size) for run in runs)

    def advance(self, run: Run, size: int) -> float:
        return self.get(run.font, size).getlength(run.text, direction=told(run.direction))


def told(direction: Direction) -> Direction | None:
    """Return what Pillow is told of a direction; it takes that only where it can shape."""
    return direction if can_shape() else None


@cache
def can_shape() -> bool:
    """Say whether Pillow can join letters here: it brings raqm along, which looks for the machine's own FriBiDi."""
    return bool(features.check("raqm"))


def _file(script: str) -> str:
    return f"NotoSans{script}[wght].ttf"


@cache
def _names() -> tuple[str, ...]:
    scripts = (*_PLAIN, *_SHAPED) if can_shape() else _PLAIN
    return (*map(_file, scripts), "NotoEmoji[wght].ttf", "NotoSansSymbols[wght].ttf")


@cache
def _characters(name: str) -> frozenset[int]:
    """Return every character that a font has a glyph for."""
    from fontTools.ttLib import TTFont  # here: only who draws a card waits for it

    with as_file(files(_PACKAGE).joinpath(name)) as path, TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap()) - _TOO_FINE


def drawable(text: str) -> str:
    """Return a text without the signs that no font of ours has, such as the newest emoji.

    :raises UndrawableError: letters or digits are among them: the text would lose its meaning.
    """
    kept, missing = [], []
    for cluster in _CLUSTER.findall(_HEAP.sub(r"\1\2", without_embeddings(text))):
        if _font_of(cluster):
            kept.append(cluster)
        elif _LETTER.search(cluster):
            missing.append(cluster)
    if missing:
        letters = "".join(dict.fromkeys(missing))[:12]
        if not can_shape() and any(_signs_of(missing[0]) <= _characters(_file(script)) for script in _SHAPED):
            raise UndrawableError(
                f"“{letters}” can't be drawn without FriBiDi",
                remedy="Install it on the machine where Publisher runs; Debian calls it libfribidi0",
            )
        raise UndrawableError(f"no font for “{letters}”", remedy=REMEDY)
    line = " ".join("".join(kept).split())
    return line if _UNSEEN.sub("", line).strip() else ""


def direction_of(text: str, language: Direction) -> Direction:
    """Say from which side a text is written: as its language, if it has such letters, else as its first letter."""
    sides = [side for side in map(side_of, text) if side]
    if language in sides or not sides:
        return language if sides else "ltr"
    return sides[0]


def _is_deep(level: int, run: tuple[int, str, str]) -> bool:
    return run[0] >= level


def runs_of(text: str, direction: Direction) -> list[Run]:
    """Divide one line of drawable text into runs, in the order in which they stand from left to right."""
    levels = levels_of(text, direction)
    at, pieces = 0, []
    for cluster in _CLUSTER.findall(text):
        pieces.append((cluster, _font_of(cluster) or LATIN, levels[at]))
        at += len(cluster)
    groups = groupby(pieces, key=lambda piece: piece[1:])
    runs = [(level, "".join(piece[0] for piece in group), font) for (font, level), group in groups]
    # Unicode's rule L2: from the highest level down, every sequence at that level or above is turned round.
    for level in range(max((run[0] for run in runs), default=0), 0, -1):
        turned: list[tuple[int, str, str]] = []
        for is_deep, found in groupby(runs, key=partial(_is_deep, level)):
            sequence = list(found)
            turned += reversed(sequence) if is_deep else sequence
        runs = turned
    return [Run(words, font, "rtl" if level % 2 else "ltr") for level, words, font in runs]


def _font_of(cluster: str) -> str:
    """Return the first font that has all that is to be seen of a cluster; empty where none has."""
    return _font_for(_signs_of(cluster))


def _signs_of(cluster: str) -> frozenset[int]:
    return frozenset(map(ord, _UNSEEN.sub("", cluster)))


@cache
def _font_for(signs: frozenset[int]) -> str:
    return next((name for name in _names() if signs <= _characters(name)), "") if signs else LATIN
