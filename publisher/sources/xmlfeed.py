"""RSS 0.9x to 2.0, RDF and Atom: feedparser for the dialects, the tree itself for what it would bend.

feedparser 6.0 resolves a guid against the document's base, takes a media element's words for its item's, and cuts
``ann@harbor.example (Ann)`` in two where a top-level domain has more than four letters: so ids, media and people are
read from the tree, and media are taken out before feedparser sees it.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import feedparser
from lxml import etree

from publisher.errors import SourceError
from publisher.model.article import Article
from publisher.sources import clean, mediarss
from publisher.sources.address import web_url
from publisher.sources.item import Item
from publisher.sources.mediarss import name_of, space_of
from publisher.sources.pictures import Picture
from publisher.sources.seen import key_of

_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
_DC = "{http://purl.org/dc/elements/1.1/}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_MOST_ATTRIBUTES = 64  # of one element; feedparser's time grows with their square
_PASSING = ("lastBuildDate", "pubDate", "updated", "modified")  # of a feed's head; they say nothing of its items
_FOREIGN = ("contenthub", "w3.org/1999/xhtml")  # vocabularies whose `item` or `entry` is no article


Remembered = Callable[[Sequence[bytes]], Mapping[bytes, Article]]


def _nothing(keys: Sequence[bytes]) -> Mapping[bytes, Article]:
    return {}


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in any format, before its items are articles."""

    items: tuple[Item | Article, ...]  # an article: one that was known, and was not read again
    title: str = ""
    link: str = ""
    language: str | None = None
    problems: tuple[str, ...] = ()
    keys: tuple[bytes, ...] = ()  # of each item, by which its article is known again; empty: it can't be


@dataclass(frozen=True, slots=True)
class _Extra:
    """What the tree says of one item."""

    guid: str | None
    link: str | None  # stands in where feedparser has none, or one that it made up
    has_link: bool
    language: str | None
    title: str  # media:title
    words: str  # media:description
    pictures: tuple[Picture, ...]
    people: tuple[str, ...]


def read_tree(root: etree._Element, place: str = "", remembered: Remembered = _nothing) -> Feed:
    """Return the feed that a tree holds; media elements are gone from the tree afterwards.

    :param place: the document's address.
    :param remembered: says which articles are known, by their keys: their items are not read.
    :raises SourceError: the tree is no feed.
    """
    nodes = [node for node in root.iter("{*}item", "{*}entry") if _is_item(node)]
    keys = _keys(root, nodes, place)
    known = remembered(keys)
    every, nodes = nodes, [node for node, key in zip(nodes, keys, strict=True) if key not in known]
    for node, key in zip(every, keys, strict=True):
        if key in known:
            _take_out(node)
    extras = [_extra(node) for node in nodes]
    for node in [node for node in root.iter() if space_of(node) in mediarss.SPACES]:
        _take_out(node)
    for node in root.iter():
        for name in list(node.attrib)[_MOST_ATTRIBUTES:]:
            del node.attrib[name]
    parsed = _feedparsed(root)
    if not parsed.get("version") and not every:
        raise SourceError(
            f"this is no feed: it begins with <{name_of(root)}>",
            remedy="Give the address of its RSS, Atom or JSON feed.",
        )
    entries = parsed.get("entries", [])
    matching = extras if len(extras) == len(entries) else [_known_id(entry, extras) for entry in entries]
    is_atom = str(parsed.get("version", "")).startswith("atom")
    shared = next((_people(node) for node in root.iter("{*}feed")), ()) if is_atom else ()
    items = [_item(entry, extra, is_atom, shared) for entry, extra in zip(entries, matching, strict=True)]
    is_counted = len(items) == len(nodes)  # else nobody knows which of them is which
    return Feed(
        items=_in_order(keys, known, items) if is_counted else (*items, *known.values()),
        keys=keys if is_counted else (),
        title=clean.one_line(str(parsed.feed.get("title", ""))) or _title(root),
        link=str(parsed.feed.get("link", "")),
        language=parsed.feed.get("language") or root.get(f"{_XML}lang"),
    )


def _keys(root: etree._Element, nodes: list[etree._Element], place: str) -> tuple[bytes, ...]:
    """Return what each item's article depends on, digested: its own words, and those of the feed's head."""
    holders = list(dict.fromkeys(holder for node in nodes for holder in node.iterancestors()))
    inside = {id(node) for node in (*nodes, *holders)}
    said = [f"{holder.tag} {sorted(holder.items())}".encode() for holder in holders]
    for child in (child for holder in holders for child in holder if id(child) not in inside):
        if name_of(child) not in _PASSING:
            said.append(etree.tostring(child, with_tail=False))
    head = key_of(place, *said)
    return tuple(key_of(head, etree.tostring(node, with_tail=False)) for node in nodes)


def _in_order(
    keys: Sequence[bytes], known: Mapping[bytes, Article], items: Sequence[Item]
) -> tuple[Item | Article, ...]:
    rest = iter(items)
    return tuple(known[key] if key in known else next(rest) for key in keys)


def _title(root: etree._Element) -> str:
    """Return the name of a feed that stands inside a web page, where feedparser looks for none."""
    return next((clean.one_line(node.findtext("{*}title") or "") for node in root.iter("{*}feed")), "")


def _feedparsed(root: etree._Element) -> Any:
    for node in root.iter():
        _unescape(node)
    data = etree.tostring(root, encoding="utf-8", xml_declaration=True, with_tail=False)
    try:
        # From memory only: given text, feedparser would open a file or an address of that name.
        return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # feedparser documents no errors and raises many
        raise SourceError(
            f"the feed can't be understood ({type(error).__name__})", remedy="Let a feed validator check it."
        ) from error


def _unescape(node: etree._Element) -> None:
    """Let html stand in a feed as CDATA: each escaped letter would be an event of its own for feedparser's parser."""
    text = node.text if isinstance(node.tag, str) and not len(node) else None
    if text and ("<" in text or "&" in text) and "]]>" not in text:
        node.text = etree.CDATA(text)


def _item(entry: Any, extra: _Extra, is_atom: bool, shared: tuple[str, ...]) -> Item:
    title = entry.get("title_detail", {})
    content = max((_html(part) for part in entry.get("content", [])), key=len, default="")
    summary = _html(entry.get("summary_detail", {}))
    base = next((str(part.get("base") or "") for part in entry.get("content", [])), "") or str(title.get("base") or "")
    languages = (part.get("language") for part in (*entry.get("content", []), title))
    return Item(
        guid=extra.guid,
        link=_link(entry, extra),
        title=str(title.get("value") or "") or extra.title,
        title_is_html=not (is_atom and title.get("type") == "text/plain"),
        summary=summary if clean.fold(summary) else clean.escaped(extra.words),
        content=content,
        base=base,
        authors=extra.people or shared,
        categories=tuple(_category(tag) for tag in entry.get("tags", [])),
        dates=_dates(entry),
        language=extra.language or next(filter(None, languages), None),
        pictures=(*extra.pictures, *_enclosed(entry)),
    )


def _link(entry: Any, extra: _Extra) -> str | None:
    """Prefer the article's own address to the redirect that a feed service put in its place."""
    original = web_url(str(entry.get("feedburner_origlink", "")))
    return original or (str(entry.get("link", "")) or None if extra.has_link else None) or extra.link


def _html(part: Mapping[str, Any]) -> str:
    """Return a text construct as html; plain text that was escaped once too often is mended."""
    value = str(part.get("value") or "")
    return clean.escaped(html.unescape(value)) if part.get("type") == "text/plain" else value


def _people(node: etree._Element) -> tuple[str, ...]:
    """Return who wrote an item: the creators, who are named, before the authors, who often are mere addresses."""
    found: dict[str, list[str]] = {"creator": [], "author": []}
    for child in node:
        if name_of(child) in found:
            found[name_of(child)].append(child.findtext("{*}name") or child.text or "")
    named = (tuple(filter(str.strip, names)) for names in found.values())
    return next(filter(None, named), ())


def _category(tag: Mapping[str, Any]) -> str:
    name = str(tag.get("label") or tag.get("term") or "")
    return "" if web_url(name) else name  # blog services put the kind of entry there


def _dates(entry: Any) -> tuple[str, ...]:
    # `in` first: asked for a missing `updated`, feedparser answers with `published`.
    stated = (entry[name] for name in ("published", "created", "updated") if name in entry)
    return tuple(str(text) for text in stated if text)


def _enclosed(entry: Any) -> tuple[Picture, ...]:
    found = entry.get("enclosures", [])
    return tuple(Picture(str(part.get("href", ""))) for part in found if str(part.get("type", "")).startswith("image/"))


def _extra(node: etree._Element) -> _Extra:
    guid, permalink, has_link, link = node.get(_ABOUT), False, False, None
    for child in node:
        name, text = name_of(child), (child.text or "").strip()
        if name == "guid" or (name == "id" and space_of(child) in (*_ATOM, "")):
            guid = text or guid
            permalink = name == "guid" and child.get("isPermaLink", child.get("ispermalink", "true")).lower() == "true"
        elif name == "link" and space_of(child) not in mediarss.SPACES:
            has_link = has_link or bool(text) or child.get("rel", "alternate") == "alternate"
    if permalink and not has_link:
        link = web_url(guid)
    said = node.get(f"{_XML}lang") or node.findtext(f"{_DC}language") or _language_of_words(node)
    words = mediarss.text_of(node, "title"), mediarss.text_of(node, "description")
    return _Extra(guid, link, has_link, said, *words, mediarss.pictures_of(node), _people(node))


def _language_of_words(node: etree._Element) -> str | None:
    """Return the language that an item's own words say, where it says none itself and may not be in its feed's."""
    said = {name_of(child): child.get(f"{_XML}lang") for child in node if child.get(f"{_XML}lang")}
    return next((said[name] for name in ("content", "summary", "title") if name in said), None)


def _known_id(entry: Any, extras: list[_Extra]) -> _Extra:
    """Match an entry by its id where the two parsers count differently; an id that neither wrote raw is not used."""
    said = str(entry.get("id", ""))
    nothing = _Extra(None, None, "links" in entry, None, "", "", (), ())
    return next((extra for extra in extras if extra.guid == said), nothing)


def _is_item(node: etree._Element) -> bool:
    return not any(foreign in space_of(node) for foreign in _FOREIGN)


def _take_out(node: etree._Element) -> None:
    """Remove a node from the tree, leaving the text that follows it."""
    parent, before = node.getparent(), node.getprevious()
    if parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + (node.tail or "")
    else:
        parent.text = (parent.text or "") + (node.tail or "")
    parent.remove(node)
