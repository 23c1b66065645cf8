"""Which article of the ledger each item of a document is, by layers: id, address, title and date, words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from publisher.model.article import Article, LedgerArticle, Standing
from publisher.model.identity import Alias, Marks, canonical_url, differs_wholly, is_alike, is_telling

WORDS_OF = {"link": "the same canonical URL", "title+date": "the same title and date", "content": "the same words"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one article of a reading."""

    article: Article
    marks: Marks
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
    found: Sequence[Article], marks: Sequence[Marks], known: Known, *, trusts_ids: bool = False
) -> list[Decision]:
    """Say of each article of a document which one of the ledger it is, or that it is none of them.

    An article that the document has twice, word for word the same to us, is left out the second time.

    :param trusts_ids: whoever gives the ids answers for them: an id is never used again for another article.
    """
    met: set[Alias] = set()
    firm: list[Decision] = []
    for article, own in zip(found, marks, strict=True):
        if not met.intersection(own.aliases):
            met.update(own.aliases)
            firm.append(_by_aliases(article, own, known, trusts_ids=trusts_ids))
    taken: set[int] = set()
    for place, decision in enumerate(firm):
        if decision.known_id in taken:
            firm[place] = replace(decision, repeats=True)
        elif decision.known_id is not None:
            taken.add(decision.known_id)
    # Hints last: they only speak of articles that the document doesn't have in their own name.
    for place, decision in enumerate(firm):
        if decision.known_id is None and not decision.held_for:
            hinted = decision if trusts_ids else _by_hints(decision, known, taken)
            is_settled = hinted.known_id is not None or hinted.held_for
            firm[place] = hinted if is_settled else _told_elsewhere(hinted, known)
            taken.update(each for each in (firm[place].known_id,) if each is not None)
    return firm


def _by_aliases(article: Article, marks: Marks, known: Known, *, trusts_ids: bool) -> Decision:
    hits = [(alias[0], known.by_alias[alias]) for alias in marks.aliases if alias in known.by_alias]
    if not hits:
        return Decision(article, marks)
    kind, article_id = hits[0]
    if kind == "guid" and not trusts_ids and differs_wholly(known.articles[article_id].article, article):
        other = next((hit for hit in hits[1:] if hit[1] != article_id), None)
        if other is None:
            return _reused(article, marks, article_id)
        kind, article_id = other
    return _with_same(kind, Decision(article, marks), known.articles[article_id])


def _with_same(kind: str, decision: Decision, old: LedgerArticle) -> Decision:
    """Say that it is an article of the ledger; title and date alone don't say it of two pages with different texts."""
    article = decision.article
    if kind == "title+date" and _path(article) != _path(old.article) and not is_alike(article.text, old.article.text):
        why = f"the same title and date as {old.id}, but another id or address and another text"
        return replace(decision, standing=Standing.HELD, reason=why, held_for="words", about=old.id)
    return replace(decision, known_id=old.id, reason=_same(kind, old.id))


def _same(kind: str, article_id: int) -> str:
    return "the same id at the source" if kind == "guid" else f"{WORDS_OF[kind]} as {article_id}"


def _reused(article: Article, marks: Marks, article_id: int) -> Decision:
    why = f"its id is that of {article_id}, but title, link and text all differ: a possible reuse of the id"
    # The id stays with the article that has it until a person says that this is another.
    own = tuple(alias for alias in marks.aliases if alias[0] != "guid")
    return Decision(
        article, replace(marks, aliases=own), standing=Standing.HELD, reason=why, held_for="reuse", about=article_id
    )


def _by_hints(decision: Decision, known: Known, taken: set[int]) -> Decision:
    """Match by title and date, which is enough; or by words, which need a date, a path or a person beside them."""
    for hint in decision.marks.hints:
        same = known.by_alias.get(hint)
        if same is not None and same not in taken:
            return _with_same("title+date", decision, known.articles[same])
    if is_telling(decision.article):
        same = known.by_words.get(decision.marks.words)
        if same is not None and same not in taken:
            return _same_words(decision, known.articles[same])
    return decision


def _same_words(decision: Decision, old: LedgerArticle) -> Decision:
    article = decision.article
    if article.published_at == old.article.published_at or _path(article) == _path(old.article):
        why = f"the same words as {old.id}, under a new id and address"
        return replace(decision, known_id=old.id, reason=why)
    why = f"the same words as {old.id} under another id, address and date"
    return replace(decision, standing=Standing.HELD, reason=why, held_for="words", about=old.id)


def _path(article: Article) -> str:
    return canonical_url(article.url or "").removeprefix("//").partition("/")[2]


def _told_elsewhere(decision: Decision, known: Known) -> Decision:
    """An article of another source that is the same story stays an article of both: a schedule carries one of them."""
    link = next((value for kind, value in decision.marks.aliases if kind == "link"), "")
    layer, same = "the same canonical URL", known.links_elsewhere.get(link)
    if same is None and is_telling(decision.article):
        layer, same = "the same words", known.words_elsewhere.get(decision.marks.words)
    if same is None:
        return decision
    standing, fate = _FATE_OF_TWIN[known.articles[same].standing]
    reason = f"{layer} as {same}, of another source: {fate}"
    held_for = "story" if standing is Standing.HELD else ""
    return replace(decision, standing=standing, reason=reason, held_for=held_for, about=same, story=same)


_FATE_OF_TWIN = {
    Standing.NEW: (Standing.NEW, "a schedule carries one of them"),
    Standing.BASELINE: (Standing.BASELINE, "it was already there when that was first polled"),
    Standing.HELD: (Standing.HELD, "it is held"),
    Standing.DISCARDED: (Standing.DISCARDED, "it was discarded"),
}
