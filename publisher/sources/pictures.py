"""Choose the picture of an article among all that its source names, with its words: alt, caption, credit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from publisher.model.article import Image
from publisher.sources import clean, tidy
from publisher.sources.address import Place
from publisher.sources.credits import split_credit

SMALL = 100  # pixels; a narrower picture is an icon or an author's portrait
_PORTRAIT = re.compile(
    r"gravatar\.com|/avatars?/|[/_-](?:icon|logo|spacer|smiley|emoji|divider)s?[./_-]|/blank\.|default-user", re.I
)
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|[?#])", re.I)
_STATED_WIDTH = re.compile(
    r"[?&](?:w|width)=(\d{1,4})\b|-(\d{2,4})x\d{2,4}\.(?:jpe?g|png|gif|webp)|resize/(\d{2,4})x", re.I
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a source names, in any of its ways."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int | None = None
    height: int | None = None
    is_thumbnail: bool = False


def is_image_file(url: str) -> bool:
    """Say whether an address looks like a picture's."""
    return bool(_FILE.search(url))


def absolute(picture: Picture, place: Place) -> Picture:
    """Return the picture with an address that can be shown; an empty one where there is none."""
    return replace(picture, url=place.image(picture.url) or "")


def in_html(html: str, place: Place) -> tuple[Picture, ...]:
    """Return the pictures of a text, in order, with captions and credits from their figures or attributes."""
    return in_tree(tidy.parsed(html), place) if "<img" in html.lower() else ()


def in_tree(root: tidy.Node, place: Place) -> tuple[Picture, ...]:
    """Return the pictures below a node, in order, with captions and credits from their figures or attributes."""
    found = []
    for image in root.iter("img"):
        src = tidy.source_of(image)
        if tidy.is_furniture(src) or _is_hidden(image):
            continue
        found.append(absolute(_of_element(image, src), place))
    return tuple(found)


def choose(pictures: Iterable[Picture]) -> Image | None:
    """Return the first picture that is worth showing, thumbnails last, with the words it has anywhere."""
    usable = [picture for picture in pictures if picture.url and _is_worth(picture)]
    if not usable:
        return None
    best = min(usable, key=lambda picture: _rank(picture))
    same = [picture for picture in usable if file_name(picture.url) == file_name(best.url)]

    def first(field: str) -> str:
        return next((str(getattr(picture, field)) for picture in same if getattr(picture, field)), "")

    caption, credit = _told_apart(first("caption"), first("credit"))
    return Image(best.url, first("alt") or caption, caption, credit, best.width, best.height)


def _told_apart(caption: str, credit: str) -> tuple[str, str]:
    """Take the credit out of a caption; where the source gives another beside it, both stay as they are."""
    words, found = split_credit(caption)
    return (words, found) if credit.casefold() in ("", found.casefold()) else (caption, credit)


def same_file(picture: Picture, others: Iterable[Picture]) -> tuple[Picture, ...]:
    """Return those of the others that show the same file."""
    return tuple(other for other in others if file_name(other.url) == file_name(picture.url))


def number(text: str | None) -> int | None:
    """Return a size in pixels, or None where the text is none."""
    digits = re.match(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*$", text or "")
    return (int(digits[1]) or None) if digits else None


def _of_element(image: tidy.Node, src: str) -> Picture:
    return Picture(
        url=src,
        alt=tidy.spoken(image.get("alt") or ""),
        caption=clean.line_of(tidy.caption_of(image) or image.get("data-caption") or ""),
        credit=clean.line_of(image.get("data-credit") or ""),
        width=tidy.size_of(image, "width"),
        height=tidy.size_of(image, "height"),
    )


def _is_hidden(image: tidy.Node) -> bool:
    return any("display:none" in (node.get("style") or "").replace(" ", "") for node in (image, *image.iterancestors()))


def _is_worth(picture: Picture) -> bool:
    sizes = [size for size in (picture.width, picture.height) if size is not None]
    return not _PORTRAIT.search(picture.url) and all(size >= SMALL // 2 for size in sizes)


def _rank(picture: Picture) -> int:
    """Lower is better: large or of unknown size, then small, then thumbnails."""
    width = picture.width or _width_in(picture.url)
    return (2 if width is not None and width <= 150 else 0) + picture.is_thumbnail


def _width_in(url: str) -> int | None:
    found = _STATED_WIDTH.search(url)
    return int(next(group for group in found.groups() if group)) if found else None


def file_name(url: str) -> str:
    """Return a picture's own file name: services wrap the same file in addresses of their own."""
    return unquote(unquote(urlsplit(url).path)).rstrip("/").rpartition("/")[2].casefold().replace("+", " ")
