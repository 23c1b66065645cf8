"""What a web page says of itself: Open Graph, JSON-LD, and the older ways."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from publisher.sources import byline, clean, tidy
from publisher.sources.address import is_front_page, joined

_ARTICLES = {
    "article",
    "newsarticle",
    "blogposting",
    "reportagenewsarticle",
    "analysisnewsarticle",
    "opinionnewsarticle",
}
_ARTICLES |= {
    "reviewnewsarticle",
    "backgroundnewsarticle",
    "report",
    "scholarlyarticle",
    "techarticle",
    "liveblogposting",
}
_SUFFIX = re.compile(r"\s+[|–—·•»-]\s+[^|–—·•»]{2,60}$")
_STROKE = re.compile(r"\s+[|–—·•»-]\s+")
_INSIDE = "https://site.invalid/some/page/"


@dataclass(frozen=True, slots=True)
class Head:
    """A page's own words about itself; empty where it has none."""

    title: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image: str = ""
    image_alt: str = ""
    language: str = ""
    url: str = ""
    is_article: bool = False


def read_head(page: str) -> Head:
    """Return what a page says of itself; nothing that would have to be guessed (a date in its text is no date).

    Who wrote it may stand in its byline alone: that is read where it is marked as one, or is a line of its own.
    """
    root = tidy.whole(page)
    metas = list(_metas(root))
    said = _json_article(root)

    def meta(*names: str) -> str:
        return next((value for name in names for key, value in metas if key == name and value), "")

    def every(name: str) -> tuple[str, ...]:
        return tuple(value for key, value in metas if key == name and value)

    times = [node.get("datetime") or "" for node in root.iter("time") if node.get("datetime")]
    return Head(
        title=_title(root, _text(said.get("headline")), meta("og:title", "twitter:title"), meta("og:site_name")),
        summary=clean.one_line(meta("og:description", "description", "twitter:description"), limit=500),
        authors=tuple(_names(said.get("author")))
        or _people(every("author") or every("article:author") or every("dc.creator"))
        or byline.written_by(root),
        dates=tuple(
            filter(
                None,
                (
                    _text(said.get("datePublished")),
                    meta("article:published_time", "datepublished", "dc.date"),
                    *times[:1],
                ),
            )
        ),
        categories=tuple(dict.fromkeys((*_sections(said), *every("article:section"), *every("article:tag")))),
        image=meta("og:image:secure_url", "og:image", "og:image:url", "twitter:image") or _picture(said.get("image")),
        image_alt=clean.one_line(meta("og:image:alt", "twitter:image:alt")),
        language=(root.get("lang") or meta("og:locale", "content-language")).strip(),
        url=_canonical(root) or meta("og:url"),
        is_article=bool(said) or meta("og:type").lower() == "article",
    )


def _metas(root: tidy.Node) -> Iterator[tuple[str, str]]:
    for node in root.iter("meta"):
        key = node.get("property") or node.get("name") or node.get("itemprop") or node.get("http-equiv") or ""
        if key:
            yield key.strip().lower(), (node.get("content") or "").strip()


def _title(root: tidy.Node, stated: str, shared: str, site: str) -> str:
    """Prefer the only main heading, if the page's other titles begin alike; then what it says elsewhere.

    A main heading that leads to the front page is the site's name.
    """
    mastheads = [node for node in root.iter("h1") if _leads_home(node)]
    site = site or next((clean.one_line(tidy.inner(node)) for node in mastheads), "")
    headings = [clean.one_line(tidy.inner(node)) for node in root.iter("h1") if node not in mastheads]
    own = clean.line_of(next((node.text_content() for node in root.iter("title")), ""))
    named = [clean.one_line(title) for title in (stated, shared) if title]
    if len(headings) == 1 and headings[0] and (not named or any(_alike(headings[0], title) for title in (*named, own))):
        return clean.shorten(headings[0], clean.TITLE_LIMIT)
    title = next(filter(None, (*named, own, *headings)), "")
    return clean.one_line(_without_site(title, site), is_html=False)


def _leads_home(heading: tidy.Node) -> bool:
    """Say whether a heading is a link to the front page, and nothing else."""
    link = next(heading.iter("a"), None)
    if link is None or clean.fold(link.text_content()) != clean.fold(heading.text_content()):
        return False
    # An address within the site is read from deep inside of it: one that leads to the front page starts at the root.
    return "home" in (link.get("rel") or "").split() or is_front_page(joined(_INSIDE, link.get("href") or "."))


def _alike(heading: str, title: str) -> bool:
    return clean.fold(title).casefold().startswith(clean.fold(heading).casefold()[:40])


def _without_site(title: str, site: str) -> str:
    if site and title.casefold().endswith(site.casefold()):
        return re.sub(r"[\s|–—·•»-]+$", "", title[: -len(site)]) or title
    behind = _STROKE.match(title[len(site) :]) if site and title.casefold().startswith(site.casefold()) else None
    if behind:  # Site » Archive » Title
        return title.rpartition(behind[0])[2]
    return _SUFFIX.sub("", title) if len(title) > 30 else title


def _json_article(root: tidy.Node) -> dict[str, Any]:
    """Return the article among a page's JSON-LD, or nothing."""
    for node in root.iter("script"):
        if (node.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            found = next(_articles(json.loads(node.text or "")), None)
        except (ValueError, RecursionError):
            continue
        if found is not None:
            return found
    return {}


def _articles(value: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for part in value:
            yield from _articles(part, depth + 1)
    elif isinstance(value, dict) and depth < 10:
        kinds = value.get("@type")
        names = {str(kind).lower() for kind in (kinds if isinstance(kinds, list) else [kinds])}
        if names & _ARTICLES:
            yield value
        yield from _articles(value.get("@graph"), depth + 1)


def _names(people: object) -> Iterator[str]:
    for person in people if isinstance(people, list) else [people]:
        name = _text(person.get("name") if isinstance(person, dict) else person)
        if name and not name.startswith("http"):
            yield clean.one_line(name)


def _people(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clean.one_line(value) for value in values if not value.startswith("http"))


def _sections(said: dict[str, Any]) -> tuple[str, ...]:
    value = said.get("articleSection")
    return tuple(clean.one_line(_text(part)) for part in (value if isinstance(value, list) else [value]) if _text(part))


def _picture(value: object) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return _text(first.get("url") if isinstance(first, dict) else first)


def _canonical(root: tidy.Node) -> str:
    links = (node.get("href") or "" for node in root.iter("link") if (node.get("rel") or "").lower() == "canonical")
    return next(links, "")


def _text(value: object) -> str:
    return clean.printable(value).strip() if isinstance(value, str) else ""
