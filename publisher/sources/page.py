"""Read one web page as one article: trafilatura finds the text, the page's head the rest."""

from __future__ import annotations

from pathlib import Path

from publisher.errors import SourceError
from publisher.model.article import Article, Reading
from publisher.sources import clean, pictures
from publisher.sources.address import Place
from publisher.sources.body import body_of
from publisher.sources.fetch import Fetcher, Validators
from publisher.sources.item import Item, article_of, tag
from publisher.sources.pagehead import Head, read_head
from publisher.sources.xmltext import decode, is_binary

_NO_TEXT = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip")


class PageReader:
    """Reads one page at an address; for `try`, where a person names a single article.

    :param name: what errors call it: the source's name.
    """

    def __init__(self, url: str, fetcher: Fetcher, name: str = "") -> None:
        self._url = url
        self._fetcher = fetcher
        self._name = name

    def read(self, known: Validators | None = None) -> Reading:
        """Fetch the page and read it.

        :raises SourceError: it can't be fetched, or holds no article.
        """
        try:
            got = self._fetcher.get(self._url)
            return read_page(got.body, got.url, got.content_type)
        except SourceError as error:
            raise error.at(self._name) from error


def read_page(data: bytes, url: str, content_type: str = "", folder: Path | None = None) -> Reading:
    """Return the one article on a page.

    :param folder: where a saved page lies: its pictures are looked for below it first.
    :raises SourceError: the page holds neither headline nor text, or is a picture or another file.
    """
    if is_binary(data) or content_type.lower().startswith(_NO_TEXT):
        raise SourceError("this is a picture or another file, not a page", remedy="Give the address of an article.")
    article = article_in(decode(data, content_type), Place(url, folder))
    if article is None:
        raise SourceError("there is no article on this page", remedy="Give the address of an article or of a feed.")
    return Reading(articles=(article,), title=article.title, language=article.language, site_url=url, scope="some")


def article_in(text: str, place: Place) -> Article | None:
    """Return the article in the text of a page, or None where it says nothing."""
    text = clean.printable(text)
    head = read_head(text)
    here = place.at(place.page(head.url) or place.url)
    item = Item(
        link=head.url or place.url or None,
        title=head.title,
        title_is_html=False,
        summary=clean.escaped(head.summary),
        content=body_of(text, head, here),
        authors=head.authors,
        categories=head.categories,
        dates=head.dates,
        language=tag(head.language),
        pictures=_stated(head, text, here),
    )
    return article_of(item, place)


def _stated(head: Head, text: str, place: Place) -> tuple[pictures.Picture, ...]:
    """Return the picture that the page names, with the caption that stands under it on the page."""
    if not head.image:
        return ()
    on_page = pictures.in_html(text, place)
    stated = pictures.absolute(pictures.Picture(head.image, alt=head.image_alt), place)
    return (stated, *pictures.same_file(stated, on_page))
