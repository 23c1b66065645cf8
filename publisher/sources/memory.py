"""What became of items that were met before: most of a feed that has changed is what it was at the last poll."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from publisher.model.article import Article
from publisher.sources.address import Place
from publisher.sources.item import Item

MOST = 50_000_000  # characters of all articles remembered: some thousand feeds of ten long articles

Make = Callable[[Item, Place, str | None], Article | None]


class Memory:
    """Remembers articles by what their source said, word for word; the longest unused are forgotten first.

    :param make: makes an article. Pure, but for documents in local folders, whose pictures come and go: those are
        made each time.
    """

    def __init__(self, make: Make, most: int = MOST) -> None:
        self._make = make
        self._most = most
        self._lock = Lock()
        self._known: OrderedDict[bytes, Article] = OrderedDict()
        self._size = 0

    def article_of(self, item: Item, place: Place, language: str | None = None) -> Article | None:
        """Return the article that an item is, or None where it says nothing at all."""
        if place.folder is not None:
            return self._make(item, place, language)
        key = hashlib.blake2b(repr((item, place.url, language)).encode("utf-8", "replace"), digest_size=16).digest()
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        made = self._make(item, place, language)
        if made is not None:
            self._keep(key, made)
        return made

    def _keep(self, key: bytes, made: Article) -> None:
        with self._lock:
            if key not in self._known:
                self._known[key] = made
                self._size += _size(made)
            while self._size > self._most and self._known:
                self._size -= _size(self._known.popitem(last=False)[1])


def _size(article: Article) -> int:
    return len(article.html) + len(article.text) + len(article.summary)
