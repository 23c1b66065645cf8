"""Colours: how well one can be read on another (WCAG 2), and others of the same hue (Oklab, Björn Ottosson, 2020)."""

from __future__ import annotations

import math

ENOUGH = 4.5  # to 1; WCAG 2.2, 1.4.3 (AA) for text of ordinary size
_STEP = 0.005  # of lightness, in the search for a colour that can be read

Lch = tuple[float, float, float]  # lightness 0 to 1, chroma, hue in radians


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, on: str, least: float = ENOUGH) -> str:
    """Return the colour; where it can't be read on the other, the nearest of its hue that can."""
    if contrast(colour, on) >= least:
        return colour
    lightness, chroma, hue = to_lch(colour)
    for step in range(1, int(1 / _STEP) + 1):
        for way in (lightness - step * _STEP, lightness + step * _STEP):
            found = from_lch((min(1.0, max(0.0, way)), chroma, hue))
            if contrast(found, on) >= least:
                return found
    return max(("#000000", "#ffffff"), key=lambda end: contrast(end, on))


def mix(one: str, other: str, part: float) -> str:
    """Return a colour between two: ``part`` of the other."""
    return _hex([a + (b - a) * part for a, b in zip(_parts(one), _parts(other), strict=True)])


def to_lch(colour: str) -> Lch:
    """Return a colour's lightness, chroma and hue as the eye sees them."""
    red, green, blue = (_linear(part) for part in _parts(colour))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def from_lch(lch: Lch) -> str:
    """Return the colour; where no screen shows it that vivid, as vivid as can be."""
    lightness, chroma, hue = lch
    while True:
        parts = _screen(lightness, chroma * math.cos(hue), chroma * math.sin(hue))
        if chroma < 0.001 or all(-0.001 <= part <= 1.001 for part in parts):
            return _hex([255 * _gamma(min(1.0, max(0.0, part))) for part in parts])
        chroma *= 0.95


def _screen(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def _hex(parts: list[float]) -> str:
    return "#" + bytes(round(part) for part in parts).hex()


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)
