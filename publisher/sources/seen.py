"""Articles that were met before: most of a feed that has changed is what it was at the last poll."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from publisher.model.article import Article

MOST = 50_000_000  # characters of all articles remembered: some thousand feeds of ten long articles


def key_of(*said: bytes | str) -> bytes:
    """Digest all that an article is made of: the same key, the same article."""
    digest = hashlib.blake2b(digest_size=16)
    for part in said:
        data = part.encode("utf-8", "replace") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


class Seen:
    """Remembers articles by what their source said, word for word; the longest unused are forgotten first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = Lock()
        self._known: OrderedDict[bytes, Article] = OrderedDict()
        self._size = 0

    def find(self, keys: Iterable[bytes]) -> dict[bytes, Article]:
        """Return those of the articles that are remembered."""
        found = {}
        with self._lock:
            for key in keys:
                if key in self._known:
                    self._known.move_to_end(key)
                    found[key] = self._known[key]
        return found

    def keep(self, key: bytes, article: Article) -> None:
        with self._lock:
            if key not in self._known:
                self._known[key] = article
                self._size += _size(article)
            while self._size > self._most and self._known:
                self._size -= _size(self._known.popitem(last=False)[1])


def _size(article: Article) -> int:
    return len(article.html) + len(article.text) + len(article.summary)
