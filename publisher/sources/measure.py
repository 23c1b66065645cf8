"""Whether an article's pictures are there, and how large they are: asked once, for the beginning of each file."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from html import unescape

from publisher.errors import SourceError
from publisher.model.article import ITS_PICTURE, Article, Image
from publisher.sources import clean, pictures, tidy
from publisher.sources.address import Place, is_web
from publisher.sources.fetch import NOT_THERE, Fetcher

MOST = 10  # pictures of one text that are asked for
PATIENCE = 5.0  # seconds for those of one article
GIVE_UP = 3  # failures one after the other: the server of the pictures does not answer
_BEGINNING = 262_144  # bytes; in a photograph the size stands behind its colours and a small picture of itself
_GLANCE = 4_096  # bytes of a picture whose source states its size: whether it is there, and more than a dot
# As sanitised html has it; an attribute's text may hold a ">".
_IMG = re.compile(r'<img\b(?:[^>"]|"[^"]*")*>')
_SRC = re.compile(r'\ssrc="(https?://[^"]*)"', re.I)

Size = tuple[int, int]  # width and height in pixels


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a picture has no size."""

    why: str
    is_missing: bool = False  # its server says that there is no such picture


def has_pictures(article: Article) -> bool:
    """Say whether it shows pictures of the web: each is asked for before it is mailed."""
    return bool(_pictures_of(article))


@dataclass(slots=True)
class Measure:
    """Measures the pictures of all articles of one look at a source."""

    fetcher: Fetcher
    _failures: int = 0

    def sized(self, article: Article, until: float) -> Article:
        """Return the article with the sizes of its pictures, without those that are not there or too small to be seen.

        :param until: a moment on the monotonic clock: what is not measured by then keeps its place without a size.
        """
        until = min(until, time.monotonic() + PATIENCE)
        stated = _pictures_of(article)
        found = {url: self._size_at(url, until, _GLANCE if stated[url] else _BEGINNING) for url in stated}
        known = {url: size for url, size in found.items() if not isinstance(size, Unknown)}
        sizes = {url: size for url, size in known.items() if not stated[url] or min(size) <= tidy.DOT}
        missing = {url: size.why for url, size in found.items() if isinstance(size, Unknown) and size.is_missing}
        lead = article.image
        done = replace(article, html=_with_sizes(article.html, sizes, missing)) if sizes or missing else article
        for url, why in missing.items():
            whose = ITS_PICTURE if lead is not None and url == lead.url else "a picture of its text"
            done = noted(done, f"{whose} was dropped: {why}")
        return _with_lead(done, lead, found[lead.url]) if lead is not None and lead.url in found else done

    def _size_at(self, url: str, until: float, most: int) -> Size | Unknown:
        """Return a picture's size by so many bytes of it, or why it is not known."""
        left = until - time.monotonic()
        if left <= 0 or self._failures >= GIVE_UP:
            return Unknown("too many at once, or their server does not answer")
        try:
            hurried = replace(self.fetcher, total=min(left, self.fetcher.total))
            data = hurried.begin(url, lambda data: size_of(data) is not None, most)
        except SourceError as error:
            is_missing = error.status in NOT_THERE
            self._failures = 0 if is_missing else self._failures + 1
            return Unknown(str(error), is_missing)
        self._failures = 0
        return size_of(data) or Unknown("it is of no kind that can be read")


def size_of(data: bytes) -> Size | None:
    """Return the width and height of a picture by its beginning, or None where they can't be told."""
    import imagesize  # here: few looks find a new picture

    try:
        width, height = imagesize.get(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - it documents no errors; a broken picture has no size
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None


def _pictures_of(article: Article) -> dict[str, bool]:
    """Return the addresses of the pictures that it shows, its own first, each with whether its size is stated."""
    image = article.image
    stated = {image.url: bool(image.width and image.height)} if image and is_web(image.url) else {}
    text: dict[str, bool] = {}
    for tag in _IMG.findall(article.html):
        if src := _SRC.search(tag):
            url = unescape(src[1])
            text[url] = text.get(url, True) and ' width="' in tag and ' height="' in tag
    for url in list(text)[:MOST]:
        stated[url] = stated.get(url, True) and text[url]
    return stated


def _with_sizes(html: str, sizes: Mapping[str, Size], missing: Collection[str]) -> str:
    """Write the sizes down, and leave out pictures that are missing, with their captions.

    Cleaning anew drops what turns out to be a tracker, and what stood around it alone.
    """
    body = tidy.parsed(html)
    for image in list(body.iter("img")):
        size = sizes.get(image.get("src") or "")
        if image.get("src") in missing:
            _leave_out(image)
        elif size is not None:
            width, height = _shown(size, tidy.size_of(image, "width"), tidy.size_of(image, "height"))
            image.set("width", str(width))
            image.set("height", str(height))
    return clean.sanitise(tidy.inner(body), Place())


def _leave_out(image: tidy.Node) -> None:
    figure = next(image.iterancestors("figure"), None)
    is_alone = figure is not None and len(list(figure.iter("img"))) == 1
    tidy.drop(figure if figure is not None and is_alone else image)


def _shown(size: Size, width: int | None, height: int | None) -> Size:
    """Return how large a picture is to be shown: what its source states stands, the other side keeps the shape."""
    if min(size) <= tidy.DOT or not (width or height):
        return size
    if width and height:
        return width, height
    scale = width / size[0] if width else (height or 0) / size[1]
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _with_lead(article: Article, image: Image, size: Size | Unknown) -> Article:
    """Return the article with what is known of its own picture; where that can't be shown, with one of its text."""
    is_stated = bool(image.width and image.height)
    if isinstance(size, Unknown) and not size.is_missing:
        return article if is_stated else noted(article, f"the size of its picture is not known: {size.why}")
    if not isinstance(size, Unknown):
        if min(size) >= pictures.SMALL // 2:
            return article if is_stated else replace(article, image=replace(image, width=size[0], height=size[1]))
        article = noted(article, f"{ITS_PICTURE} is too small ({size[0]}×{size[1]}) and was dropped")
    return replace(article, image=pictures.choose(pictures.in_html(article.html, Place())))


def noted(article: Article, note: str) -> Article:
    """Return the article with a note for the editor."""
    return replace(article, notes=(*article.notes, note))
