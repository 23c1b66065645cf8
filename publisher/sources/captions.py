"""Keep a picture's caption and credit with the picture while the text of a page is being found."""

from __future__ import annotations

import re

from publisher.sources import clean, pictures, tidy
from publisher.sources.address import Place

Node = tidy.Node

_CAPTION = re.compile(
    r"(?:^|\s)(?:wp-caption-text|gallery-caption|\S*image-?caption\S*|\S*photo-?caption\S*)(?:\s|$)", re.I
)


def taken(root: Node, place: Place) -> tuple[pictures.Picture, ...]:
    """Take the captions out of a page and return its pictures with them."""
    found = pictures.in_tree(root, place)
    for node in list(root.iter()):
        if isinstance(node.tag, str) and _is_caption(node):
            tidy.drop(node)
    return found


def given_back(root: Node, found: tuple[pictures.Picture, ...], place: Place) -> None:
    """Put each picture of a text that has a caption into a figure with it."""
    words = {pictures.file_name(picture.url): picture.caption for picture in reversed(found) if picture.caption}
    for image in list(root.iter("img")):
        caption = words.pop(pictures.file_name(place.image(image.get("src")) or ""), "")
        if caption and next(image.iterancestors("figure"), None) is None:
            _frame(image, caption)


def _frame(image: Node, caption: str) -> None:
    figure = image.makeelement("figure")
    words = image.makeelement("figcaption")
    words.text = clean.fold(caption)
    image.addprevious(figure)
    figure.tail, image.tail = image.tail, None
    figure.append(image)
    figure.append(words)


def _is_caption(node: Node) -> bool:
    if node.tag == "figcaption":
        figure = next(node.iterancestors("figure"), None)
        return figure is not None and next(figure.iter("img"), None) is not None
    return node.tag in ("p", "div", "span", "dd") and bool(_CAPTION.search(node.get("class") or ""))
