"""What makes an article the same article: aliases that are looked up, strongest first."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from publisher.model.article import Article

# Parameters that say where a reader came from, never what is shown.
TRACKING = re.compile(r"^(utm_.*|mtm_.*|pk_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi)$")


def canonical_url(url: str) -> str:
    """Fold the variants of an address that lead to one page: scheme, case of the host, tracking, fragment, slash."""
    parts = urlsplit(url.strip())
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.match(k)])
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    return urlunsplit(("", host + port, parts.path.rstrip("/"), query, ""))


def fingerprint(title: str, text: str) -> str:
    """Digest of the normalised words: a hint that two articles are one, never a proof."""
    words = unicodedata.normalize("NFKC", f"{title}\n{text}").casefold().split()
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:32]


def aliases_of(article: Article, *, link_is_shared: bool = False) -> tuple[tuple[str, str], ...]:
    """Return (kind, value) pairs that identify an article within its source, strongest first.

    Without a guid, title and date are kept beside the link: a document may begin or cease to give several items one
    link. An article with none of these is known by its content.

    :param link_is_shared: other items of the document have the same link, so it identifies none of them.
    """
    found: list[tuple[str, str]] = []
    if article.guid:
        found.append(("guid", article.guid))
    if article.url and not link_is_shared:
        found.append(("link", canonical_url(article.url)))
    if not article.guid and article.published_at is not None:
        found.append(("title+date", f"{article.title}\n{article.published_at.isoformat()}"))
    if not found:
        found.append(("content", fingerprint(article.title, article.text)))
    return tuple(found)


def aliases_in(articles: Sequence[Article]) -> list[tuple[tuple[str, str], ...]]:
    """Return the aliases of each article of one document, links that several different items share left out."""
    titles: defaultdict[str, set[str]] = defaultdict(set)
    for article in articles:
        if article.url:
            titles[canonical_url(article.url)].add(article.title)
    return [
        aliases_of(article, link_is_shared=bool(article.url) and len(titles[canonical_url(article.url or "")]) > 1)
        for article in articles
    ]
