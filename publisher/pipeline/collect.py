"""Source to article: what a source says is matched with the ledger, and each article gets its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from publisher.errors import PublisherError
from publisher.model.article import Article, LedgerArticle, Reading, Standing
from publisher.model.identity import aliases_in
from publisher.model.project import Source
from publisher.pipeline import polls
from publisher.store import Connection, Store, articles, links, sources

Alias = tuple[str, str]
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one article of a reading."""

    article: Article
    aliases: tuple[Alias, ...]
    known_id: int | None  # the ledger's article that this is
    standing: Standing
    reason: str


@dataclass(frozen=True, slots=True)
class Collected:
    """How one poll went: counts for people, problems item by item."""

    source: str
    new: int = 0
    baseline: int = 0
    changed: int = 0
    known: int = 0
    problems: tuple[str, ...] = ()
    error: str = ""


def decide(reading: Reading, known: Mapping[Alias, int], *, first_poll: bool, backfill: int) -> tuple[Decision, ...]:
    """Say for each article whether it is new, and why. Pure.

    :param known: the ledger's article id of each alias that it knows.
    :param first_poll: the source has no baseline yet: what is there now was there before us.
    """
    fresh_places = _newest(reading.articles, backfill) if first_poll else frozenset(range(len(reading.articles)))
    met: set[Alias] = set()
    decisions: list[Decision] = []
    for place, (article, aliases) in enumerate(zip(reading.articles, aliases_in(reading.articles), strict=True)):
        if met.intersection(aliases):
            continue  # the same article twice in one document
        met.update(aliases)
        known_id = next((known[alias] for alias in aliases if alias in known), None)
        standing, reason = _standing(place in fresh_places, first_poll, len(fresh_places))
        decisions.append(Decision(article, aliases, known_id, standing, reason))
    return tuple(decisions)


def _standing(fresh: bool, first_poll: bool, taken: int) -> tuple[Standing, str]:
    if not fresh:
        return Standing.BASELINE, "was already there when the source was first polled"
    if first_poll:
        return Standing.NEW, f"among the newest {taken} when the source was first polled (backfill)"
    return Standing.NEW, "new at the source"


def _newest(found: Sequence[Article], number: int) -> frozenset[int]:
    by_age = sorted(range(len(found)), key=lambda place: (_age_key(found[place]), -place), reverse=True)
    return frozenset(by_age[:number])


def _age_key(article: Article) -> datetime:
    return article.published_at or LONG_AGO


def record(store: Store, source: Source, reading: Reading, now: datetime, chance: float = 0.0) -> Collected:
    """Write down a reading: articles, aliases and validators in one transaction.

    :param chance: from 0 to 1; where in its jitter the source's next turn lies.
    """
    with store.write() as conn:
        return record_in(conn, source, reading, now, chance)


def record_in(conn: Connection, source: Source, reading: Reading, now: datetime, chance: float = 0.0) -> Collected:
    """Write down a reading within a transaction of the caller's."""
    row = polls.row_of(conn, source)
    first_poll = row["baseline_at"] is None
    wanted = [alias for aliases in aliases_in(reading.articles) for alias in aliases]
    known = articles.find_by_aliases(conn, row["id"], wanted)
    decisions = decide(reading, known, first_poll=first_poll, backfill=source.backfill)
    counts = {"new": 0, "baseline": 0, "changed": 0, "known": 0}
    # Oldest first, so that ids and first-seen order follow publication.
    for decision in sorted(decisions, key=lambda d: _age_key(d.article)):
        counts[_write(conn, row["id"], decision, now)] += 1
    if source.backfill > row["backfilled"]:
        if not first_poll:
            reason = f"among the newest {source.backfill} of the baseline (backfill)"
            released = articles.release_baseline(conn, row["id"], source.backfill - row["backfilled"], reason)
            counts["new"] += released
        sources.record_backfill(conn, row["id"], source.backfill)
    links.record(conn, row["id"], reading.links, now)
    polls.note_good(conn, row, source, reading, now, chance)
    return Collected(
        source.name, counts["new"], counts["baseline"], counts["changed"], counts["known"], reading.problems
    )


def _write(conn: Connection, source_id: int, decision: Decision, now: datetime) -> str:
    if decision.known_id is None:
        article_id = articles.add(conn, source_id, decision.article, now, decision.standing, decision.reason)
        outcome = decision.standing.value
    else:
        article_id = decision.known_id
        outcome = "known"
        if not articles.same_content(conn, article_id, decision.article):
            articles.revise(conn, article_id, decision.article, now)
            outcome = "changed"
    articles.add_aliases(conn, source_id, article_id, decision.aliases)
    return outcome


def record_failure(
    store: Store, source: Source, error: PublisherError, now: datetime, chance: float = 0.0
) -> Collected:
    """Write down that a source could not be read; nothing that is known changes."""
    store.submit(lambda conn: polls.note_bad(conn, polls.row_of(conn, source), source, error, now, chance))
    return Collected(source.name, error=str(error))


def foresee(store: Store, source: Source, reading: Reading, now: datetime) -> list[LedgerArticle]:
    """Return what a reading would add that may be picked, and write nothing. Ids are negative."""
    with store.read() as conn:
        row = sources.find(conn, source.name)
        wanted = [alias for aliases in aliases_in(reading.articles) for alias in aliases]
        known = articles.find_by_aliases(conn, row["id"], wanted) if row else {}
    first_poll = row is None or row["baseline_at"] is None
    decisions = decide(reading, known, first_poll=first_poll, backfill=source.backfill)
    return list(_provisional(decisions, source.name, now))


def _provisional(decisions: Iterable[Decision], source: str, now: datetime) -> Iterable[LedgerArticle]:
    for number, decision in enumerate(sorted(decisions, key=lambda d: _age_key(d.article)), start=1):
        if decision.known_id is None and decision.standing is Standing.NEW:
            article = replace(decision.article, guid=None)
            yield LedgerArticle(-number, source, article, now, decision.standing, decision.reason)
