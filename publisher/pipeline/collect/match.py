"""Which article of the ledger each item of a document is, by layers: id, address, title and date, words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from publisher.model.article import Article, LedgerArticle, Standing
from publisher.model.identity import (
    Alias,
    IdentityRule,
    aliases_in,
    canonical_url,
    differs_wholly,
    fingerprint,
    hints_of,
    is_telling,
)

WORDS_OF = {"link": "the same canonical URL", "title+date": "the same title and date", "content": "the same words"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one article of a reading."""

    article: Article
    aliases: tuple[Alias, ...]
    known_id: int | None = None  # the ledger's article that this is
    standing: Standing = Standing.NEW
    reason: str = "new at the source"
    held_for: str = ""  # flood, reuse, words, old, future, story
    about: int | None = None  # the article that the reason speaks of
    story: int | None = None  # the article of another source that tells the same
    repeats: bool = False  # the document has this article twice: what the other place says counts


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows that may be in a document."""

    by_alias: Mapping[Alias, int] = field(default_factory=dict)  # of the source
    articles: Mapping[int, LedgerArticle] = field(default_factory=dict)  # all that are named here
    by_words: Mapping[str, int] = field(default_factory=dict)  # of the source: fingerprint, where it is telling
    links_elsewhere: Mapping[str, int] = field(default_factory=dict)  # of other sources: canonical URL
    words_elsewhere: Mapping[str, int] = field(default_factory=dict)  # of other sources: fingerprint


def match(
    found: Sequence[Article], known: Known, rule: IdentityRule = "auto", *, trusts_ids: bool = False
) -> list[Decision]:
    """Say of each article of a document which one of the ledger it is, or that it is none of them.

    An article that the document has twice, word for word the same to us, is left out the second time.

    :param trusts_ids: whoever gives the ids answers for them: an id is never used again for another article.
    """
    met: set[Alias] = set()
    firm: list[Decision] = []
    for article, aliases in zip(found, aliases_in(found, rule), strict=True):
        if not met.intersection(aliases):
            met.update(aliases)
            firm.append(_by_aliases(article, aliases, known, trusts_ids=trusts_ids))
    taken: set[int] = set()
    for place, decision in enumerate(firm):
        if decision.known_id in taken:
            firm[place] = _repeated(decision)
        elif decision.known_id is not None:
            taken.add(decision.known_id)
    # Hints last: they only speak of articles that the document doesn't have in their own name.
    for place, decision in enumerate(firm):
        if decision.known_id is None and not decision.held_for:
            firm[place] = _by_hints(decision, known, taken)
            taken.update(each for each in (firm[place].known_id,) if each is not None)
    return firm


def _by_aliases(article: Article, aliases: tuple[Alias, ...], known: Known, *, trusts_ids: bool) -> Decision:
    hits = [(alias[0], known.by_alias[alias]) for alias in aliases if alias in known.by_alias]
    if not hits:
        return Decision(article, aliases)
    kind, article_id = hits[0]
    if kind == "guid" and not trusts_ids and differs_wholly(known.articles[article_id].article, article):
        other = next((hit for hit in hits[1:] if hit[1] != article_id), None)
        if other is None:
            return _reused(article, aliases, article_id)
        kind, article_id = other
    return Decision(article, aliases, article_id, reason=_same(kind, article_id))


def _same(kind: str, article_id: int) -> str:
    return "the same id at the source" if kind == "guid" else f"{WORDS_OF[kind]} as {article_id}"


def _reused(article: Article, aliases: tuple[Alias, ...], article_id: int) -> Decision:
    why = f"its id is that of {article_id}, but title, link and text all differ: a possible reuse of the id"
    # The id stays with the article that has it until a person says that this is another.
    own = tuple(alias for alias in aliases if alias[0] != "guid")
    return Decision(article, own, standing=Standing.HELD, reason=why, held_for="reuse", about=article_id)


def _repeated(decision: Decision) -> Decision:
    return Decision(decision.article, decision.aliases, decision.known_id, reason=decision.reason, repeats=True)


def _by_hints(decision: Decision, known: Known, taken: set[int]) -> Decision:
    """Match by title and date, which is enough; or by words, which need a date, a path or a person beside them."""
    article = decision.article
    for hint in hints_of(article):
        same = known.by_alias.get(hint)
        if same is not None and same not in taken:
            return Decision(article, decision.aliases, same, reason=_same("title+date", same))
    words = fingerprint(article.title, article.text)
    if is_telling(article):
        same = known.by_words.get(words)
        if same is not None and same not in taken:
            return _same_words(decision, known.articles[same])
    return _told_elsewhere(decision, known, words)


def _same_words(decision: Decision, old: LedgerArticle) -> Decision:
    article = decision.article
    if article.published_at == old.article.published_at or _path(article) == _path(old.article):
        why = f"the same words as {old.id}, under a new id and address"
        return Decision(article, decision.aliases, old.id, reason=why)
    why = f"the same words as {old.id} under another id, address and date"
    return Decision(article, decision.aliases, standing=Standing.HELD, reason=why, held_for="words", about=old.id)


def _path(article: Article) -> str:
    return canonical_url(article.url or "").removeprefix("//").partition("/")[2]


def _told_elsewhere(decision: Decision, known: Known, words: str) -> Decision:
    """An article of another source that is the same story stays an article of both: a schedule carries one of them."""
    link = next((value for kind, value in decision.aliases if kind == "link"), "")
    by_link = known.links_elsewhere.get(link)
    same = (
        by_link if by_link is not None else known.words_elsewhere.get(words) if is_telling(decision.article) else None
    )
    if same is None:
        return decision
    layer = "the same canonical URL" if by_link is not None else "the same words"
    standing, fate = _FATE_OF_TWIN[known.articles[same].standing]
    reason = f"{layer} as {same}, of another source: {fate}"
    held_for = "story" if standing is Standing.HELD else ""
    return Decision(decision.article, decision.aliases, None, standing, reason, held_for, same, same)


_FATE_OF_TWIN = {
    Standing.NEW: (Standing.NEW, "a schedule carries one of them"),
    Standing.BASELINE: (Standing.BASELINE, "it was already there when that was first polled"),
    Standing.HELD: (Standing.HELD, "it is held"),
    Standing.DISCARDED: (Standing.DISCARDED, "it was discarded"),
}
