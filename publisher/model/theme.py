"""How mails look: what an editor chose of colours, logo, fonts and width. What is empty is left to the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one scheme, as `#rrggbb`."""

    accent: str = ""  # links, and the line below the head
    text: str = ""
    paper: str = ""  # what text stands on
    ground: str = ""  # what the paper lies on
    places: Mapping[str, str] = field(default_factory=dict, compare=False)  # of each that was written, in the file


@dataclass(frozen=True, slots=True)
class Logo:
    """The newspaper's name as a picture."""

    image: str  # https
    width: int  # pixels, as it is shown
    height: int
    alt: str = ""  # empty: the publication's name
    dark: str = ""  # https; the picture for dark screens, of the same size


@dataclass(frozen=True, slots=True)
class Theme:
    """Everything that an editor chose."""

    light: Palette = field(default_factory=Palette)
    dark: Palette = field(default_factory=Palette)
    logo: Logo | None = None
    heading: str = ""  # a font stack, checked: names, quoted where they hold a space, and a generic one at the end
    text: str = ""
    width: int = 0  # pixels

    def over(self, base: Theme) -> Theme:
        """Put this theme over another. A colour's dark counterpart goes with the colour."""
        names = [each.name for each in fields(Palette) if each.compare]
        light = {name: getattr(self.light, name) or getattr(base.light, name) for name in names}
        kept = {name: "" if getattr(self.light, name) else getattr(base.dark, name) for name in names}
        dark = {name: getattr(self.dark, name) or kept[name] for name in names}
        return Theme(
            Palette(**light, places={**base.light.places, **self.light.places}),
            Palette(**dark, places={**base.dark.places, **self.dark.places}),
            self.logo or base.logo,
            self.heading or base.heading,
            self.text or base.text,
            self.width or base.width,
        )
