"""``theme:``: colours, logo, fonts and width of mails. What passes here can't break out of a style."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from publisher.config.reading import Document, Path_
from publisher.config.shape import REQUIRED, Shape, key
from publisher.config.values import Line, web_address, wrong
from publisher.model.theme import Logo, Palette, Theme

NARROWEST, WIDEST = 480, 700  # pixels of a mail
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_NOT_IN_MAIL = re.compile(r"['{|}]")  # these end an attribute, or are a template's
_FONT = re.compile(r"-?[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*")
_NO_FONTS = ("inherit", "initial", "unset", "revert", "default")  # words of CSS: one of them undoes the whole list
_LAST_RESORTS = ("serif", "sans-serif", "monospace")


def colour(value: str) -> str:
    """Check a colour, ``#0b4f8a`` or ``#05a``, and write it in six digits."""
    if _COLOUR.fullmatch(f"#{value}"):
        raise wrong("is not a colour", f'Write `"#{value}"`')
    if not _COLOUR.fullmatch(value):
        raise wrong("is not a colour", 'Write one such as `"#0b4f8a"`, in quotes')
    digits = value.lower().removeprefix("#")
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def fonts(value: str) -> str:
    """Check a list of fonts, and quote the names that hold a space."""
    names = [part.strip().strip("\"'").strip() for part in value.split(",")]
    for name in names:
        if not _FONT.fullmatch(name) or name.lower() in _NO_FONTS:
            raise wrong(f"holds {name!r}, which is no font", "Write names with commas: `Lora, Georgia, serif`")
    if names[-1].lower() not in _LAST_RESORTS:
        usual = f"{value.strip().rstrip(',')}, sans-serif"
        raise wrong("does not end with what every reader has", f"Write `{usual}`, or `serif`")
    return ", ".join(f'"{name}"' if " " in name else name for name in names)


def picture_address(value: str) -> str:
    """Check the address of a picture; whether it must be https hangs on practice, which relations.py knows."""
    if not web_address(value).startswith(("https://", "http://")):
        raise wrong("is not a web address", "Write the picture's address whole, with `https://`")
    if _NOT_IN_MAIL.search(value):
        raise wrong("holds a sign that a mail can't keep", "Write it as a browser's address bar does: `%7B` for `{`")
    if urlsplit(value).username is not None:
        raise wrong("tells every reader a name and password", "Put the picture where everybody may fetch it")
    return value


Colour = Annotated[Line, AfterValidator(colour)]
FontStack = Annotated[Line, AfterValidator(fonts)]
PictureAddress = Annotated[Line, AfterValidator(picture_address)]


class DarkShape(Shape):
    """Colours on dark screens, where the derived ones don't please."""

    accent: Colour = key("", "Links; without it, derived from `accent`")
    text: Colour = key("", "Text; without it, derived from `text`")
    paper: Colour = key("", "What text stands on; without it, derived from `paper`")
    ground: Colour = key("", "What the paper lies on; without it, derived from `ground`")

    def record(self, document: Document, path: Path_) -> Palette:
        return Palette(self.accent, self.text, self.paper, self.ground, _places(self, document, path))


class LogoShape(Shape):
    """The newspaper's name as a picture."""

    image: PictureAddress = key(
        REQUIRED, "Address of the picture: https, in practice http too", example="https://harbor.example/logo.png"
    )
    width: int = key(REQUIRED, "How wide it is shown, in pixels", example="240", ge=16, le=WIDEST - 40)
    height: int = key(REQUIRED, "How high it is shown, in pixels", example="48", ge=16, le=300)
    alt: Line = key("", "What stands there where pictures aren't shown; without it, the publication's name")
    dark: PictureAddress = key("", "Picture for dark screens; without it, the logo keeps a light ground there")

    def record(self) -> Logo:
        return Logo(self.image, self.width, self.height, self.alt, self.dark)


class FontsShape(Shape):
    """Fonts, each with others in case a reader doesn't have it."""

    heading: FontStack = key("", "Fonts of headings: `Lora, Georgia, serif`")
    text: FontStack = key("", "Fonts of everything else: `Verdana, sans-serif`")


class ThemeShape(Shape):
    """How mails look."""

    accent: Colour = key("", 'Links, the line below the head, the ground of share cards: `"#0b4f8a"`, in quotes')
    text: Colour = key("", "Text")
    paper: Colour = key("", "What text stands on")
    ground: Colour = key("", "What the paper lies on")
    dark: DarkShape | None = key(None, "Colours on dark screens; what is not written is derived")
    logo: LogoShape | None = key(None, "The newspaper's name as a picture")
    fonts: FontsShape | None = key(None, "Fonts")
    width: int | None = key(
        None, f"Width of a mail in pixels, {NARROWEST} to {WIDEST}; without it, 600", ge=NARROWEST, le=WIDEST
    )

    def record(self, document: Document, path: Path_) -> Theme:
        return Theme(
            light=Palette(self.accent, self.text, self.paper, self.ground, _places(self, document, path)),
            dark=self.dark.record(document, (*path, "dark")) if self.dark else Palette(),
            logo=self.logo.record() if self.logo else None,
            heading=self.fonts.heading if self.fonts else "",
            text=self.fonts.text if self.fonts else "",
            width=self.width or 0,
        )


def _places(colours: DarkShape | ThemeShape, document: Document, path: Path_) -> dict[str, str]:
    """Return where each colour stands that was written."""
    names = ("accent", "text", "paper", "ground")
    return {name: document.where((*path, name)) for name in names if getattr(colours, name)}
