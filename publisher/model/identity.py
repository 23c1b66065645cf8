"""What makes an article the same article: aliases that are looked up, strongest first, and hints."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from publisher.model.article import Article

Alias = tuple[str, str]  # kind and value
IdentityRule = Literal["auto", "guid", "link"]

# Parameters that say where a reader came from, never what is shown.
TRACKING = re.compile(r"^(utm_.*|mtm_.*|pk_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi)$")
ENOUGH_WORDS = 200  # characters of text; two shorter ones may be alike by chance
_AMP_CACHE = re.compile(r"^/[acv]/(?:s/)?(.+)$")  # of cdn.ampproject.org: /c/s/harbor.example/1
_AMP_QUERY = {("amp", ""), ("amp", "1"), ("amp", "true"), ("outputType", "amp")}


@lru_cache(maxsize=20_000)  # of a document each address is asked for several times, and at each poll again
def canonical_url(url: str) -> str:
    """Fold the variants of an address that lead to one page.

    Scheme, case of the host, `www.`, the usual port, tracking parameters, fragment, last slash and AMP don't count.
    """
    parts = _without_amp_cache(urlsplit(url.strip()))
    asked = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(k, v) for k, v in asked if not TRACKING.match(k) and (k, v) not in _AMP_QUERY])
    host = (parts.hostname or "").removeprefix("www.").removeprefix("amp.")
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    path = re.sub(r"(?:/amp|\.amp)(?=\.html$|$)", "", parts.path.rstrip("/")).rstrip("/")
    return urlunsplit(("", host + port, path, query, ""))


def _without_amp_cache(parts: SplitResult) -> SplitResult:
    inner = _AMP_CACHE.match(parts.path) if (parts.hostname or "").endswith("cdn.ampproject.org") else None
    return urlsplit(f"https://{inner[1]}?{parts.query}") if inner else parts


def fingerprint(title: str, text: str) -> str:
    """Digest of the normalised words: a hint that two articles are one, never a proof."""
    return hashlib.sha256(_words(f"{title}\n{text}").encode()).hexdigest()[:32]


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_telling(article: Article) -> bool:
    """Say whether it has enough words for its fingerprint to be a hint."""
    return len(article.text) > ENOUGH_WORDS


def differs_wholly(old: Article, new: Article) -> bool:
    """Say whether title, link and text all differ: under the same id, perhaps another article."""
    if not (old.url and new.url and old.text and new.text):
        return False
    return (
        _words(old.title) != _words(new.title)
        and canonical_url(old.url) != canonical_url(new.url)
        and _words(old.text) != _words(new.text)
    )


def aliases_of(article: Article, *, link_is_shared: bool = False, rule: IdentityRule = "auto") -> tuple[Alias, ...]:
    """Return (kind, value) pairs that identify an article within its source, strongest first.

    Without a guid, title and date are kept beside the link: a document may begin or cease to give several items one
    link. An article with none of these is known by its content.

    :param link_is_shared: other items of the document have the same link, so it identifies none of them.
    :param rule: the source's own: ids that can't be trusted are not looked at, or links.
    """
    found: list[Alias] = []
    if article.guid and rule != "link":
        found.append(("guid", article.guid))
    if article.url and not link_is_shared and not (found and rule == "guid"):
        found.append(("link", canonical_url(article.url)))
    if not any(kind == "guid" for kind, _ in found):
        found += hints_of(article)
    if not found:
        found.append(("content", fingerprint(article.title, article.text)))
    return tuple(found)


def hints_of(article: Article) -> tuple[Alias, ...]:
    """Return what an article is known by when id and link changed together, as in a move to another system."""
    if article.published_at is None:
        return ()
    return (("title+date", f"{article.title}\n{article.published_at.isoformat()}"),)


def aliases_in(articles: Sequence[Article], rule: IdentityRule = "auto") -> list[tuple[Alias, ...]]:
    """Return the aliases of each article of one document, links that several different items share left out."""
    titles: defaultdict[str, set[str]] = defaultdict(set)
    for article in articles:
        if article.url:
            titles[canonical_url(article.url)].add(article.title)
    return [
        aliases_of(article, link_is_shared=len(titles[canonical_url(article.url or "")]) > 1, rule=rule)
        for article in articles
    ]
