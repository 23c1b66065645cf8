"""Read listing pages and sitemaps: their links are looked at once each, and those that are articles are taken."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from publisher.errors import SourceError
from publisher.model.article import LONG_AGO, Article, Link, Reading
from publisher.model.project import Source
from publisher.model.source import Manners
from publisher.sources import anchors, clean, manners
from publisher.sources.address import Place, is_front_page, shown
from publisher.sources.again import corrected
from publisher.sources.base import Memory
from publisher.sources.fetch import NOT_THERE, Fetched, Fetcher, Validators
from publisher.sources.page import read_page
from publisher.sources.pagehead import read_head
from publisher.sources.sitemap import Listed, is_sitemap, read_sitemap, unpacked
from publisher.sources.xmltext import decode

MOST_SITEMAPS = 50  # of one index
GIVE_UP = 5  # sitemaps that can't be read
TRIES = 5  # of a page that can't be fetched
BUDGET = 120.0  # seconds in which pages are fetched; the rest is for the next look
OVERLAP = timedelta(days=2)  # a sitemap's own date may lag behind
UNFIT = "does not look like an article, or does not fit `links:`"
THERE_BEFORE = "was already there when the source was first polled"
_FEED_REMEDY = "If a script builds the page, use its sitemap (`page: …/sitemap.xml`) or its feed (`feed: …`)."


class ListingReader:
    """Reads listings.

    :param addresses: of pages or sitemaps.
    :param memory: which links were looked at before.
    """

    def __init__(self, addresses: Sequence[str], source: Source, fetcher: Fetcher, memory: Memory) -> None:
        self._addresses = addresses
        self._source = source
        self._fetcher = fetcher
        self._memory = memory
        self._unread: list[SourceError] = []  # listings and sitemaps of this look

    def read(self, known: Validators | None = None) -> Reading:
        """Look at the listings, and fetch what is new on them, at most ``per_poll:`` pages.

        At the first look nothing is fetched but what ``backfill:`` wants: what is there was there before us.

        :raises SourceError: no listing can be read, or none has a link that could be an article. Of several, those that
            can't be read are problems of the reading.
        """
        try:
            reading = self._read(known if known and len(self._addresses) == 1 else Validators())
            return self._with_corrections(reading)
        except SourceError as error:
            raise error.at(self._source.name) from error

    def _read(self, known: Validators) -> Reading:
        listed, unfit, got = self._listed(known)
        if got.status == 304:
            last_modified = got.last_modified or known.last_modified
            return Reading(unchanged=True, etag=got.etag or known.etag, last_modified=last_modified)
        waiting, past = self._waiting(listed)
        look = _Look(self._fetcher, says_so=not self._source.links)
        look.fetch(waiting[: self._source.per_poll])
        reading = Reading(
            articles=tuple(look.articles),
            problems=(*map(str, self._unread), *look.problems),
            is_broken=any(error.status not in (404, 410) for error in self._unread),
            site_url=self._addresses[0],
            links=(*past, *self._never_met(unfit), *look.links),
            scope="some",
        )
        if len(self._addresses) > 1:
            return reading
        # Unless all is done, the next look must see the listing again.
        is_done = len(look.links) == len(waiting) and all(link.done for link in look.links)
        etag, last_modified = (got.etag, got.last_modified) if is_done else (None, None)
        asked = manners.joined(got.fresh_for, Manners())
        return replace(reading, etag=etag, last_modified=last_modified, moved_to=got.moved_to, manners=asked)

    def _with_corrections(self, reading: Reading) -> Reading:
        memory = self._memory
        again = corrected(self._fetcher, memory.visits, memory.taken()) if memory.visits else []
        if not again:
            return reading
        return replace(reading, articles=(*reading.articles, *again), unchanged=False, scope="some")

    def _listed(self, known: Validators) -> tuple[list[Listed], list[Listed], Fetched]:
        """Return the links that may be articles, those that may not, and the last listing's answer."""
        found: dict[bool, dict[str, Listed]] = {True: {}, False: {}}
        got = Fetched("", 304, b"")
        for address in self._addresses:
            try:
                got = self._fetcher.get(address, known.etag, known.last_modified)
                links = self._links_of(got) if got.status != 304 else []
            except SourceError as error:
                if len(self._addresses) == 1:
                    raise
                self._unread.append(error)
                continue
            for each, fits in links:
                found[fits].setdefault(each.name, each)
        if not found[True] and len(self._unread) >= len(self._addresses):
            raise self._unread[0]
        return [*found[True].values()], [each for name, each in found[False].items() if name not in found[True]], got

    def _never_met(self, unfit: Sequence[Listed]) -> list[Link]:
        """From now on they are known: a pattern that is written later must not make old pages new."""
        names = [each.name for each in unfit]
        met = self._memory.tried(names)
        return [Link(name, True, UNFIT) for name in names if name not in met]

    def _links_of(self, got: Fetched) -> list[tuple[Listed, bool]]:
        """Return the links of one listing and whether each may be an article; a page's first is its newest."""
        body = unpacked(got.body, self._fetcher.cap)
        found = self._in_sitemap(got, body) if is_sitemap(body) else _in_page(got, body)
        own = dict.fromkeys(anchors.of_site((each.url for each in found), got.url))
        fitting = set(anchors.fitting(own, self._source.links))
        if not fitting and not (is_sitemap(body) and self._memory.since):  # one without news is no trouble
            raise self._without_links(got.url, [*own])
        return [(each, each.url in fitting) for each in found if each.url in own]

    def _without_links(self, listing: str, own: Sequence[str]) -> SourceError:
        if not own:
            return SourceError(f"{shown(listing)} has no link to a page of its own site", remedy=_FEED_REMEDY)
        some = ", ".join(clean.shorten(f"/{url.split('/', 3)[-1]}", 60) for url in own[:3])
        said = "fits `links:`" if self._source.links else "looks like an article"
        remedy = f"There are such as {some}: write `links:` after these."
        return SourceError(f"none of the {len(own):,} links of {shown(listing)} {said}", remedy=remedy)

    def _in_sitemap(self, got: Fetched, body: bytes) -> list[Listed]:
        is_index, entries = read_sitemap(body, got.content_type)
        if not is_index:
            return [*entries]
        children = [entry for entry in entries if self._may_hold_news(entry)]
        if len(children) > MOST_SITEMAPS:
            what = f"{shown(got.url)} names {len(children):,} sitemaps, more than {MOST_SITEMAPS}"
            raise SourceError(what, remedy="Give `page:` those that hold the articles.")
        return [each for child in children for each in self._in_child(child.url)]

    def _may_hold_news(self, entry: Listed) -> bool:
        since = self._memory.since
        return since is None or entry.changed_at is None or entry.changed_at > since - OVERLAP

    def _in_child(self, url: str) -> list[Listed]:
        try:
            got = self._fetcher.get(url)
            is_index, entries = read_sitemap(unpacked(got.body, self._fetcher.cap), got.content_type)
        except SourceError as error:  # the others are read all the same, unless the site is down
            self._unread.append(error)
            if len(self._unread) >= GIVE_UP:
                raise
            return []
        return [] if is_index else [*entries]

    def _waiting(self, listed: list[Listed]) -> tuple[list[tuple[Listed, int]], list[Link]]:
        """Return what is to be fetched, with the tries so far, and what was there before us.

        The oldest come first: they are the next to leave the listing. Those tried in vain stand behind the others.
        """
        newest = sorted(listed, key=lambda each: each.moment or LONG_AGO, reverse=True)  # stable: else the page's order
        if self._memory.since is None:
            wanted, past = newest[: self._memory.wanted], newest[self._memory.wanted :]
            return [(each, 0) for each in wanted], [Link(each.name, True, THERE_BEFORE) for each in past]
        tried = self._memory.tried([each.name for each in newest])
        waiting = [(each, tries) for each in reversed(newest) if (tries := tried.get(each.name, 0)) is not None]
        return sorted(waiting, key=lambda pair: pair[1]), []


def _in_page(got: Fetched, body: bytes) -> list[Listed]:
    return [Listed(url) for url in anchors.links_of(decode(body, got.content_type), Place(got.url))]


@dataclass(slots=True)
class _Look:
    """Fetches pages one after the other, and says of each what became of it.

    :param says_so: only pages that call themselves articles are taken.
    """

    fetcher: Fetcher
    says_so: bool
    articles: list[Article] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def fetch(self, waiting: Sequence[tuple[Listed, int]]) -> None:
        until = time.monotonic() + BUDGET
        for each, tries in waiting:
            if time.monotonic() > until:
                return
            link, article = self._look_at(each, tries)
            self.links.append(link)
            if article is not None:
                self.articles.append(article)
            else:
                self.problems.append(link.reason)

    def _look_at(self, listed: Listed, tries: int) -> tuple[Link, Article | None]:
        try:
            got = self.fetcher.get(listed.url)
        except SourceError as error:
            is_last = error.status in NOT_THERE or tries + 1 >= TRIES
            return Link(listed.name, is_last, str(error)), None
        try:
            return Link(listed.name, True), self._article(listed, got)
        except SourceError as error:
            return Link(listed.name, True, f"{shown(listed.url)} was left out: {error}"), None

    def _article(self, listed: Listed, got: Fetched) -> Article:
        if is_front_page(got.url.partition("?")[0]) and not is_front_page(listed.url.partition("?")[0]):
            raise SourceError("it leads to the front page")
        if self.says_so and not read_head(decode(got.body, got.content_type)).is_article:
            raise SourceError("it does not call itself an article", remedy="If it is one, write `links:`.")
        (article,) = read_page(got.body, got.url, got.content_type).articles
        return replace(article, published_at=article.published_at or listed.published_at)
