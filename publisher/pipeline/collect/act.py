"""A reading is matched with the ledger, judged, and written down in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from publisher.errors import PublisherError
from publisher.model.article import PART, Article, LedgerArticle, Reading, Standing
from publisher.model.blanks import all_alike
from publisher.model.identity import Alias, Marks, is_telling, marks_in
from publisher.model.project import Source
from publisher.pipeline import polls
from publisher.pipeline.collect import window
from publisher.pipeline.collect.judge import Situation, decide
from publisher.pipeline.collect.match import Decision, Known, match
from publisher.store import Connection, RowMapping, Store, arrivals, articles, held, identity, links, sources

SMALL = 50  # articles of a reading that keep nobody waiting who writes beside it
MONTH = timedelta(days=30)  # over which what is usual is counted
EVENTS = {
    Standing.NEW: "taken",
    Standing.BASELINE: "baseline",
    Standing.HELD: "held",
    Standing.DISCARDED: "discarded",
}


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
    held: int = 0  # wait for a person
    discarded: int = 0  # are what a person discarded
    gone: int = 0  # the source does not have them any more


@dataclass(slots=True)
class _Record:
    """What a poll writes beside the articles themselves, and what it counts."""

    known: Known
    now: datetime
    counts: dict[str, int] = field(default_factory=dict)
    aliases: list[tuple[int, Alias]] = field(default_factory=list)
    history: list[tuple[int, str, str]] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    is_late: bool = False  # others read the source later than we, and have written it down

    def count(self, outcome: str, number: int = 1) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + number

    def learn(self, article_id: int, marks: Marks) -> None:
        """Note the names of an article that the ledger doesn't have yet."""
        names = dict.fromkeys((*marks.aliases, *marks.hints))
        self.aliases += [(article_id, name) for name in names if name not in self.known.by_alias]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was read of a source, and by what its articles are known.

    :param asked_at: when the source was asked; None: just now.
    """

    source: Source
    reading: Reading
    marks: tuple[Marks, ...]
    asked_at: datetime | None = None

    @classmethod
    def of(cls, source: Source, reading: Reading, asked_at: datetime | None = None) -> Sighting:
        return cls(source, reading, marks_in(reading.articles, source.identity), asked_at)


def record(
    store: Store,
    source: Source,
    reading: Reading,
    now: datetime,
    chance: float = 0.0,
    asked_at: datetime | None = None,
) -> Collected:
    """Write down a reading: articles, aliases, history and validators in one transaction.

    :param chance: from 0 to 1; where in its jitter the source's next turn lies.
    :param asked_at: when the source was asked: what others read of it later counts more.
    """
    seen = Sighting.of(source, reading, asked_at)
    if len(reading.articles) <= SMALL:  # together with what other sources bring
        return store.submit(lambda conn: record_in(conn, seen, now, chance))
    with store.write() as conn:
        return record_in(conn, seen, now, chance)


def record_in(conn: Connection, seen: Sighting, now: datetime, chance: float = 0.0) -> Collected:
    """Write down a reading within a transaction of the caller's."""
    source, reading = seen.source, seen.reading
    if reading.articles:  # one at a time: two sources that bring one story at the same moment would not see each other
        articles.lock(conn)
    row = polls.row_of(conn, source)
    is_late = seen.asked_at is not None and row["good_at"] is not None and row["good_at"] > seen.asked_at
    known, matched = _matched(conn, row["id"], seen)
    gone = [] if is_late else _gone(conn, row, reading, matched)
    notes = _Record(known, now, is_late=is_late)
    # Oldest first, so that ids and first-seen order follow publication.
    decisions = _by_age(decide(matched, _situation(conn, row, source, matched, now)))
    _add(conn, row["id"], [each for each in decisions if each.known_id is None], notes)
    for decision in decisions:
        if decision.known_id is not None:
            notes.count(_meet(conn, decision, known.articles[decision.known_id], notes))
    _mark_gone(conn, gone, notes)
    _backfill(conn, row, source, notes)
    identity.add_aliases(conn, row["id"], notes.aliases)
    articles.note(conn, notes.history, now)
    links.record(conn, row["id"], reading.links, now)
    polls.note_good(conn, row, source, reading, now, chance)
    counts: dict[str, Any] = notes.counts
    return Collected(source.name, problems=reading.problems, **counts)


def _matched(conn: Connection, source_id: int | None, seen: Sighting) -> tuple[Known, list[Decision]]:
    """Return what the ledger knows of a document's articles, and which of it each of them is."""
    found, marks = seen.reading.articles, seen.marks
    if not found:
        return Known(), []
    wanted = [alias for each in marks for alias in (*each.aliases, *each.hints)]
    by_alias = identity.find_by_aliases(conn, source_id, wanted) if source_id is not None else {}
    known = Known(by_alias, articles.find(conn, sorted(set(by_alias.values()))))
    is_pushed = seen.source.kind == "push"
    matched = match(found, marks, known, trusts_ids=is_pushed)
    if any(each.known_id is None for each in matched):
        known = _known_by_more(conn, source_id, known, matched)
        matched = match(found, marks, known, trusts_ids=is_pushed)
    return known, matched


def _known_by_more(conn: Connection, source_id: int | None, known: Known, matched: Sequence[Decision]) -> Known:
    """Look across sources, and for words, only for what nothing else says: that is little."""
    unknown = [each for each in matched if each.known_id is None]
    canonical = [value for each in unknown for kind, value in each.marks.aliases if kind == "link"]
    prints = [each.marks.words for each in unknown if is_telling(each.article)]
    own, others = identity.find_by_words(conn, source_id or 0, prints)
    linked = identity.find_links_elsewhere(conn, source_id or 0, canonical)
    named = {*own.values(), *others.values(), *linked.values()} - known.articles.keys()
    found = {**known.articles, **articles.find(conn, sorted(named))}
    return Known(known.by_alias, found, own, linked, others)


def _situation(
    conn: Connection, row: RowMapping, source: Source, matched: Sequence[Decision], now: datetime
) -> Situation:
    """Return what is known of the source; what only new articles need is looked up only where there are some."""
    since = row["baseline_at"]
    situation = Situation(now, since is None, source.backfill, row["good_at"], flood=source.flood)
    unknown = sum(each.known_id is None for each in matched)
    if since is None or not unknown:
        return situation
    begun = max(since, now - MONTH)
    usual = arrivals.usual_per_hour(conn, row["id"], begun, now) if source.flood is None else 0.0
    return replace(situation, usual_per_hour=usual, newest=arrivals.newest_date(conn, row["id"], now))


def _by_age(decisions: Iterable[Decision]) -> list[Decision]:
    """Order articles as they were published; those of one moment stand in a document newest first."""
    newest_last = list(decisions)[::-1]
    return sorted(newest_last, key=lambda decision: decision.article.age)


def _add(conn: Connection, source_id: int, unknown: Sequence[Decision], notes: _Record) -> None:
    new = [articles.NewArticle(d.article, d.standing, d.reason, d.held_for, d.about) for d in unknown]
    for article_id, decision in zip(articles.add(conn, source_id, new, notes.now), unknown, strict=True):
        if decision.story is not None:
            identity.join_story(conn, article_id, decision.story)
        notes.history.append((article_id, EVENTS[decision.standing], decision.reason))
        notes.count(decision.standing.value)
        notes.learn(article_id, decision.marks)


def _meet(conn: Connection, decision: Decision, old: LedgerArticle, notes: _Record) -> str:
    """Take over what a known article says now, and note what is new about it."""
    notes.history += [(old.id, event, why) for event, why in _news(decision, notes.known)]
    notes.learn(old.id, decision.marks)
    if decision.repeats or notes.is_late:  # what was read later stands
        return "known"
    if old.gone_at is not None:
        notes.back.append(old.id)
        notes.history.append((old.id, "back", "the source has it again"))
    new = _no_shorter(decision.article, old.article)
    seen = replace(new, html="") if old.is_without_html else new
    if articles.as_kept(seen) == old.article or (new.is_part and new.given == old.article.given):
        return "known"
    if old.article.is_part and old.article.given == PART + new.given:
        articles.complete(conn, old.id, new)
        notes.history.append((old.id, "completed", "its page could be read at last"))
        return "known"
    same = replace(articles.as_kept(seen), given=old.article.given, notes=old.article.notes)
    if all_alike(asdict(same)) == all_alike(asdict(old.article)):
        articles.complete(conn, old.id, new)  # it came of other words of its source, and says the same
        return "known"
    articles.revise(conn, old.id, new, notes.now)
    notes.history.append((old.id, "revised", f"revision {old.revision + 1}: {_changes(old, new)}"))
    return "changed"


def _no_shorter(new: Article, old: Article) -> Article:
    """Keep the text that was whole while an edited article's page can't be read."""
    if not new.is_part or old.is_part or len(old.text) <= len(new.text):
        return new
    return replace(new, html=old.html, text=old.text)


def _news(decision: Decision, known: Known) -> Iterator[tuple[str, str]]:
    """Yield under which new names an article was met."""
    new = {alias[0] for alias in decision.marks.aliases if alias not in known.by_alias}
    if "guid" in new:
        yield "merged", f"it came under another id: {decision.reason}"
    elif "link" in new and decision.article.guid:
        yield "merged", f"it came under another address: {decision.reason}"


def _changes(old: LedgerArticle, article: Article) -> str:
    new, kept = articles.as_kept(article), old.article
    fields = {"title": "title", "text": "text", "summary": "summary", "url": "address", "published_at": "date"}
    changed = [word for name, word in fields.items() if getattr(new, name) != getattr(kept, name)]
    return f"{', '.join(changed)} changed" if changed else "details changed"


def _gone(conn: Connection, row: RowMapping, reading: Reading, matched: Sequence[Decision]) -> list[int]:
    """Return which articles the source does not have any more, by this document."""
    if reading.unchanged or reading.is_broken or reading.scope == "some" or row["baseline_at"] is None:
        return []
    present = [each.known_id for each in matched if each.known_id is not None]
    if reading.scope == "all":
        return arrivals.missing(conn, row["id"], present)
    if not present:
        return []  # nothing in it is known: it tells nothing of what is
    reach = window.reach_of([window.Place(each.article.published_at, each.known_id) for each in matched])
    return arrivals.missing(conn, row["id"], present, since=reach.since, after=reach.after, by_window=True)


def _mark_gone(conn: Connection, gone: Sequence[int], notes: _Record) -> None:
    if notes.back:
        arrivals.set_gone(conn, notes.back, None)
    if gone:
        note_gone(conn, dict.fromkeys(gone, "gone from the source: what it has now reaches back beyond it"), notes.now)
        notes.count("gone", len(gone))


def record_gone(store: Store, gone: Mapping[int, str], now: datetime) -> None:
    """Write down which articles their source does not have any more, each with the reason."""

    def write(conn: Connection) -> None:
        articles.lock(conn)  # as whoever writes down a reading, and changes several of them
        note_gone(conn, gone, now)

    store.submit(write)


def note_gone(conn: Connection, gone: Mapping[int, str], now: datetime) -> None:
    """Write down within a transaction of the caller's which articles are gone; what is known of it already is not."""
    new = arrivals.set_gone(conn, sorted(gone), now)
    articles.note(conn, ((article_id, "gone", gone[article_id]) for article_id in new), now)


def _backfill(conn: Connection, row: RowMapping, source: Source, notes: _Record) -> None:
    """Take from the baseline what a number that was written later asks for."""
    if source.backfill <= row["backfilled"]:
        return
    if row["baseline_at"] is not None:
        why = f"among the newest {source.backfill} of the baseline (backfill)"
        more = source.backfill - row["backfilled"]
        notes.count("new", held.release_baseline(conn, row["id"], more, why, notes.now))
    sources.record_backfill(conn, row["id"], source.backfill)


def record_failure(
    store: Store, source: Source, error: PublisherError, now: datetime, chance: float = 0.0
) -> Collected:
    """Write down that a source could not be read; nothing that is known changes."""
    store.submit(lambda conn: polls.note_bad(conn, polls.row_of(conn, source), source, error, now, chance))
    return Collected(source.name, error=str(error))
