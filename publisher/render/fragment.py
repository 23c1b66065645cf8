"""An article's own html, mended for mail: it has one h1 already, no wide pictures, and nothing that clients drop."""

from __future__ import annotations

import re

from lxml import etree, html

from publisher.render.words import clean

BODY_WIDTH = 560  # pixels: the sheet's 600 less its padding
# Elements that mail clients know, for those that they drop or that would disturb the order of headings.
_PLAIN = {"h1": "h2", "figure": "div", "section": "div", "article": "div", "main": "div", "header": "div"}
_PLAIN |= {"footer": "div", "aside": "div", "nav": "div", "figcaption": "div", "mark": "b", "time": "span"}
_NOT_IN_MAIL = ("script", "style", "link", "iframe", "video", "audio", "object", "embed", "form", "base", "meta")
_SIZE = re.compile(r"\s*(\d+)(?:px)?\s*\Z")


def tidy(fragment: str) -> str:
    """Return sanitised html ready to stand in a mail; text and links stay as they are."""
    if not fragment.strip():
        return ""
    root = html.fragment_fromstring(clean(fragment), create_parent="div")
    etree.strip_elements(root, *_NOT_IN_MAIL, with_tail=False)
    etree.strip_tags(root, etree.Comment, "wbr")
    for element in root.iter(*_PLAIN):
        _rename(element)
    for image in root.iter("img"):
        _size(image)
    return _inside(root)


def _rename(element: html.HtmlElement) -> None:
    if element.tag == "figcaption":
        element.set("class", "caption")
    element.tag = _PLAIN[element.tag]


def _size(image: html.HtmlElement) -> None:
    """Give a picture whole numbers for a size, no wider than the mail; one of unknown size keeps its shape."""
    width, height = (_pixels(image.attrib.pop(name, "")) for name in ("width", "height"))
    for name in ("srcset", "sizes", "loading", "decoding", "style"):
        image.attrib.pop(name, None)
    shown = min(width or BODY_WIDTH, BODY_WIDTH)
    image.set("width", str(shown))
    if width and height:
        image.set("height", str(max(1, round(height * shown / width))))
    image.set("alt", image.get("alt") or "")


def _pixels(value: str) -> int:
    found = _SIZE.match(value)
    return int(found[1]) if found else 0


def _inside(root: html.HtmlElement) -> str:
    whole = str(html.tostring(root, encoding="unicode"))
    return whole.removeprefix("<div>").removesuffix("</div>")
