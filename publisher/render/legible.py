"""Text that can't be read in a finished mail: what colour it has, and on what, in the light and in the dark scheme.

What lets through what is beneath is judged as it is seen. What can't be told for sure (a picture behind it, a
variable) is left out: a guess must hold no mail.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

from cssselect import SelectorError
from lxml import html as markup
from lxml.cssselect import CSSSelector

from publisher.render.colour import contrast
from publisher.render.paint import Paint, cover_of, paint_of, spelled_out

SCHEMES = ("light", "dark")
_INLINE = re.compile(r"(?:^|;)\s*(color|background(?:-color)?|display|opacity)\s*:\s*([^;]+)", re.IGNORECASE)
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark")
_BACKGROUNDS = ("background-color", "background")  # the second may say more than a colour
_PROPERTIES = ("color", "display", "opacity", *_BACKGROUNDS)
_SAME = ("", "inherit", "currentcolor")
_UNSEEN = ("head", "script", "style", "title")
_CANVAS = {"light": ("#000000", "#ffffff"), "dark": ("#ffffff", "#121212")}  # text and ground where nothing is said


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its colour and what is behind it, as they are seen: ``#rrggbb``."""

    words: str
    scheme: str
    colour: str
    paper: str
    written: str  # the colour as it was given
    opacity: float = 1.0  # of the elements that it stands in, together

    @property
    def contrast(self) -> float:
        return contrast(self.colour, self.paper)


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: CSSSelector
    weight: tuple[bool, tuple[int, int, int], int]  # important, specificity, place in the sheet
    name: str
    value: str
    is_dark: bool  # it holds in the dark scheme only


_Said = dict[str, tuple[tuple[bool, tuple[int, int, int], int], str]]  # property: its weight and value


def texts(html: str) -> Iterator[Text]:
    """Yield every visible text of a mail whose styles are in its elements, in each scheme that the mail has."""
    page = markup.document_fromstring(html)
    body = page.find("body")
    if body is None:
        return
    sheet = "\n".join(style.text or "" for style in page.iter("style"))
    for scheme in SCHEMES if _DARK.search(sheet) else SCHEMES[:1]:
        yield from _texts_in(body, scheme, _by_sheet(page, sheet, scheme), _Around(*_CANVAS[scheme]))


@dataclass(frozen=True, slots=True)
class _Around:
    """What holds where an element stands."""

    written: str  # the colour of text
    paper: str  # `#rrggbb`; empty: not known
    veils: tuple[tuple[float, str], ...] = ()  # opacity of each element around that lets through, and what: outer first

    def within(self, said: dict[str, str]) -> _Around:
        """Return what holds in an element of this style."""
        written, paper, opacity = said.get("color", ""), self.paper, cover_of(said.get("opacity", ""))
        for name in _BACKGROUNDS:
            paper = _paper_of(said.get(name, ""), paper)
        veils = (*self.veils, (opacity, self.paper)) if opacity < 1 else self.veils
        return _Around(self.written if written in _SAME else written, paper, veils)

    def text(self, words: str, scheme: str) -> Text | None:
        """Return a text as it is seen; None where that can't be told, and where nothing of it is to be seen."""
        paint, opacity = paint_of(self.written), prod(veil[0] for veil in self.veils)
        if paint is None or not paint.cover * opacity:
            return None
        colour, paper = paint.on(self.paper), self.paper
        for cover, beneath in reversed(self.veils):
            colour, paper = (Paint(seen, cover).on(beneath) if seen else "" for seen in (colour, paper))
        known = colour and paper
        return Text(" ".join(words.split()), scheme, colour, paper, self.written, opacity) if known else None


def _paper_of(said: str, beneath: str) -> str:
    """Return what is behind an element; empty where it can't be told."""
    if said in _SAME or said == "none":
        return beneath
    paint = paint_of(said)
    return paint.on(beneath) if paint else ""


def _texts_in(
    element: markup.HtmlElement, scheme: str, by_sheet: dict[markup.HtmlElement, _Said], around: _Around
) -> Iterator[Text]:
    """Yield an element's texts and those within it."""
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:  # the first: a comment
        return
    said = _said_of(element, by_sheet.get(element, {}))
    if said.get("display") == "none":
        return
    here = around.within(said)
    for words in (element.text, *(child.tail for child in element)):
        text = here.text(words, scheme) if words and words.strip() else None
        if text:
            yield text
    for child in element:
        yield from _texts_in(child, scheme, by_sheet, here)


def _said_of(element: markup.HtmlElement, by_sheet: _Said) -> dict[str, str]:
    """Return what holds for an element: its own style over the sheet's rules, of each first what is important."""
    own = {name.lower(): value.lower() for name, value in _INLINE.findall(element.get("style", ""))}
    said = {"background-color": element.get("bgcolor", ""), "color": element.get("color", "")}
    for is_important in (False, True):
        said |= {name: value for name, (weight, value) in by_sheet.items() if weight[0] is is_important}
        said |= {name: value for name, value in own.items() if ("!important" in value) is is_important}
    return {name: value.lower().replace("!important", "").strip() for name, value in said.items()}


def _by_sheet(page: markup.HtmlElement, sheet: str, scheme: str) -> dict[markup.HtmlElement, _Said]:
    found: dict[markup.HtmlElement, _Said] = {}
    for rule in _rules(sheet):
        for element in rule.selector(page) if scheme == "dark" or not rule.is_dark else ():
            said = found.setdefault(element, {})
            if rule.name not in said or rule.weight >= said[rule.name][0]:
                said[rule.name] = (rule.weight, rule.value)
    return found


@lru_cache(maxsize=32)  # the same sheet stands in every mail of a theme
def _rules(sheet: str) -> tuple[_Rule, ...]:
    import cssutils  # here, as premailer, which brings it: it takes a while to import

    parser = cssutils.CSSParser(loglevel=logging.CRITICAL, validate=False, raiseExceptions=False)
    found: list[_Rule] = []
    for rule in parser.parseString(spelled_out(sheet)):
        is_dark = rule.type == rule.MEDIA_RULE and bool(_DARK.search(rule.media.mediaText))
        for each in rule.cssRules if is_dark else (rule,):
            if each.type == each.STYLE_RULE:
                found += _of_rule(each, len(found), is_dark=is_dark)
    return tuple(found)


def _of_rule(rule: Any, place: int, *, is_dark: bool) -> Iterator[_Rule]:
    for selector in rule.selectorList:
        try:
            chosen = CSSSelector(selector.selectorText)
        except SelectorError:  # "::before" and the like, which are no elements
            continue
        for said in rule.style:
            if said.name in _PROPERTIES:
                weight = (said.priority == "important", tuple(selector.specificity[1:]), place)
                yield _Rule(chosen, weight, said.name, said.value, is_dark)
