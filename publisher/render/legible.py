"""Text that can't be read in a finished mail: what colour it has, and on what, in the light and in the dark scheme.

What can't be told for sure (a picture behind it, a colour with transparency) is left out: a guess must hold no mail.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cssselect import SelectorError
from lxml import html as markup
from lxml.cssselect import CSSSelector

from publisher.render.colour import contrast

SCHEMES = ("light", "dark")
_INLINE = re.compile(r"(?:^|;)\s*(color|background(?:-color)?|display)\s*:\s*([^;]+)", re.IGNORECASE)
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark")
_BACKGROUNDS = ("background-color", "background")  # the second may say more than a colour
_UNSEEN = ("head", "script", "style", "title")
_CANVAS = {"light": ("#000000", "#ffffff"), "dark": ("#ffffff", "#121212")}  # text and ground where nothing is said


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its colour and what is behind it, as ``#rrggbb``."""

    words: str
    scheme: str
    colour: str
    paper: str

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
        yield from _texts_in(body, scheme, _by_sheet(page, sheet, scheme), _CANVAS[scheme])


def _texts_in(
    element: markup.HtmlElement, scheme: str, by_sheet: dict[markup.HtmlElement, _Said], around: tuple[str, str]
) -> Iterator[Text]:
    """Yield an element's texts and those within it.

    :param around: text colour and ground of what it stands in; empty: not known.
    """
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:  # the first: a comment
        return
    said = _said_of(element, by_sheet.get(element, {}))
    if said.get("display") == "none":
        return
    colour = _colour_of(said.get("color", "inherit"), around[0])
    paper = around[1]
    for name in _BACKGROUNDS:
        paper = _colour_of(said.get(name, ""), paper)
    for words in (element.text, *(child.tail for child in element)):
        if words and words.strip() and colour and paper:
            yield Text(" ".join(words.split()), scheme, colour, paper)
    for child in element:
        yield from _texts_in(child, scheme, by_sheet, (colour, paper))


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
    for rule in parser.parseString(sheet):
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
            if said.name in ("color", "display", *_BACKGROUNDS):
                weight = (said.priority == "important", tuple(selector.specificity[1:]), place)
                yield _Rule(chosen, weight, said.name, said.value, is_dark)


def _colour_of(said: str, around: str) -> str:
    """Return a colour as ``#rrggbb``; empty where it can't be told."""
    if said in ("inherit", "transparent", "none", "currentcolor", ""):
        return around
    from PIL import ImageColor  # here: it takes a while to import

    try:
        parts = ImageColor.getrgb(said)
    except ValueError:
        return ""
    return "#" + bytes(parts[:3]).hex() if len(parts) == 3 or parts[3] == 255 else ""
