"""An article's own html, mended for mail: it has one h1 already, no wide pictures, and nothing that clients drop."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

from publisher.render.addresses import fault_of_link, fault_of_source, web_address
from publisher.render.merge import defuse
from publisher.render.words import clean, fold, no_comment

# Elements that mail clients know, for those that they drop or that would disturb the order of headings.
_PLAIN = {"h1": "h2", "figure": "div", "section": "div", "article": "div", "main": "div", "header": "div"}
_PLAIN |= {"footer": "div", "aside": "div", "nav": "div", "figcaption": "div", "mark": "b", "time": "span"}
_NOT_IN_MAIL = ("script", "style", "link", "iframe", "video", "audio", "object", "embed", "form", "base", "meta")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_WHOLE = {"p", "pre", "tr", "hr", *_HEADINGS}  # blocks that are never cut within
_BLOCKS = {*_WHOLE, "div", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tfoot"}
_DEEPEST = 100  # elements within one another; the mail is around them, and libxml2 reads no more than 256
_SIZE = re.compile(r"\s*(\d+)(?:px)?\s*\Z")


def tidy(fragment: str, width: int = 560, *, practice: bool = False) -> str:
    """Return sanitised html ready to stand in a mail; text stays as it is, and so do links that lead somewhere.

    :param width: pixels that a picture can have.
    :param practice: pictures may be files of this machine.
    """
    if not fragment.strip():
        return ""
    root = _parsed(fragment)
    for element, _, _ in list(_unusable(root, practice)):
        (element.drop_tree if element.tag == "img" else element.drop_tag)()
    etree.strip_elements(root, *_NOT_IN_MAIL, with_tail=False)
    etree.strip_tags(root, etree.Comment, "wbr")
    for element in root.xpath(f".//*[count(ancestor::*) > {_DEEPEST}]"):
        element.drop_tag()
    for figure in root.iter("figure"):
        _describe(figure)
    for element in root.iter(*_PLAIN):
        _rename(element)
    _close_ranks(root)
    for element in root.iter(etree.Element):
        for name, value in element.items():
            if "<!--" in value:
                element.set(name, web_address(value) if name in ("href", "src") else no_comment(value))
    for cell in root.iter("th"):
        cell.set("scope", "row" if cell.getparent().find("td") is not None else "col")
    unsized = dict(filter(None, (_size(image, width) for image in root.iter("img"))))
    return defuse(_told_apart(_inside(root), unsized))  # again: parsing may have put an imitation together


def dropped(fragment: str, *, practice: bool = False) -> list[tuple[str, str, str]]:
    """Return what ``tidy`` drops: the element's name, its address, and the reason."""
    if "<" not in fragment:
        return []
    return [(element.tag, address, why) for element, address, why in _unusable(_parsed(fragment), practice)]


def pictures_in(fragment: str, *, practice: bool = False) -> list[html.HtmlElement]:
    """Return the pictures of a text that ``tidy`` keeps."""
    pictures = _parsed(fragment).iter("img") if "<img" in fragment else ()
    return [image for image in pictures if not fault_of_source(image.get("src") or "", practice=practice)]


def is_sized(image: html.HtmlElement) -> bool:
    """Say whether a picture of a text states both its sides."""
    return all(_pixels(image.get(side) or "") for side in ("width", "height"))


def _unusable(root: html.HtmlElement, practice: bool) -> Iterator[tuple[html.HtmlElement, str, str]]:
    for element in root.iter("a", "img"):
        address = str(element.get("href" if element.tag == "a" else "src") or "")
        if element.tag == "a":
            why = fault_of_link(address) if address else ""
        else:
            why = fault_of_source(address, practice=practice)
        if why:
            yield element, address, why


def blocks_in(fragment: str) -> int:
    """Count the blocks that ``without_end`` can take off a text."""
    return len(list(_blocks(_parsed(fragment)))) if fragment.strip() else 0


def without_end(fragment: str, lost: int) -> str:
    """Take so many blocks off the end of a text, with headings that would then stand above nothing."""
    root = _parsed(fragment)
    blocks = list(_blocks(root))
    kept = blocks[: len(blocks) - lost]
    while kept and kept[-1].tag in ("hr", *_HEADINGS):
        kept.pop()
    for block in reversed(blocks[len(kept) :]):
        _take_out(block, root)
    return _inside(root) if kept else ""


def beginning(fragment: str, most: int) -> str:
    """Return as many of a text's blocks as have so many characters."""
    if len(fragment) <= most:
        return fragment
    sizes = [len(_printed(block)) + len(block.tail or "") for block in _blocks(_parsed(fragment))]
    kept, length = 0, 0
    while kept < len(sizes) and length + sizes[kept] <= most:
        length += sizes[kept]
        kept += 1
    return without_end(fragment, len(sizes) - kept)


def paragraphs_of(fragment: str) -> list[str]:
    """Return what a text says, block by block, with the address of each link after its words."""
    if not fragment.strip():
        return []
    root = _parsed(fragment)
    etree.strip_tags(root, etree.Comment)
    for caption in list(root.iter("figcaption")) + root.find_class("caption"):
        caption.drop_tree()  # a text has no pictures
    for link in root.iter("a"):
        address = link.get("href") or ""
        if address and not fault_of_link(address) and address not in link.text_content():
            link.tail = f" ({address}){link.tail or ''}"
    said = [root.text or "", *(f"{_bullet(block)}{block.text_content()} {block.tail or ''}" for block in _blocks(root))]
    return [defuse(" ".join(words.split())) for words in said if words.strip()]


def described(fragment: str) -> str:
    """Return a text with the words for who can't see a picture in its place."""
    if "<img" not in fragment:
        return fragment
    root = _parsed(fragment)
    for image in list(root.iter("img")):
        image.tail = f"{image.get('alt') or ''} {image.tail or ''}"
        image.drop_tree()
    return _inside(root)


def _bullet(block: html.HtmlElement) -> str:
    return "• " if block.tag == "li" else ""


def _blocks(parent: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the smallest blocks that can go alone: of a list its items, of a table its rows; a figure is one."""
    for child in parent:
        is_whole = child.tag in _WHOLE or child.tag not in _BLOCKS or child.find("img") is not None
        if is_whole or not any(inner.tag in _BLOCKS for inner in child):
            yield child
        else:
            yield from _blocks(child)


def _take_out(block: html.HtmlElement, root: html.HtmlElement) -> None:
    """Remove a block with what comes after it, and what stood around it alone."""
    parent = block.getparent()
    parent.remove(block)
    if parent is not root and next(parent.iterchildren(), None) is None:  # len() would count all of them
        _take_out(parent, root)


def _parsed(fragment: str) -> html.HtmlElement:
    return html.fragment_fromstring(clean(fragment), create_parent="div")


def _describe(figure: html.HtmlElement) -> None:
    """Let the caption of a single picture stand in for its description."""
    pictures, caption = list(figure.iter("img")), figure.find(".//figcaption")
    if len(pictures) == 1 and caption is not None and not pictures[0].get("alt", "").strip():
        pictures[0].set("alt", fold(caption.text_content()))


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
