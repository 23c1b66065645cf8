"""What the ledger holds for a schedule: its candidates, and what people want of its next edition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from publisher.model.article import LedgerArticle, Standing
from publisher.model.desk import Changes
from publisher.model.project import Pick, Schedule
from publisher.pipeline.compose.choice import Wishes
from publisher.store import (
    Connection,
    Store,
    articles,
    candidates,
    desk,
    earlier,
    edition_lists,
    editions,
    held,
    schedules,
    sources,
    updates,
)
from publisher.store.candidates import Look

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEWS_FOR = timedelta(days=7)  # how long the change of a sent article is news


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the ledger holds for a schedule."""

    found: list[LedgerArticle]
    updates: list[LedgerArticle]  # sent before, and changed since; each with the reason that says so
    elsewhere: Mapping[int, str]  # articles that an edition of a schedule under `not_in:` carries, with its name
    hint: str  # what to say where there is nothing
    look: Look | None
    had: Mapping[int, str] = field(default_factory=dict)  # articles that the lists' readers have (`never_twice:`), why


def candidates_of(store: Store, schedule: Schedule, *, now: datetime) -> Candidates:
    """Return what the ledger holds for a schedule, in a transaction of its own."""
    with store.read() as conn:
        return candidates_in(conn, schedule, now=now)


def candidates_in(conn: Connection, schedule: Schedule, *, now: datetime) -> Candidates:
    """Return what the ledger holds for a schedule.

    A schedule sees the articles first seen since it was added, and as many older ones as its `backfill:` says. One
    that no edition has taken for a month is no candidate any more, unless `newer_than:` reaches further back or the
    schedule comes round more rarely. A letter (`write:`) has none.
    """
    if schedule.write:
        return Candidates([], [], {}, "", None)
    pick = schedule.pick
    row = schedules.get(conn, schedule.name)
    added_at = row["added_at"] if row else now  # not accepted yet: it would be added now
    look_back = _look_back(conn, schedule, now - pick.waits)
    since = max(added_at, look_back)
    found, look = candidates.unused(conn, schedule.name, pick.sources, since=since, wanted=f"{pick.waits}")
    if _takes_older(schedule, added_at, look_back):
        older = candidates.unused_older(conn, schedule.name, pick.sources, added_at=added_at, number=schedule.backfill)
        found = older + found
    elsewhere = candidates.in_editions_of(conn, pick.not_in, [each.id for each in found]) if pick.not_in else {}
    hint = "" if found else _hint(conn, schedule, added_at)
    had = _had(conn, schedule, found) if schedule.never_twice and not schedule.when.new else {}
    changed: list[LedgerArticle] = []
    if schedule.on_update != "ignore":
        told_since = (row["updates_since"] if row else None) or added_at
        changed = updates.changed_since_sent(conn, schedule, since=max(told_since, now - NEWS_FOR))
    return Candidates(found, changed, elsewhere, hint, look, had)


def _had(conn: Connection, schedule: Schedule, found: Sequence[LedgerArticle]) -> dict[int, str]:
    """Return what the schedule's lists have by others already, and why that is so."""
    stories = {each.id: each.story for each in found}
    why = earlier.had_by_all(conn, schedule.name, schedule.mails_to, stories)
    return {number: f"{words} (never_twice)" for number, words in why.items()}


def _takes_older(schedule: Schedule, added_at: datetime, look_back: datetime) -> bool:
    """Say whether it may use articles from before it was added; what is older than it looks back goes out no more."""
    return schedule.backfill > 0 and added_at >= look_back


def reach(conn: Connection, schedule: Schedule, *, now: datetime) -> datetime:
    """Return since when an article must have been there that a schedule may still take; EPOCH: any may be."""
    if schedule.write:
        return now
    row = schedules.get(conn, schedule.name)
    added_at = row["added_at"] if row else now
    look_back = _look_back(conn, schedule, now - schedule.pick.waits)
    return EPOCH if _takes_older(schedule, added_at, look_back) else max(added_at, look_back)


def _look_back(conn: Connection, schedule: Schedule, at_least: datetime) -> datetime:
    before = edition_lists.last_but_one_due_at(conn, schedule.name, schedule.languages.only)
    return at_least if before is None else min(at_least, before)


def _hint(conn: Connection, schedule: Schedule, added_at: datetime) -> str:
    """Say how to include what was there before us."""
    pick = schedule.pick
    before = 0
    if candidates.first_made_at(conn, schedule.name) is None:
        before = candidates.count(conn, Standing.NEW, pick.sources, before=added_at)
    if before and not schedule.backfill:
        were = "1 article was" if before == 1 else f"{before} articles were"
        remedy = f"to include {min(5, before)} of them, write `backfill: {min(5, before)}` under it"
        return f"{were} first seen before {schedule.name} was added; {remedy}"
    baseline = candidates.count(conn, Standing.BASELINE, pick.sources)
    taken = max((row["backfilled"] for row in sources.every(conn)), default=0)
    return _baseline_hint(baseline, taken, pick)


def _baseline_hint(baseline: int, taken: int, pick: Pick) -> str:
    """Say how to include what was there when a source was first polled.

    :param taken: how many of it were taken already, which a new number must be above.
    """
    if not baseline:
        return ""
    more = min(5, baseline)
    source = f"the source {pick.sources[0]}" if len(pick.sources) == 1 else "a source"
    were = "1 article was" if baseline == 1 else f"{baseline} articles were"
    remedy = f"to include {more} of them, write `backfill: {taken + more}` under {source}"
    return f"{were} already there at the first poll; {remedy}"


def wishes_of(conn: Connection, schedule: Schedule, slot: str, language: str) -> Wishes:
    """Return what people want of the edition of a slot."""
    draft_id = editions.draft_of(conn, schedule.name, slot, language)
    row = editions.get(conn, draft_id) if draft_id is not None else None
    changes = Changes.of(row["changes"]) if row is not None else Changes()
    found = articles.find(conn, list(changes.added))
    gone = held.discarded_among(conn, list(changes.added))
    added = [found[each] for each in changes.added if each in found and each not in gone]
    note = desk.waiting_note(conn, schedule.name, language) if schedule.mails_to and not schedule.when.new else None
    beside = {} if row is not None else _dropped_beside(conn, schedule, language)
    return Wishes(draft_id, changes, tuple(each for each in added if each.gone_at is None), note, beside)


def _dropped_beside(conn: Connection, schedule: Schedule, language: str) -> dict[int, str]:
    """Return what people dropped from an open draft: it goes in no edition, one that is sent by hand included."""
    drafts = [row for row in edition_lists.drafts(conn, schedule.name) if row["language"] == language]
    return {number: who for row in drafts for number, who in Changes.of(row["changes"]).dropped.items()}
