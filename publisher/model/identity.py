"""What makes an article the same article: aliases that are looked up, strongest first."""

from __future__ import annotations

import hashlib
import re
import unicodedata
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


def aliases_of(article: Article) -> tuple[tuple[str, str], ...]:
    """Return (kind, value) pairs that identify an article within its source, strongest first.

    An article without guid and link is known by its title and date, then by its content.
    """
    found: list[tuple[str, str]] = []
    if article.guid:
        found.append(("guid", article.guid))
    if article.url:
        found.append(("link", canonical_url(article.url)))
    if not found and article.published_at is not None:
        found.append(("title+date", f"{article.title}\n{article.published_at.isoformat()}"))
    if not found:
        found.append(("content", fingerprint(article.title, article.text)))
    return tuple(found)
