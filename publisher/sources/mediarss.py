"""Media RSS: the pictures of a feed's item, with their words. feedparser takes these for the item's own."""

from __future__ import annotations

import html

from lxml import etree

from publisher.sources import clean
from publisher.sources.credits import split_credit
from publisher.sources.pictures import Picture, is_image_file, number

SPACES = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")


def pictures_of(node: etree._Element) -> tuple[Picture, ...]:
    """Return the pictures of Media RSS, of podcasts and of an item's own ``image``, thumbnails marked as such."""
    found = []
    for child in node.iter():
        name, space = name_of(child), space_of(child)
        if space in SPACES and name == "content" and _is_picture(child):
            found.append(_picture(child, node))
        elif space in SPACES and name == "thumbnail":
            found.append(_picture(child, node, is_thumbnail=True))
        elif name == "image" and child.getparent() is node:
            found.append(Picture(child.get("href") or child.findtext("{*}url") or (child.text or "").strip()))
    return tuple(found)


def _picture(child: etree._Element, item: etree._Element, *, is_thumbnail: bool = False) -> Picture:
    title, words = text_of(child, "title"), clean.fold(text_of(child, "description"))
    shown, taken_by = split_credit(words)
    return Picture(
        url=(child.get("url") or child.text or "").strip(),
        # A one-word title is the name of the file.
        alt=shown or (title if " " in title else ""),
        caption=words if taken_by else "",  # with a credit in it it was written to stand under the picture
        credit=text_of(child, "credit") or text_of(item, "credit"),
        width=number(child.get("width")),
        height=number(child.get("height")),
        is_thumbnail=is_thumbnail,
    )


def _is_picture(content: etree._Element) -> bool:
    medium, kind = content.get("medium", ""), content.get("type", "")
    return (
        medium == "image"
        or kind.startswith("image/")
        or (not medium and not kind and is_image_file(content.get("url", "")))
    )


def text_of(node: etree._Element, name: str) -> str:
    """Return the text of a media element that stands directly in a node or in its group."""
    for space in SPACES:
        for path in (f"{{{space}}}{name}", f"{{{space}}}group/{{{space}}}{name}"):
            text = node.findtext(path)
            if text and text.strip():
                return clean.printable(html.unescape(text.strip())) if name == "description" else clean.one_line(text)
    return ""


def name_of(node: etree._Element) -> str:
    """Return a node's name without its namespace or prefix."""
    return node.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(node.tag, str) else ""


def space_of(node: etree._Element) -> str:
    """Return a node's namespace; a prefix that the document forgot to declare is taken for what it is elsewhere."""
    if not isinstance(node.tag, str):
        return ""
    space, _, name = node.tag.rpartition("}")
    return space[1:] if space else SPACES[0] if name.startswith("media:") else ""
