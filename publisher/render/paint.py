"""Colours as CSS writes them, with their transparency, and what is seen of them on what lies beneath (CSS Color 4)."""

from __future__ import annotations

import colorsys
import re
from math import tau
from typing import NamedTuple

from publisher.render.colour import mix

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_CALL = re.compile(r"(rgb|hsl)a?\(([^()]+)\)")
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|deg|grad|rad|turn)?")
_TURN = {"": 360.0, "deg": 360.0, "grad": 400.0, "rad": tau, "turn": 1.0}
_WRITTEN = re.compile(r"((?:^|[;{\s])(?:color|background(?:-color)?)\s*:)([^;{}]*)", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\([^()]*\)", re.IGNORECASE)


class Paint(NamedTuple):
    """A colour, and how much of it covers what is beneath: 0 nothing, 1 everything."""

    colour: str  # #rrggbb
    cover: float = 1.0

    def on(self, paper: str) -> str:
        """Return what is seen of it on a paper; empty where that decides and isn't known."""
        if self.cover == 1:
            return self.colour
        return mix(paper, self.colour, self.cover) if paper else ""


def paint_of(said: str) -> Paint | None:
    """Read a colour, in small letters; None where it is none that can be told."""
    call = _CALL.fullmatch(said)
    try:
        return _called(call[1], call[2]) if call else _of_digits(said) if _HEX.fullmatch(said) else _named(said)
    except (KeyError, ValueError):
        return None


def cover_of(said: str) -> float:
    """Read an ``opacity``; one that says nothing covers everything, as in a mail program."""
    try:
        return _share(said, 1)
    except ValueError:
        return 1.0


def spelled_out(sheet: str) -> str:
    """Write the colours of a sheet in the one way that cssutils reads: it drops the newer ones."""
    return _WRITTEN.sub(lambda found: found[1] + _COLOUR.sub(lambda each: _as_rgba(each[0]), found[2]), sheet)


def _as_rgba(said: str) -> str:
    paint = paint_of(said.lower())
    if paint is None:
        return said
    red, green, blue = bytes.fromhex(paint.colour[1:])
    return f"rgba({red}, {green}, {blue}, {paint.cover:g})"


def _called(kind: str, inside: str) -> Paint:
    first, second, third, *cover = inside.replace(",", " ").replace("/", " ").split()
    if len(cover) > 1:
        raise ValueError("a colour has three parts and its cover")
    if kind == "rgb":
        parts = [_share(part, 255) for part in (first, second, third)]
    else:
        parts = list(colorsys.hls_to_rgb(_turn(first), _share(third, 100), _share(second, 100)))
    return Paint("#" + bytes(round(255 * part) for part in parts).hex(), _share(cover[0], 1) if cover else 1.0)


def _of_digits(said: str) -> Paint:
    digits = said[1:] if len(said) > 5 else "".join(digit * 2 for digit in said[1:])
    return Paint(f"#{digits[:6]}", int(digits[6:] or "ff", 16) / 255)


def _named(said: str) -> Paint:
    if said == "transparent":
        return Paint("#000000", 0.0)
    if not said.isalpha():
        raise ValueError(f"{said} is no name of a colour")
    from PIL import ImageColor  # here: it takes a while to import

    return Paint("#" + bytes(ImageColor.getrgb(said)[:3]).hex())


def _share(said: str, whole: float) -> float:
    """Return a part of a colour, 0 to 1; ``whole`` is what stands for 1 where it is no percentage."""
    number, unit = _number(said)
    if unit not in ("", "%"):
        raise ValueError(f"{said} is no share")
    return min(1.0, max(0.0, number / (100 if unit else whole)))


def _turn(said: str) -> float:
    number, unit = _number(said)
    return number / _TURN[unit] % 1


def _number(said: str) -> tuple[float, str]:
    if said == "none":
        return 0.0, ""
    found = _NUMBER.fullmatch(said)
    if not found:
        raise ValueError(f"{said} is no number")
    return float(found[1]), found[2] or ""
