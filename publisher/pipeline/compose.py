"""Article to edition: which of a schedule's articles one slot carries, and why each is in or out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from publisher.model.article import LedgerArticle, Standing
from publisher.model.project import Pick, Schedule
from publisher.model.states import EditionState
from publisher.store import Connection, Store, candidates, earlier, editions, held, schedules, sources, updates
from publisher.store.candidates import Look

WAITS_AT_MOST = timedelta(days=30)  # how long an article that no edition takes stays a candidate
AHEAD = timedelta(days=1)  # a date less far ahead is another clock's; one further ahead is waited for
NEWS_FOR = timedelta(days=7)  # how long the change of a sent article is news


@dataclass(frozen=True, slots=True)
class Choice:
    """What an edition would carry."""

    picked: tuple[tuple[LedgerArticle, str], ...]  # in the order of the mail, each with its reason
    left: tuple[tuple[LedgerArticle, str], ...]
    skipped: str = ""  # why there is no edition; empty: there is one
    dropped: frozenset[int] = frozenset()  # ids among `left` that are used up without being sent
    held: str = ""  # why its sends wait for a person: it is too late, say
    noted: tuple[tuple[LedgerArticle, str], ...] = ()  # sent before and changed since: only named
    again: Mapping[int, int] = field(default_factory=dict)  # picked though sent before: id and revision


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the ledger holds for a schedule."""

    found: list[LedgerArticle]
    updates: list[LedgerArticle]  # sent before, and changed since; each with the reason that says so
    elsewhere: Mapping[int, str]  # articles that an edition of a schedule under `not_in:` carries, with its name
    hint: str  # what to say where there is nothing
    look: Look
    had: Mapping[int, str] = field(default_factory=dict)  # articles that the lists' readers have (`never_twice:`), why


@dataclass(frozen=True, slots=True)
class Rest:
    """How long the new articles of a source rest; what was there when it was first polled is not new."""

    span: timedelta
    baseline_at: datetime | None = None

    def ends_at(self, candidate: LedgerArticle) -> datetime:
        was_there = self.baseline_at is not None and candidate.first_seen_at <= self.baseline_at
        return candidate.first_seen_at if was_there else candidate.first_seen_at + self.span


@dataclass(frozen=True, slots=True)
class Composed:
    """The edition that was written, or None where this slot had fired before.

    ``is_stale``: nothing was written, because another edition of the schedule took one of the articles meanwhile, or a
    person discarded it.
    """

    edition_id: int | None
    choice: Choice
    is_stale: bool = False


NOTHING: Mapping[str, Rest] = {}


def decide(
    schedule: Schedule,
    candidates: Sequence[LedgerArticle],
    *,
    elsewhere: Mapping[int, str],
    now: datetime,
    hint: str = "",
    updates: Sequence[LedgerArticle] = (),
    settle: Mapping[str, Rest] = NOTHING,
    had: Mapping[int, str] = {},
) -> Choice:
    """Choose among the candidates. Pure.

    :param elsewhere: articles that an edition of a schedule under ``not_in:`` carries, with its name.
    :param hint: what to say when there is nothing new.
    :param updates: articles that were sent and have changed since: `on_update:` says what follows.
    :param settle: how long articles of a source rest, by its name.
    :param had: articles that all readers have from other schedules, and why that is so.
    """
    pick = schedule.pick
    again: dict[int, int] = {}
    if schedule.on_update == "repost":
        again = {update.id: update.revision for update in updates}
        candidates = [*candidates, *(replace(each, first_seen_at=each.changed_at or now) for each in updates)]
    carried = {number: f"in an edition of {name} (not_in)" for number, name in elsewhere.items()}
    wanted, left = _sift(candidates, pick, {**had, **carried}, settle, now)
    wanted.sort(key=_published, reverse=pick.order == "newest")
    wanted, twins = one_of_each_story(wanted)
    left += twins
    chosen, rest = wanted[: pick.at_most], wanted[pick.at_most :]
    drops = pick.rest == "drop" and len(chosen) >= pick.at_least
    fate = "dropped (rest)" if drops else "waits for the next edition"
    left += [(candidate, f"more than {pick.at_most} (at_most): {fate}") for candidate in rest]
    if len(chosen) < pick.at_least:
        return Choice((), tuple(left), _too_few(len(chosen), pick, hint))
    return Choice(
        tuple((candidate, candidate.reason) for candidate in chosen),
        tuple(left),
        dropped=frozenset(candidate.id for candidate in rest if candidate.id not in again) if drops else frozenset(),
        noted=_noted(schedule, updates),
        again={each.id: again[each.id] for each in chosen if each.id in again},
    )


def _sift(
    candidates: Sequence[LedgerArticle],
    pick: Pick,
    elsewhere: Mapping[int, str],
    settle: Mapping[str, Rest],
    now: datetime,
) -> tuple[list[LedgerArticle], list[tuple[LedgerArticle, str]]]:
    wanted: list[LedgerArticle] = []
    left: list[tuple[LedgerArticle, str]] = []
    for candidate in candidates:
        why_not = _why_not_yet(candidate, settle, now) or _why_not(candidate, pick, elsewhere, now)
        if why_not:
            left.append((candidate, why_not))
        else:
            wanted.append(candidate)
    return wanted, left


def _noted(schedule: Schedule, updates: Sequence[LedgerArticle]) -> tuple[tuple[LedgerArticle, str], ...]:
    if schedule.on_update != "note":
        return ()
    return tuple((update, update.reason) for update in updates if update.gone_at is None)


def one_of_each_story(
    wanted: Sequence[LedgerArticle],
) -> tuple[list[LedgerArticle], list[tuple[LedgerArticle, str]]]:
    """Leave out an article that another source tells too: the ledger's first one of them goes."""
    first: dict[int, int] = {}
    for each in wanted:
        story = each.story_id or each.id
        first[story] = min(each.id, first.get(story, each.id))
    kept = [each for each in wanted if first[each.story_id or each.id] == each.id]
    return kept, [
        (each, f"the same story as {first[each.story_id or each.id]}, which goes")
        for each in wanted
        if each not in kept
    ]


def _why_not_yet(candidate: LedgerArticle, settle: Mapping[str, Rest], now: datetime) -> str:
    """Say why it waits: whatever else is decided is decided when it has rested."""
    date = candidate.article.published_at
    if candidate.gone_at is not None:
        return "gone from the source"
    if date is not None and date - now > AHEAD:
        return f"dated {date:%Y-%m-%d %H:%M} UTC: waits until then"
    rest = settle.get(candidate.source)
    # Without a rest nothing waits, whatever a clock a moment ahead of ours wrote down.
    if rest is not None and rest.span and now < rest.ends_at(candidate):
        return f"rests until {rest.ends_at(candidate):%H:%M} UTC (settle)"
    return ""


def _why_not(candidate: LedgerArticle, pick: Pick, elsewhere: Mapping[int, str], now: datetime) -> str:
    own = {category.casefold() for category in candidate.article.categories}
    if pick.sources and candidate.source not in pick.sources:
        return f"comes from {candidate.source}, which is not asked for"
    if pick.categories and not own & {category.casefold() for category in pick.categories}:
        return f"in none of the categories {', '.join(pick.categories)}"
    unwanted = sorted(own & {category.casefold() for category in pick.not_categories})
    if unwanted:
        return f"in the category {unwanted[0]}, which is left out (not_categories)"
    if pick.newer_than is not None and _published(candidate) < now - pick.newer_than:
        return f"older than {_days(pick.newer_than.total_seconds())} (newer_than)"
    return elsewhere.get(candidate.id, "")


def _published(candidate: LedgerArticle) -> datetime:
    """When it was published, or first seen where the source gives no date."""
    return candidate.article.published_at or candidate.first_seen_at


def _days(seconds: float) -> str:
    return f"{seconds / 86400:g} days" if seconds >= 86400 else f"{seconds / 3600:g} hours"


def _too_few(found: int, pick: Pick, hint: str) -> str:
    if found:
        return f"only {found} new, and at_least is {pick.at_least}: they wait for the next edition"
    return f"nothing new{': ' + hint if hint else ''}"


def candidates_of(store: Store, schedule: Schedule, *, now: datetime) -> Candidates:
    """Return what the ledger holds for a schedule, in a transaction of its own."""
    with store.read() as conn:
        return candidates_in(conn, schedule, now=now)


def candidates_in(conn: Connection, schedule: Schedule, *, now: datetime) -> Candidates:
    """Return what the ledger holds for a schedule.

    A schedule sees the articles first seen since it was added, and as many older ones as its `backfill:` says. One
    that no edition has taken for a month is no candidate any more, unless `newer_than:` reaches further back or the
    schedule comes round more rarely.
    """
    pick = schedule.pick
    row = schedules.get(conn, schedule.name)
    added_at = row["added_at"] if row else now  # not accepted yet: it would be added now
    span = max(WAITS_AT_MOST, pick.newer_than or timedelta())
    look_back = _look_back(conn, schedule, now - span)
    since = max(added_at, look_back)
    found, look = candidates.unused(conn, schedule.name, pick.sources, since=since, wanted=f"{span}")
    if schedule.backfill and added_at >= look_back:  # what is older than that goes out no more
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
    stories = {each.id: each.story_id or each.id for each in found}
    why = earlier.had_by_all(conn, schedule.name, schedule.mails_to, stories)
    return {number: f"{words} (never_twice)" for number, words in why.items()}


def _look_back(conn: Connection, schedule: Schedule, at_least: datetime) -> datetime:
    before = editions.last_but_one_due_at(conn, schedule.name)
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


def record(
    store: Store,
    schedule: Schedule,
    choice: Choice,
    *,
    slot: str,
    language: str,
    due_at: datetime,
    now: datetime,
    version_id: int,
    actor: str,
    as_draft: bool = False,
    is_practice: bool = False,
    look: Look | None = None,
) -> Composed:
    """Write down the edition with its articles in one transaction; the slot is taken by whoever comes first.

    A draft of the slot is composed anew; nothing to send makes no draft.

    :param look: where the schedule's candidates were, which spares the next one a long search.
    """
    state = EditionState.DRAFT if as_draft else EditionState.SKIPPED if choice.skipped else EditionState.LOCKED
    what: dict[str, Any] = {"due_at": due_at, "now": now, "state": state, "reason": choice.skipped or choice.held}
    what |= {"version_id": version_id, "places": _places(choice, final=not as_draft), "is_practice": is_practice}
    with store.write() as conn:
        picked = [candidate.id for candidate, _ in choice.picked if candidate.id not in choice.again]
        taken = candidates.carried(conn, schedule.name, picked, choice.again)
        if taken or held.discarded_among(conn, [*picked, *choice.again]):
            return Composed(None, choice, is_stale=True)
        if look is not None and look.is_worth_it:
            candidates.keep_look(conn, schedule.name, look)
        draft = editions.draft_of(conn, schedule.name, slot, language)
        if draft is not None:
            return Composed(draft if editions.rewrite_draft(conn, draft, **what) else None, choice)
        if as_draft and choice.skipped:
            return Composed(None, choice)
        edition_id = editions.add(conn, schedule=schedule.name, slot=slot, language=language, actor=actor, **what)
    return Composed(edition_id, choice)


def _places(choice: Choice, *, final: bool) -> list[editions.Place]:
    """Return every candidate with its place; what doesn't fit is dropped only when the edition is final."""
    placed = [
        editions.Place(candidate.id, candidate.revision, number, reason, as_update=_again(candidate, choice))
        for number, (candidate, reason) in enumerate(choice.picked, start=1)
    ]
    placed += [
        editions.Place(candidate.id, candidate.revision, None, reason, as_update="note")
        for candidate, reason in choice.noted
    ]
    return placed + [
        editions.Place(candidate.id, candidate.revision, None, reason, dropped=final and candidate.id in choice.dropped)
        for candidate, reason in choice.left
    ]


def _again(candidate: LedgerArticle, choice: Choice) -> str:
    return "repost" if candidate.id in choice.again else ""
