"""Article to edition: which of a schedule's articles one slot carries, and why each is in or out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.model.article import LedgerArticle
from publisher.model.project import Pick, Schedule
from publisher.model.states import EditionState
from publisher.store import Store, articles, editions, sources


@dataclass(frozen=True, slots=True)
class Choice:
    """What an edition would carry."""

    picked: tuple[tuple[LedgerArticle, str], ...]  # in the order of the mail, each with its reason
    left: tuple[tuple[LedgerArticle, str], ...]
    skipped: str = ""  # why there is no edition; empty: there is one


@dataclass(frozen=True, slots=True)
class Composed:
    """The edition that was written, or None where this slot had fired before.

    ``is_stale``: nothing was written, because another edition of the schedule took one of the articles meanwhile.
    """

    edition_id: int | None
    choice: Choice
    is_stale: bool = False


def decide(
    schedule: Schedule,
    candidates: Sequence[LedgerArticle],
    *,
    elsewhere: Mapping[int, str],
    now: datetime,
    hint: str = "",
) -> Choice:
    """Choose among the candidates. Pure.

    :param elsewhere: articles that an edition of a schedule under ``not_in:`` carries, with its name.
    :param hint: what to say when there is nothing new.
    """
    pick = schedule.pick
    wanted: list[LedgerArticle] = []
    left: list[tuple[LedgerArticle, str]] = []
    for candidate in candidates:
        why_not = _why_not(candidate, pick, elsewhere, now)
        if why_not:
            left.append((candidate, why_not))
        else:
            wanted.append(candidate)
    wanted.sort(key=_published, reverse=pick.order == "newest")
    chosen, rest = wanted[: pick.at_most], wanted[pick.at_most :]
    left += [(candidate, f"more than {pick.at_most} (at_most): waits for the next edition") for candidate in rest]
    if len(chosen) < pick.at_least:
        return Choice((), tuple(left), _too_few(len(chosen), pick, hint))
    return Choice(tuple((candidate, _why(candidate)) for candidate in chosen), tuple(left))


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
    if candidate.id in elsewhere:
        return f"in an edition of {elsewhere[candidate.id]} (not_in)"
    return ""


def _published(candidate: LedgerArticle) -> datetime:
    """When it was published, or first seen where the source gives no date."""
    return candidate.article.published_at or candidate.first_seen_at


def _days(seconds: float) -> str:
    return f"{seconds / 86400:g} days" if seconds >= 86400 else f"{seconds / 3600:g} hours"


def _why(candidate: LedgerArticle) -> str:
    return candidate.reason


def _too_few(found: int, pick: Pick, hint: str) -> str:
    if found:
        return f"only {found} new, and at_least is {pick.at_least}: they wait for the next edition"
    return f"nothing new{': ' + hint if hint else ''}"


def candidates_of(store: Store, schedule: Schedule) -> tuple[list[LedgerArticle], dict[int, str], str]:
    """Return what the ledger holds for a schedule: candidates, articles elsewhere, and the hint if there is nothing."""
    pick = schedule.pick
    with store.read() as conn:
        found = articles.unused(conn, schedule.name, pick.sources)
        elsewhere = articles.in_editions_of(conn, pick.not_in) if pick.not_in else {}
        baseline = 0 if found else articles.count_baseline(conn, pick.sources)
        taken = max((row["backfilled"] for row in sources.every(conn)), default=0)
    return found, elsewhere, _hint(baseline, taken, pick)


def _hint(baseline: int, taken: int, pick: Pick) -> str:
    """Say how to include what was there before us.

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
) -> Composed:
    """Write down the edition with its articles in one transaction; the slot is taken by whoever comes first."""
    places = [
        editions.Place(candidate.id, candidate.revision, number, reason)
        for number, (candidate, reason) in enumerate(choice.picked, start=1)
    ]
    places += [editions.Place(candidate.id, candidate.revision, None, reason) for candidate, reason in choice.left]
    with store.write() as conn:
        if articles.carried(conn, schedule.name, [candidate.id for candidate, _ in choice.picked]):
            return Composed(None, choice, is_stale=True)
        edition_id = editions.add(
            conn,
            schedule=schedule.name,
            slot=slot,
            language=language,
            due_at=due_at,
            now=now,
            state=EditionState.SKIPPED if choice.skipped else EditionState.LOCKED,
            reason=choice.skipped,
            version_id=version_id,
            actor=actor,
            places=places,
        )
    return Composed(edition_id, choice)
