"""Complete an article once: its whole text from its page where the source gives only a part, its pictures' sizes."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from publisher.errors import PrivateAddressError, SourceError
from publisher.model.article import PART, Article, Image
from publisher.model.blanks import all_alike
from publisher.sources import clean, pictures
from publisher.sources.fetch import Fetcher
from publisher.sources.measure import Measure, has_pictures, noted
from publisher.sources.page import read_page

Rule = Literal["auto", "always", "never"]

MOST = 100  # articles of one look that are completed; the others are taken as they are
PATIENCE = 60.0  # seconds for all of them
GIVE_UP = 3  # failures one after the other: the site doesn't want it
_WHOLE = 700  # characters; so long a text that isn't cut is the article
_TAIL = 300  # characters at the end of a text that say whether it is cut
_CUT = re.compile(
    r"(?:…|\.\.\.|\[(?:…|\.\.\.)\]|\(more(?:…|\.\.\.)?\)|(?:continue reading|read (?:more|the (?:full|whole|rest))|"
    r"weiterlesen|lire la suite|leer m[áa]s|leia mais|leggi tutto|lees meer)[^.!?]{0,120}[→»…]?)\s*$",
    re.I,
)


def given_by(article: Article) -> str:
    """Return a digest of all that a source said of an article: what was completed once is known by it."""
    said = {name: value for name, value in asdict(article).items() if name not in ("notes", "given")}
    # How a blank is written is nothing that a source says; in the html it is what was written.
    parts = (
        f"{name!r}: {value!r}" if name == "html" else f"{name!r}: {all_alike(value)!r}" for name, value in said.items()
    )
    return hashlib.sha256(f"{{{', '.join(parts)}}}".encode("utf-8", "replace")).hexdigest()[:32]


def is_whole(article: Article) -> bool:
    """Say whether a source gave the whole text, as far as can be told from it."""
    return len(article.text) >= _WHOLE and not _CUT.search(article.text[-_TAIL:])


def needs_text(article: Article, rule: Rule) -> bool:
    """Say whether the article's page is to be read for its text."""
    return bool(article.url) and (rule == "always" or (rule == "auto" and not is_whole(article)))


@dataclass(slots=True)
class Completer:
    """Completes the articles of one look at a source, within its bounds; after them articles stay as they are.

    :param rule: the source's ``full_text``.
    """

    fetcher: Fetcher
    rule: Rule
    missed: int = field(default=0, init=False)  # pages that are to be asked for again
    _until: float = field(default_factory=lambda: time.monotonic() + PATIENCE)
    _left: int = MOST
    _failures: int = 0
    _measure: Measure = field(init=False)

    def __post_init__(self) -> None:
        self._measure = Measure(self.fetcher)

    def wants(self, article: Article) -> bool:
        return needs_text(article, self.rule) or has_pictures(article)

    def complete(self, article: Article) -> Article:
        """Return the article with what its page and its pictures say; a note tells what was done, or why it wasn't.

        Where the page can't be read for now, the article is a part of itself (`Article.is_part`).
        """
        given = given_by(article)
        if needs_text(article, self.rule):
            try:
                article = self._with_text(article)
            except _NotNowError as error:
                article, given = noted(article, str(error)), PART + given
                self.missed += 1
        return replace(self._measure.sized(article, self._until), given=given)

    def _may_go_on(self) -> bool:
        return self._left > 0 and self._failures < GIVE_UP and time.monotonic() < self._until

    def _with_text(self, article: Article) -> Article:
        if not self._may_go_on():
            raise _NotNowError("its page was not read: too many at once, or the site refuses")
        self._left -= 1
        try:
            got = self.fetcher.get(article.url or "")
            page = read_page(got.body, got.url, got.content_type).articles[0]
        except SourceError as error:
            self._failures += 1
            why = f"its page can't be read, the source's own words stand: {error}"
            if _may_pass(error):
                raise _NotNowError(why) from error
            return noted(article, why)
        self._failures = 0
        return merged(article, page)


class _NotNowError(Exception):
    """A page was not read, and may be at the next look."""


def _may_pass(error: SourceError) -> bool:
    """Say whether a page may be read later: its server was in trouble, or did not answer at all."""
    if isinstance(error, PrivateAddressError):
        return False
    return error.status is None or error.status in (408, 425, 429) or error.status >= 500


def merged(article: Article, page: Article) -> Article:
    """Return the article with its page's text, where that is more and of the same article."""
    if len(page.text) <= len(article.text) or not _is_same(article, page):
        return noted(article, "its page says no more than the source")
    return replace(
        noted(article, "the text is its page's: the source gives only a part"),
        html=page.html,
        text=page.text,
        summary=article.summary or page.summary,
        image=_image(article.image, page.image),
        authors=article.authors or page.authors,
        categories=article.categories or page.categories,
        language=article.language or page.language,
        published_at=article.published_at or page.published_at,
    )


def with_remembered(
    articles: Iterable[Article], completer: Completer, remembered: Mapping[str, Article], wanted: frozenset[int]
) -> tuple[Article, ...]:
    """Return the articles complete, each asked for once.

    :param remembered: articles that were completed before, by what the source said of them then.
    :param wanted: places of those that may be picked; the others are left as they are, now and later.
    """
    done = []
    for place, article in enumerate(articles):
        if not completer.wants(article):
            done.append(article)
            continue
        given = given_by(article)
        if given in remembered:
            done.append(replace(remembered[given], guid=article.guid))
        else:
            done.append(completer.complete(article) if place in wanted else replace(article, given=given))
    return tuple(done)


def _is_same(article: Article, page: Article) -> bool:
    """Compare words: a page of consent, or a front page that an old address leads to, is another one."""
    if _key(article.title) in _key(page.title) or _key(page.title) in _key(article.title):
        return True
    words = _key(_CUT.sub("", article.text)).split()[:60]
    there = set(_key(page.text).split())
    return len(words) >= 8 and sum(word in there for word in words) * 10 >= len(words) * 7


def _key(text: str) -> str:
    return clean.fold(re.sub(r"[^\w\s]", " ", text)).casefold()


def _image(own: Image | None, page: Image | None) -> Image | None:
    """Prefer the source's picture; the page may know more about the same file."""
    if own is None or page is None or pictures.file_name(own.url) != pictures.file_name(page.url):
        return own or page
    known = {name: value for name, value in asdict(page).items() if value and not getattr(own, name)}
    return replace(own, **known)
