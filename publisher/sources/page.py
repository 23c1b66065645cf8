"""Read one web page as one article: trafilatura finds the text, the page's head the rest."""

from __future__ import annotations

import re

from publisher.errors import SourceError
from publisher.model.article import Article, Reading
from publisher.sources import clean, pictures, tidy
from publisher.sources.address import Place
from publisher.sources.fetch import Fetcher, Validators
from publisher.sources.item import Item, article_of, tag
from publisher.sources.pagehead import Head, read_head
from publisher.sources.xmltext import decode

_AROUND = ("nav", "header", "footer", "aside", "form", "noscript", "title")
_SHORT = 250  # characters; below it trafilatura finds little, and small pages are read as they are


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


def read_page(data: bytes, url: str, content_type: str = "") -> Reading:
    """Return the one article on a page.

    :raises SourceError: the page holds neither headline nor text.
    """
    article = article_in(decode(data, content_type), Place(url))
    if article is None:
        raise SourceError("there is no article on this page", remedy="Give the address of an article or of a feed.")
    return Reading(articles=(article,), title=article.title, language=article.language, site_url=url)


def article_in(text: str, place: Place) -> Article | None:
    """Return the article in the text of a page, or None where it says nothing."""
    text = clean.printable(text)
    head = read_head(text)
    here = place.at(place.page(head.url) or place.url)
    body = _without_headline(_body(text, here), head.title)
    item = Item(
        link=head.url or place.url or None,
        title=head.title,
        title_is_html=False,
        summary=clean.escaped(head.summary),
        content=body,
        authors=head.authors,
        categories=head.categories,
        dates=head.dates,
        language=tag(head.language),
        pictures=_stated(head, text, here),
    )
    return article_of(item, place)


def _body(text: str, place: Place) -> str:
    """Return the page's main text as html; a small page is taken whole, without what stands around it."""
    import trafilatura  # here: folders seldom need it, and it is large

    try:
        found = trafilatura.extract(
            text, output_format="html", include_links=True, include_images=True, include_formatting=True,
            include_tables=True, include_comments=False, url=place.url or None,
        )  # fmt: skip
    except Exception:  # noqa: BLE001 - it documents no errors; whatever it is, the page itself is still there to be read
        found = None
    if found and len(clean.plain(clean.sanitise(found, place))) >= _SHORT:
        return str(found)
    root = tidy.parsed(text)
    for node in list(root.iter(*_AROUND)):
        tidy.drop(node)
    inside = next(root.iter("article"), next(root.iter("main"), root))
    return tidy.inner(inside)


def _without_headline(body: str, title: str) -> str:
    """The headline is shown above the text: a first heading that repeats it goes."""
    root = tidy.parsed(body)
    first = next((node for node in root.iter("h1", "h2", "h3", "p") if node.text_content().strip()), None)
    if first is not None and clean.fold(first.text_content()).casefold() == clean.fold(title).casefold():
        tidy.drop(first)
    for node in list(root.iter("h1")):
        node.tag = "h2"
    return tidy.inner(root)


def _stated(head: Head, text: str, place: Place) -> tuple[pictures.Picture, ...]:
    """Return the picture that the page names, with the caption that stands under it on the page."""
    if not head.image:
        return ()
    on_page = pictures.in_html(text, place)
    stated = pictures.absolute(pictures.Picture(head.image, alt=head.image_alt), place)
    return (stated, *pictures.same_file(stated, on_page))


def is_front_page(url: str) -> bool:
    """Say whether an address is a site's own, and no page inside it."""
    return re.fullmatch(r"https?://[^/]+(?:/(?:index\.\w+|home/?)?)?(?:\?.*)?", url) is not None
