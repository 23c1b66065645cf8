"""A theme made whole: every colour in both schemes, fonts and sizes, as plain data for templates."""

from __future__ import annotations

from typing import Any, NamedTuple

from publisher.model.theme import Logo, Palette, Theme
from publisher.render.colour import ENOUGH, contrast, from_lch, mix, readable, to_lch

WIDTH = 600  # pixels
PADDING = 20  # pixels on either side of what stands on the paper
SANS = '-apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif'
SERIF = 'Georgia, "Times New Roman", serif'
# Outlook's Word sets Times New Roman where it lacks the first font of a list: it is told the first that Windows has.
_ON_WINDOWS = ("Arial", "Georgia", "Verdana", "Tahoma", "Trebuchet MS", "Times New Roman", "Courier New")
_LAST_ON_WINDOWS = {"serif": "Georgia", "monospace": "Courier New"}

Colours = dict[str, str]
_LIGHT: Colours = {"accent": "#0b4f8a", "text": "#1f1e1c", "paper": "#ffffff", "ground": "#f3f1ec"}
_LIGHT |= {"muted": "#5d5a53", "line": "#cfcbc1", "blank": "#efece5"}
_DARK: Colours = {"accent": "#8fc1f0", "text": "#eceae4", "paper": "#1d1d1b", "ground": "#121211"}
_DARK |= {"muted": "#b3afa5", "line": "#45433d", "blank": "#2d2c28"}


def theme_dict(theme: Theme, publication: str) -> dict[str, Any]:
    """Return what templates know as ``theme``."""
    light, dark = palettes(theme)
    heading, text = theme.heading or SERIF, theme.text or SANS
    fonts = {"heading": heading, "text": text}
    fonts |= {"outlook_heading": _on_windows(theme.heading) if theme.heading else "", "outlook_text": _on_windows(text)}
    width = theme.width or WIDTH
    logo = _logo_dict(theme.logo, publication, width - 2 * PADDING) if theme.logo else ""
    return {**light, "dark": dark, "fonts": fonts, "width": width, "inner": width - 2 * PADDING, "logo": logo}


def inner_width(theme: Theme) -> int:
    """Return how wide a picture can be, in pixels."""
    return (theme.width or WIDTH) - 2 * PADDING


def palettes(theme: Theme) -> tuple[Colours, Colours]:
    """Return the colours of the light and the dark scheme: as chosen, else such that they can be read."""
    light = _filled(theme.light, _LIGHT)
    wanted = {name: _darkened(name, value) for name, value in _given(theme.light).items()}
    dark = _filled(theme.dark, _DARK | wanted)
    rule = bool(theme.light.accent or theme.dark.accent)
    return (
        light | _tones(light, _LIGHT) | {"rule": light["accent"] if rule else ""},
        dark | _tones(dark, _DARK) | {"rule": dark["accent"] if rule else ""},
    )


class Unreadable(NamedTuple):
    """A colour of the theme that is too faint for its paper."""

    name: str  # as in the file: ``theme.dark.text``
    place: str  # in the file
    colour: str
    paper: str
    contrast: float
    scheme: str
    better: str  # the nearest colour that passes


def unreadable(theme: Theme) -> list[Unreadable]:
    """Return what is under 4.5:1."""
    found = []
    schemes = (("light", "theme", theme.light), ("dark", "theme.dark", theme.dark))
    for (scheme, path, given), colours in zip(schemes, palettes(theme), strict=True):
        paper = colours["paper"]
        for name in ("text", "accent"):
            colour, place = colours[name], given.places.get(name) or given.places.get("paper", "")
            measured = contrast(colour, paper)
            if measured < ENOUGH:
                better = readable(colour, paper)
                found.append(Unreadable(f"{path}.{name}", place, colour, paper, measured, scheme, better))
    return found


def _given(palette: Palette) -> Colours:
    names = ("accent", "text", "paper", "ground")
    return {name: value for name in names if (value := str(getattr(palette, name)))}


def _filled(palette: Palette, usual: Colours) -> Colours:
    """Complete what was chosen; what was not gives way, so that it can be read on the chosen paper."""
    given = _given(palette)
    colours = {name: given.get(name) or usual[name] for name in ("paper", "ground")}
    paper = colours["paper"]
    colours["accent"] = given.get("accent") or readable(usual["accent"], paper)
    colours["text"] = given.get("text") or _text_on(paper, usual["text"])
    return colours


def _text_on(paper: str, usual: str) -> str:
    """Return the usual text; where it is too faint on the paper, the light one or the dark one instead."""
    if contrast(usual, paper) >= ENOUGH:
        return usual
    return readable(max(_LIGHT["text"], _DARK["text"], key=lambda text: contrast(text, paper)), paper)


def _darkened(name: str, colour: str) -> str:
    """Turn a colour of the light scheme into its counterpart: the same hue, for the same purpose."""
    lightness, chroma, hue = to_lch(colour)
    if name == "accent":
        return colour  # as it is, if it can be read on the dark paper: _filled sees to that
    if name == "text":
        return colour if lightness > 0.8 else from_lch((0.94, min(chroma, 0.02), hue))
    return colour if lightness < 0.35 else from_lch((0.23 if name == "paper" else 0.18, min(chroma, 0.02), hue))


def _tones(colours: Colours, usual: Colours) -> Colours:
    """Return the colours between text and paper: small print, lines, and what stands where a picture is awaited."""
    text, paper = colours["text"], colours["paper"]
    if (text, paper) == (usual["text"], usual["paper"]):
        muted, line, blank = (usual[name] for name in ("muted", "line", "blank"))
    else:
        muted, line, blank = (mix(text, paper, part) for part in (0.28, 0.78, 0.92))
    # A picture that isn't loaded shows its words there, in the colour of text or of a link.
    is_faint = min(contrast(colours[name], blank) for name in ("text", "accent")) < ENOUGH
    return {"muted": readable(muted, paper), "line": line, "blank": paper if is_faint else blank}


def _on_windows(stack: str) -> str:
    names = [name.strip().strip('"') for name in stack.split(",")]
    return next((name for name in names if name in _ON_WINDOWS), _LAST_ON_WINDOWS.get(names[-1].lower(), "Arial"))


def _logo_dict(logo: Logo, publication: str, widest: int) -> dict[str, Any]:
    scale = min(1.0, widest / logo.width)
    return {
        "image": logo.image,
        "dark": logo.dark,
        "alt": logo.alt or publication,
        "width": round(logo.width * scale),
        "height": max(1, round(logo.height * scale)),
    }
