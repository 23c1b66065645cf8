"""Look at the newest pages of a listing once more: an article that was corrected there is a revision, as of a feed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from publisher.clock import Clock
from publisher.errors import SourceError
from publisher.model.article import Article, LedgerArticle, Standing
from publisher.model.identity import canonical_url, fingerprint
from publisher.sources.fetch import Fetcher, Validators
from publisher.sources.page import read_page

NEWEST = timedelta(hours=48)  # after which an article is hardly corrected any more
SOONEST = timedelta(minutes=10)  # after it was taken, or looked at
MOST = 20  # articles of one look
BUDGET = 10.0  # seconds: an edition may be waiting for what is new
GIVE_UP = 3  # failures one after the other: the site doesn't answer
_KEPT = 10_000  # pages


class Visits:
    """When pages were looked at, and what their servers gave to ask "changed since?" with.

    Of this process alone: after a start each page is looked at once more.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[int, tuple[datetime, Validators]] = {}

    def due(self, taken: Sequence[LedgerArticle]) -> list[tuple[LedgerArticle, Validators]]:
        """Return the articles whose turn it is, with what to ask with: the older one is, the more rarely it comes.

        One that is gone is asked for as a whole: "unchanged" would hide that it is there again.
        """
        found, now = [], self._clock()
        for article in taken:
            at, known = self._known.get(article.id, (article.first_seen_at, Validators()))
            is_wanted = article.standing in (Standing.NEW, Standing.HELD) and now - article.first_seen_at < NEWEST
            if is_wanted and now - at >= max(SOONEST, (at - article.first_seen_at) / 2):
                found.append((article, known if article.gone_at is None else Validators()))
        return found

    def note(self, article: LedgerArticle, known: Validators) -> None:
        """Write down that a page was looked at just now."""
        self._known.pop(article.id, None)
        self._known[article.id] = (self._clock(), known)
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]


def corrected(fetcher: Fetcher, visits: Visits, taken: Sequence[LedgerArticle]) -> list[Article]:
    """Return what these articles say now, of those that say something else or are there again."""
    until = time.monotonic() + BUDGET
    found: list[Article] = []
    failures = 0
    for old, known in visits.due(taken):
        left = until - time.monotonic()
        if left <= 0 or failures == GIVE_UP:
            break
        try:
            found += _news(replace(fetcher, total=min(left, fetcher.total)), visits, old, known)
            failures = 0
        except SourceError:  # gone, or in trouble: whether it may go out is asked when an edition is locked
            visits.note(old, known)
            failures += 1
    return found


def _news(fetcher: Fetcher, visits: Visits, old: LedgerArticle, known: Validators) -> Iterator[Article]:
    url = old.article.url or ""
    got = fetcher.get(url, known.etag, known.last_modified)
    visits.note(old, Validators(got.etag or known.etag, got.last_modified or known.last_modified))
    if got.status == 304:
        return
    (new,) = read_page(got.body, got.url, got.content_type).articles
    if canonical_url(new.url or "") != canonical_url(url):
        return  # it leads elsewhere: to a page of consent, or to the front page
    is_same = _words(new) == _words(old.article)
    if is_same and old.gone_at is None:
        return
    if is_same or _is_steady(fetcher, url, new):
        yield replace(new, published_at=new.published_at or old.article.published_at)


def _is_steady(fetcher: Fetcher, url: str, new: Article) -> bool:
    """Say whether a page says the same when it is asked again at once: one that never does was not corrected."""
    got = fetcher.get(url)
    (again,) = read_page(got.body, got.url, got.content_type).articles
    return _words(again) == _words(new)


def _words(article: Article) -> str:
    return fingerprint(article.title, article.text)
