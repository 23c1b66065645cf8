"""What makes an article the same article: aliases that are looked up, strongest first, and hints."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from publisher.model.article import Article
from publisher.model.blanks import alike

Alias = tuple[str, str]  # kind and value
IdentityRule = Literal["auto", "guid", "link"]

# Parameters that say where a reader came from, never what is shown.
TRACKING = re.compile(r"^(utm_.*|mtm_.*|pk_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi)$")
LONGEST = 400  # characters of an alias
ENOUGH_WORDS = 200  # characters of text; two shorter ones may be alike by chance
_AMP_CACHE = re.compile(r"^/[acv]/(?:s/)?(.+)$")  # of cdn.ampproject.org: /c/s/harbor.example/1
_AMP_QUERY = {("amp", ""), ("amp", "1"), ("amp", "true"), ("outputType", "amp")}


@lru_cache(maxsize=20_000)  # of a document each address is asked for several times, and at each poll again
def canonical_url(url: str) -> str:
    """Fold the variants of an address that lead to one page.

    Scheme, case of the host, its letters or their punycode, `www.`, the usual port, tracking parameters, fragment, last
    slash and AMP don't count.
    """
    try:
        parts = _without_amp_cache(urlsplit(url.strip()))
        port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    except ValueError:  # no port, or no host: it leads nowhere and is like no other
        return _short(url)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(k, v) for k, v in asked if not TRACKING.match(k) and (k, v) not in _AMP_QUERY])
    host = _in_letters((parts.hostname or "").removeprefix("www.").removeprefix("amp."))
    path = re.sub(r"(?:/amp|\.amp)(?=\.html$|$)", "", parts.path.rstrip("/")).rstrip("/")
    return _short(urlunsplit(("", host + port, path, query, "")))


def _in_letters(host: str) -> str:
    """Return a host in its own letters, where it is written as the network knows it."""
    if "xn--" not in host:
        return host
    try:
        labels = host.split(".")
        return ".".join(
            label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label for label in labels
        )
    except UnicodeError:
        return host


def _short(value: str) -> str:
    """Stand a digest in for the end of what is longer than an index takes (PostgreSQL: 2,704 bytes)."""
    if len(value) <= LONGEST:
        return value
    return f"{value[: LONGEST // 2]}…{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"


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


def is_alike(one: str, other: str) -> bool:
    """Say whether two texts have most of their words in common, as a text has with what an editor made of it."""
    first, second = set(_words(one).split()), set(_words(other).split())
    return len(first & second) * 2 >= min(len(first), len(second))


def differs_wholly(old: Article, new: Article) -> bool:
    """Say whether title, link and text all differ: under the same id, perhaps another article."""
    if not (old.url and new.url and old.text and new.text):
        return False
    return (
        _words(old.title) != _words(new.title)
        and canonical_url(old.url) != canonical_url(new.url)
        and _words(old.text) != _words(new.text)
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """By what an article of a document is known, reckoned once.

    :param aliases: kind and value, strongest first: within its source they are the article's alone.
    :param hints: by what it is known where id and link changed together, as in a move to another system.
    :param words: its fingerprint.
    """

    aliases: tuple[Alias, ...]
    hints: tuple[Alias, ...]
    words: str


def marks_in(articles: Sequence[Article], rule: IdentityRule = "auto") -> tuple[Marks, ...]:
    """Return the marks of each article of one document; a link that different items share identifies none of them.

    :param rule: the source's own: ids that can't be trusted are not looked at, or links.
    """
    words = [fingerprint(article.title, article.text) for article in articles]
    links = [_page_of(article) for article in articles]
    items: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for article, link, own in zip(articles, links, words, strict=True):
        # Under ids of their own, two items with one headline are two articles where their words differ too.
        items[link].add((alike(article.title), own if article.guid and rule != "link" else ""))
    own_links = [link if len(items[link]) == 1 else "" for link in links]
    return tuple(map(partial(_marks_of, rule=rule), articles, own_links, words))


def id_alias(guid: str) -> Alias:
    """Return the alias that a source's own id is."""
    return "guid", _short(guid)


def _page_of(article: Article) -> str:
    """Return the canonical address of an article's page; empty for none, and for a front page, which is many's."""
    link = canonical_url(article.url or "")
    return link if "/" in link.removeprefix("//") or "?" in link else ""


def _marks_of(article: Article, link: str, words: str, *, rule: IdentityRule) -> Marks:
    """Return an article's marks.

    Without a guid, title and date are kept beside the link: a document may begin or cease to give several items one
    link. An article with none of these is known by its content.
    """
    hints = _hints_of(article)
    found: list[Alias] = []
    if article.guid and rule != "link":
        found.append(id_alias(article.guid))
    if link and not (found and rule == "guid"):
        found.append(("link", link))
    if not any(kind == "guid" for kind, _ in found):
        found += hints
    return Marks(tuple(found) or (("content", words),), hints, words)


def _hints_of(article: Article) -> tuple[Alias, ...]:
    if article.published_at is None:
        return ()
    return (("title+date", _short(f"{alike(article.title)}\n{article.published_at.isoformat()}")),)
