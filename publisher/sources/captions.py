"""Keep a picture's caption and size with the picture while the text of a page is being found."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.sources import pictures, tidy
from publisher.sources.address import Place

Node = tidy.Node


def taken(root: Node, place: Place) -> tuple[pictures.Picture, ...]:
    """Take the captions out of a page and return its pictures with them."""
    found = pictures.in_tree(root, place)
    for node in list(root.iter()):
        if isinstance(node.tag, str) and tidy.is_caption(node) and tidy.is_of_picture(node):
            tidy.drop(node)
    return found


def given_back(root: Node, found: Sequence[pictures.Picture], place: Place) -> None:
    """Put each picture of a text that has a caption into a figure with it, and say again how large it is."""
    known: dict[str, pictures.Picture] = {}
    for picture in found:
        known.setdefault(pictures.file_name(picture.url), picture)
    for image in list(root.iter("img")):
        picture = known.pop(pictures.file_name(place.image(image.get("src")) or ""), pictures.Picture(""))
        for side, size in (("width", picture.width), ("height", picture.height)):
            if size:
                image.set(side, str(size))
        if picture.caption and next(image.iterancestors("figure"), None) is None:
            _frame(image, picture.caption)


def _frame(image: Node, caption: str) -> None:
    figure = image.makeelement("figure")
    words = image.makeelement("figcaption")
    words.text = caption
    image.addprevious(figure)
    figure.tail, image.tail = image.tail, None
    figure.append(image)
    figure.append(words)
