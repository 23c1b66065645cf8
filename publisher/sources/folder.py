"""Read a folder of articles: Markdown with front matter, web pages, plain text. One file will do as well."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from publisher.errors import SourceError
from publisher.model.article import Article, Reading
from publisher.sources import clean, frontmatter, markdown, plaintext
from publisher.sources.address import Place
from publisher.sources.fetch import Validators
from publisher.sources.files import read_capped
from publisher.sources.item import Item, apart, article_of
from publisher.sources.page import article_in
from publisher.sources.pictures import Picture
from publisher.sources.xmltext import decode, is_binary

FILE_CAP = 5_000_000  # bytes
MOST_FILES = 5_000
_MARKDOWN = (".md", ".markdown")
_PAGES = (".html", ".htm")
_TEXT = (".txt",)
WRITTEN = (*_MARKDOWN, *_TEXT)  # by hand, with front matter or without
KINDS = (*WRITTEN, *_PAGES)
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif")


class FolderReader:
    """Reads the articles in a folder and the folders below it, or in one file.

    :param name: what errors call it: the source's name.
    :param quiet: seconds that a file must have stood still before it is taken.
    """

    def __init__(self, path: Path, name: str = "", quiet: float = 0.0) -> None:
        self._path = path
        self._name = name
        self._quiet = quiet

    def read(self, known: Validators | None = None) -> Reading:
        """Read every file once; ``known`` has no meaning here.

        :raises SourceError: there is no such folder. A file that can't be read is a problem of the reading.
        """
        try:
            return self._read()
        except SourceError as error:
            raise SourceError(error.what, where=self._name or error.where, remedy=error.remedy) from error

    def _read(self) -> Reading:
        files, problems = self._files()
        looks = [self._look_at(file, name) for file, name in files]
        articles = [each for each in looks if isinstance(each, Article)]
        errors = [each for each in looks if isinstance(each, SourceError)]
        problems += [str(error) for error in errors if not isinstance(error, DraftError)]
        remarks = [str(error) for error in errors if isinstance(error, DraftError)]
        if not files:
            remarks.append("the folder holds no .md, .html or .txt file")
        known, repeated = apart(articles)
        # A file that could not be read is not gone, and an empty folder may be a disk that is not mounted.
        unread = [error for error in errors if not isinstance(error, DraftError)]
        is_whole = 0 < len(files) < MOST_FILES and not unread and not self._path.is_file()
        scope: Literal["all", "some"] = "all" if is_whole else "some"
        problems += repeated
        return Reading(known, tuple(problems), tuple(remarks), title=self._path.stem, scope=scope)

    def _look_at(self, file: Path, name: str) -> Article | SourceError:
        """Return the article in a file, or why it gives none."""
        stood = _state(file)
        try:
            article = read_file(file, name)
        except SourceError as error:
            return error.at(name)
        # Also one that was written to meanwhile: half of an article is none.
        if _state(file) != stood or 0 <= time.time() - stood[0] < self._quiet:
            return SourceError("it is still being written, and left for the next look", where=name)
        return article

    def _files(self) -> tuple[list[tuple[Path, str]], list[str]]:
        """Return the files with their names in the source, in order of name, and what is to be said of the others."""
        if self._path.is_file():
            return [(self._path, self._path.name)], []
        try:
            found = sorted(path for path in self._path.rglob("*") if self._is_article(path))
            next(self._path.iterdir(), None)
        except FileNotFoundError:
            raise SourceError(f"there is no folder {self._path}", remedy="Correct the path, or make it.") from None
        except OSError as error:
            reason = (error.strerror or "unknown").lower()
            raise SourceError(f"{self._path} can't be read: {reason}", remedy="Check its permissions.") from None
        over = [f"more than {MOST_FILES:,} files: the rest was left out"] if len(found) > MOST_FILES else []
        return [(path, path.relative_to(self._path).as_posix()) for path in found[:MOST_FILES]], over

    def _is_article(self, path: Path) -> bool:
        """Hidden files, what editors leave behind, and links that lead out of the folder are none."""
        parts = path.relative_to(self._path).parts
        if path.suffix.lower() not in KINDS or any(part.startswith((".", "~")) for part in parts):
            return False
        return path.is_file() and path.resolve().is_relative_to(self._path.resolve())


class DraftError(SourceError):
    """The file says itself that it is not to be published."""


def _state(path: Path) -> tuple[float, int]:
    """Return when a file was last written, and its size."""
    try:
        found = path.stat()
    except OSError:  # gone: reading it says so
        return 0.0, 0
    return found.st_mtime, found.st_size


def read_file(path: Path, name: str, url: str = "") -> Article:
    """Return the article in a file.

    :param name: its name in the source, which is its id unless its front matter gives one.
    :param url: where it stood: what its relative addresses are relative to.
    :raises SourceError: it can't be read, says nothing, or is a draft.
    """
    data = read_capped(path, FILE_CAP)
    if is_binary(data):
        raise SourceError("this is no text", remedy="Save it as UTF-8 text.")
    text = decode(data)
    place = Place(url, path.parent)
    article = article_in(text, place) if path.suffix.lower() in _PAGES else _written(text, path, place)
    if article is None:
        raise SourceError("it has neither headline nor text", remedy="Write something into it, or remove it.")
    return replace(article, guid=article.guid or name)


def _written(text: str, path: Path, place: Place) -> Article | None:
    values, body = frontmatter.split(text)
    if frontmatter.is_draft(values):
        raise DraftError("it is marked as a draft", remedy="Take `draft: true` out to publish it.")
    item = _markdown(values, body) if path.suffix.lower() in _MARKDOWN else _plain(values, body)
    found = tuple(_found(picture, path) for picture in item.pictures) or _own_picture(path)
    article = article_of(replace(item, pictures=found), place)
    return replace(article, notes=(*article.notes, *_dropped(item.pictures, article))) if article else None


def _markdown(values: Mapping[str, object], body: str) -> Item:
    html = markdown.parser().render(body)
    item = frontmatter.item_of(values, html)
    return item if item.title else _titled_by_heading(item, body)


def _titled_by_heading(item: Item, body: str) -> Item:
    """Take the first heading, or a short first line, for the headline and out of the text."""
    first, _, rest = body.lstrip().partition("\n")
    words = first.lstrip("#").strip()
    if not first.startswith("#") and (len(words) > 120 or rest[:1].strip() or not rest.strip()):
        return item
    html = markdown.parser()
    return replace(item, title=clean.one_line(html.renderInline(words)), content=html.render(rest))


def _plain(values: Mapping[str, object], body: str) -> Item:
    page = plaintext.read_plain(body)
    item = frontmatter.item_of(values, "")
    is_repeated = clean.fold(item.title) == clean.fold(page.headline)
    paragraphs = (
        page.paragraphs if not item.title or is_repeated or not page.headline else (page.headline, *page.paragraphs)
    )
    own = (Picture("", caption=page.caption, credit=page.credit),) if page.caption or page.credit else ()
    return replace(
        item,
        title=item.title or page.headline,
        content=clean.escaped("\n\n".join(paragraphs)),
        authors=item.authors or page.authors,
        categories=item.categories or page.categories,
        dates=item.dates or ((page.date,) if page.date else ()),
        pictures=item.pictures or own,
    )


def _own_picture(path: Path) -> tuple[Picture, ...]:
    """The picture of ``bridge.txt`` may lie beside it as ``bridge.jpg``."""
    return tuple(Picture(path.with_suffix(end).name) for end in _PICTURES if path.with_suffix(end).is_file())[:1]


def _found(picture: Picture, path: Path) -> Picture:
    """Return the picture with the file that it is; a relative path is one beside the article and nowhere else."""
    own = _own_picture(path)
    if not picture.url:
        return replace(picture, url=own[0].url) if own else picture
    is_elsewhere = "://" in picture.url or picture.url.startswith("/")
    return picture if is_elsewhere or Place(folder=path.parent).image(picture.url) else replace(picture, url="")


def _dropped(pictures: Iterable[Picture], article: Article) -> tuple[str, ...]:
    """Name the words that went because there is no picture for them."""
    if article.image is not None:
        return ()
    notes = []
    for picture in pictures:
        if picture.url:
            notes.append(f"its picture {clean.shorten(picture.url, 80)} was not found")
        words = [
            f"{kind} “{text}”" for kind, text in (("caption", picture.caption), ("credit", picture.credit)) if text
        ]
        if words:
            notes.append(f"{' and '.join(words)} dropped: there is no picture")
    return tuple(notes)
