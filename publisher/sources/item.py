"""One item of any source on its way to an article: what the document says, and what becomes of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.model.article import Article, Image
from publisher.sources import clean, pictures
from publisher.sources.address import Place
from publisher.sources.dates import parse_date
from publisher.sources.language import language_of

MOST_HTML = 300_000  # characters of one article; no mail and no reader takes more
MOST_ENTITIES = 50_000  # of one article; the sanitiser's time grows with their square
SUMMARY_AS_GIVEN = 500  # characters; a longer "summary" is the article itself
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$")
_MORE = re.compile(
    r"\s*(?:\[(?:…|\.\.\.)\]|\((?:more…|more|…)\)|(?:Continue reading|Read more)\b[^.!?]{0,120}(?:→|»|\.\.\.|…)?)\s*$"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")


@dataclass(frozen=True, slots=True)
class Item:
    """What a document says of one item, before anything is believed. Text is html unless ``is_html`` says otherwise."""

    guid: str | None = None  # raw
    link: str | None = None  # may be relative
    title: str = ""
    title_is_html: bool = True
    summary: str = ""
    content: str = ""
    base: str = ""  # of the content (xml:base)
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()  # best first
    language: str | None = None
    pictures: tuple[pictures.Picture, ...] = ()
    notes: tuple[str, ...] = ()


def article_of(item: Item, place: Place, language: str | None = None) -> Article | None:
    """Return the article that an item is, or None where it says nothing at all.

    :param place: of the document; its language is ``language`` where the item has none of its own.
    """
    url = place.page(item.link)
    notes = [*item.notes]
    if item.link and not url:
        notes.append(f"its link “{clean.shorten(clean.fold(item.link), 80)}” leads to no web page and was dropped")
    here = place.at(url).at(item.base)
    short = replace(item, content=_within(item.content), summary=_within(item.summary))
    if short != item:
        notes.append(
            f"its text is longer than {MOST_HTML:,} characters, or has more than {MOST_ENTITIES:,} &: it was cut"
        )
        item = short
    body = clean.sanitise(item.content, here)
    lead = clean.sanitise(item.summary, here) if item.summary != item.content else body
    stated = clean.plain(lead)
    html, text = body, clean.plain(body) if body != lead else stated
    if not text:
        html, text = lead or body, stated
    title = clean.one_line(item.title, is_html=item.title_is_html)
    if not title:
        title = clean.shorten(clean.line_of(text), 80)
        notes.append("has no headline of its own: the first words of the text stand in")
    if not title:
        return None
    if "\ufffd" in title:
        notes.append("the headline has letters that could not be read: its source states a wrong encoding")
    moment, complaint = _date(item.dates)
    return Article(
        title=title,
        url=url,
        summary=_summary(stated, text),
        html=html,
        text=text,
        authors=distinct(map(person, item.authors)),
        categories=distinct(category.replace("\\'", "'") for category in map(clean.one_line, item.categories)),
        image=_image(item, html, here),
        language=tag(item.language) or tag(language) or language_of(text),
        published_at=moment,
        guid=item.guid or None,
        notes=(*notes, *filter(None, (complaint,))),
    )


def _within(html: str) -> str:
    """Cut a text that is no article any more, before it costs anything."""
    if len(html) > MOST_HTML:
        html = html[:MOST_HTML]
    return html if html.count("&") <= MOST_ENTITIES else "&".join(html.split("&", MOST_ENTITIES)[:-1])


def apart(articles: Iterable[Article]) -> tuple[tuple[Article, ...], tuple[str, ...]]:
    """Leave out exact repetitions, and drop an id that stands on several different items."""
    distinct = {(article.guid, article.url, article.title, article.text): article for article in articles}
    shared = {guid: times for guid, times in Counter(a.guid for a in distinct.values()).items() if guid and times > 1}
    apart = tuple(_without_guid(a, shared[a.guid]) if a.guid in shared else a for a in distinct.values())
    said = (
        f"the id “{clean.shorten(guid, 80)}” stands on {times} different items and was not used"
        for guid, times in shared.items()
    )
    return apart, tuple(said)


def _without_guid(article: Article, times: int) -> Article:
    note = f"its id stands on {times} items of the feed: it is known by its link instead"
    return replace(article, guid=None, notes=(*article.notes, note))


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values that say something, each once whatever its case and hyphens, in their order."""
    found: dict[str, str] = {}
    for value in values:
        if value:
            found.setdefault(re.sub(r"[\s_-]+", "-", value.casefold()), value)
    return tuple(found.values())


def person(text: str) -> str:
    """Return the name in ``noreply@harbor.example (Ann Lee)``, ``Ann Lee <ann@harbor.example>`` or ``By Ann Lee``."""
    line = (
        clean.one_line(text, limit=120)
        if "<" not in text
        else clean.one_line(re.sub(r"<[^<>]*@[^<>]*>", "", text), limit=120)
    )
    inside = re.fullmatch(rf"{_ADDRESS.pattern}\s*\((.+)\)", line)
    line = inside[1] if inside else _ADDRESS.sub("", line)
    return re.sub(r"^[Bb]y\s+(?=\S)", "", line.strip(' ,;()"<>')).strip()


def tag(language: str | None) -> str | None:
    """Return a language tag as BCP 47 writes it, or None where it is none."""
    text = (language or "").strip().replace("_", "-")
    return text if _LANGUAGE.match(text) else None


def _summary(stated: str, text: str) -> str:
    """Prefer the source's own summary, unless it is the whole article or longer than that."""
    line = _ended(clean.line_of(stated))
    is_cut_by_machine = line.endswith(("…", "...")) and clean.fold(text[:100])[:40].startswith(clean.fold(line)[:40])
    if not line or is_cut_by_machine or len(line) > SUMMARY_AS_GIVEN or len(line) > max(len(text), 1):
        return _ended(clean.summary_of(text)) or line
    return line


def _ended(line: str) -> str:
    """Say with a single ellipsis that a line is cut, and with none where a sentence ends there."""
    return re.sub(r"([.!?…])\s*(?:…|\.\.\.)+$", r"\1", _MORE.sub("…", line))


def _date(dates: tuple[str, ...]) -> tuple[datetime | None, str]:
    """Return the first date that can be read, and what is to be said of those before it."""
    complaint = ""
    for text in filter(str.strip, dates):
        moment = parse_date(text)
        if moment is not None:
            return moment, f"{complaint}; the next date that it gives is used" if complaint else ""
        complaint = complaint or f"its date “{clean.shorten(clean.fold(text), 60)}” can't be read"
    return None, f"{complaint}; the time when it was first seen stands in" if complaint else ""


def _image(item: Item, html: str, place: Place) -> Image | None:
    stated = tuple(pictures.absolute(picture, place) for picture in item.pictures)
    raw = f"{item.content}\n{item.summary}" if "data-c" in item.content + item.summary else html
    return pictures.choose((*stated, *pictures.in_html(clean.printable(raw), place)))
