"""An article's own html, mended for mail: it has one h1 already, no wide pictures, and nothing that clients drop."""

from __future__ import annotations

import re

from lxml import etree, html

from publisher.render.words import clean

# Elements that mail clients know, for those that they drop or that would disturb the order of headings.
_PLAIN = {"h1": "h2", "figure": "div", "section": "div", "article": "div", "main": "div", "header": "div"}
_PLAIN |= {"footer": "div", "aside": "div", "nav": "div", "figcaption": "div", "mark": "b", "time": "span"}
_NOT_IN_MAIL = ("script", "style", "link", "iframe", "video", "audio", "object", "embed", "form", "base", "meta")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_SIZE = re.compile(r"\s*(\d+)(?:px)?\s*\Z")


def tidy(fragment: str, width: int = 560) -> str:
    """Return sanitised html ready to stand in a mail; text and links stay as they are.

    :param width: pixels that a picture can have.
    """
    if not fragment.strip():
        return ""
    root = html.fragment_fromstring(clean(fragment), create_parent="div")
    etree.strip_elements(root, *_NOT_IN_MAIL, with_tail=False)
    etree.strip_tags(root, etree.Comment, "wbr")
    for element in root.iter(*_PLAIN):
        _rename(element)
    _close_ranks(root)
    for cell in root.iter("th"):
        cell.set("scope", "row" if cell.getparent().find("td") is not None else "col")
    unsized = dict(filter(None, (_size(image, width) for image in root.iter("img"))))
    return _told_apart(_inside(root), unsized)


def _rename(element: html.HtmlElement) -> None:
    if element.tag == "figcaption":
        element.set("class", "caption")
    element.tag = _PLAIN[element.tag]


def _close_ranks(root: html.HtmlElement) -> None:
    """Let each heading be one step below the one it belongs to: who reads by headings must not miss a step."""
    above: list[str] = []
    for heading in list(root.iter(*_HEADINGS)):
        while above and above[-1] >= heading.tag:
            above.pop()
        above.append(heading.tag)
        heading.tag = _HEADINGS[len(above) - 1]


def _size(image: html.HtmlElement, most: int) -> tuple[str, str] | None:
    """Give a picture whole numbers for a size, no wider than the mail.

    Of one whose height nobody knows it is stated as two thirds of the width. Returned is then how it is printed, and
    how it would be without that.
    """
    width, height = (_pixels(image.attrib.pop(name, "")) for name in ("width", "height"))
    for name in ("srcset", "sizes", "loading", "decoding", "style"):
        image.attrib.pop(name, None)
    shown = min(width or most, most)
    image.set("width", str(shown))
    if width and height:
        image.set("height", str(max(1, round(height * shown / width))))
    image.set("alt", image.get("alt") or "")
    if width and height:
        return None
    without = _printed(image)
    image.set("height", str(shown * 2 // 3))
    return _printed(image), without


def _told_apart(whole: str, unsized: dict[str, str]) -> str:
    """Hide a height that is a guess from Outlook's Word: every other client corrects it by the picture itself."""
    for image, without in unsized.items():
        whole = whole.replace(image, f"<!--[if mso]>{without}<![endif]--><!--[if !mso]><!-->{image}<!--<![endif]-->")
    return whole


def _pixels(value: str) -> int:
    found = _SIZE.match(value)
    return int(found[1]) if found else 0


def _printed(element: html.HtmlElement) -> str:
    return str(html.tostring(element, encoding="unicode", with_tail=False))


def _inside(root: html.HtmlElement) -> str:
    whole = _printed(root)
    return whole.removeprefix("<div>").removesuffix("</div>")
