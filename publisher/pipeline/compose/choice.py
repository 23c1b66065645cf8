"""Which of a schedule's articles one slot carries, and why each is in or out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from publisher.model.article import LedgerArticle
from publisher.model.desk import Changes, Note
from publisher.model.languages import Languages
from publisher.model.project import Schedule

AHEAD = timedelta(days=1)  # a date less far ahead is another clock's; one further ahead is waited for

Reasoned = tuple[LedgerArticle, str]  # an article, and why it is in or out


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
    by_hand: frozenset[int] = frozenset()  # ids of what a person added: whether it was sent before is for them to say
    note: Note | None = None  # what stands on top

    def given_up(self, why: str, dropped: Collection[int]) -> Choice:
        """Return that nothing goes: articles and note wait for the next edition.

        :param dropped: articles that people left out for good.
        """
        waits = tuple((each, why) for each, _ in (*self.picked, *self.noted))
        return Choice((), (*waits, *self.left), why, dropped=self.dropped & frozenset(dropped))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people want of an edition, beside what its schedule says."""

    draft_id: int | None = None
    changes: Changes = field(default_factory=Changes)
    added: tuple[LedgerArticle, ...] = ()  # in the order of the changes, those that can be had
    note: Note | None = None
    dropped_beside: Mapping[int, str] = field(
        default_factory=dict
    )  # of an open draft, by an edition beside it; by whom


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Rest:
    """How long the new articles of a source rest; what was there when it was first polled is not new."""

    span: timedelta
    baseline_at: datetime | None = None

    def ends_at(self, candidate: LedgerArticle) -> datetime:
        was_there = self.baseline_at is not None and candidate.first_seen_at <= self.baseline_at
        return candidate.first_seen_at if was_there else candidate.first_seen_at + self.span


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
    wishes: Wishes = NO_WISHES,
) -> Choice:
    """Choose among the candidates. Pure.

    :param elsewhere: articles that an edition of a schedule under ``not_in:`` carries, with its name.
    :param hint: what to say when there is nothing new, or no letter.
    :param updates: articles that were sent and have changed since: `on_update:` says what follows.
    :param settle: how long articles of a source rest, by its name.
    :param had: articles that all readers have from other schedules, and why that is so.
    :param wishes: what people want of it.
    """
    pick = schedule.pick
    candidates, updates, put_out = _without_put_out(candidates, updates, wishes)
    again: dict[int, int] = {}
    if schedule.on_update == "repost":
        again = {update.id: update.revision for update in updates}
        candidates = [*candidates, *(replace(each, first_seen_at=each.changed_at or now) for each in updates)]
    carried = {number: f"in an edition of {name} (not_in)" for number, name in elsewhere.items()}
    wanted, left = _sift(candidates, schedule, {**had, **carried}, settle, now)
    wanted.sort(key=_published, reverse=pick.order == "newest")
    wanted, twins = one_of_each_story(wanted)
    noted, strange = _noted(schedule, updates)
    left += twins + put_out + strange
    chosen, rest = wanted[: pick.at_most], wanted[pick.at_most :]
    drops = pick.rest == "drop" and len(chosen) >= pick.at_least
    fate = "dropped (rest)" if drops else "waits for the next edition"
    left += [(candidate, f"more than {pick.at_most} (at_most): {fate}") for candidate in rest]
    dropped = frozenset(candidate.id for candidate in rest if candidate.id not in again) if drops else frozenset()
    dropped |= frozenset(each.id for each, _ in put_out if each.id in wishes.changes.dropped)
    if len(chosen) + len(wishes.added) < pick.at_least:
        too_few = hint if schedule.write else _too_few(len(chosen) + len(wishes.added), schedule, hint)
        if wishes.note is None:
            return Choice((), tuple(left), too_few, dropped=dropped)
        left += [(each, too_few) for each in (*chosen, *wishes.added)]
        return Choice((), tuple(left), dropped=dropped, note=wishes.note)
    picked = [(candidate, candidate.reason) for candidate in chosen]
    picked += [(each, f"added by {wishes.changes.added[each.id]}") for each in wishes.added]
    return Choice(
        _arranged(picked, wishes.changes.order),
        tuple(left),
        dropped=dropped,
        noted=noted,
        again={each.id: again[each.id] for each in chosen if each.id in again},
        by_hand=frozenset(each.id for each in wishes.added),
        note=wishes.note,
    )


def _without_put_out(
    candidates: Sequence[LedgerArticle], updates: Sequence[LedgerArticle], wishes: Wishes
) -> tuple[list[LedgerArticle], list[LedgerArticle], list[Reasoned]]:
    """Return what is left to choose from, and what people left out. What they added is no candidate any more."""
    changes = wishes.changes
    dropped = {**wishes.dropped_beside, **changes.dropped}
    put_out = {number: f"dropped by {who}" for number, who in dropped.items()}
    put_out |= {number: f"left for the next edition by {who}" for number, who in changes.later.items()}
    stories = {each.story for each in wishes.added}
    found: list[LedgerArticle] = []
    left: list[Reasoned] = []
    for each in candidates:
        if each.id in put_out:
            left.append((each, put_out[each.id]))
        elif each.id not in changes.added and each.story not in stories:
            found.append(each)
        elif each.id not in changes.added:
            left.append((each, "the same story as one that was added"))
    kept = [each for each in updates if each.id not in put_out and each.id not in changes.added]
    return found, kept, left


def _arranged(picked: Sequence[Reasoned], order: Sequence[int]) -> tuple[Reasoned, ...]:
    """Return articles in the order that people gave, then the others as they are."""
    place = {number: index for index, number in enumerate(order)}
    return tuple(sorted(picked, key=lambda each: place.get(each[0].id, len(place))))


def _sift(
    candidates: Sequence[LedgerArticle],
    schedule: Schedule,
    elsewhere: Mapping[int, str],
    settle: Mapping[str, Rest],
    now: datetime,
) -> tuple[list[LedgerArticle], list[tuple[LedgerArticle, str]]]:
    wanted: list[LedgerArticle] = []
    left: list[tuple[LedgerArticle, str]] = []
    for candidate in candidates:
        why_not = _why_not_yet(candidate, settle, now) or _why_not(candidate, schedule, elsewhere, now)
        if why_not:
            left.append((candidate, why_not))
        else:
            wanted.append(candidate)
    return wanted, left


def _noted(schedule: Schedule, updates: Sequence[LedgerArticle]) -> tuple[tuple[Reasoned, ...], list[Reasoned]]:
    """Return the updates that are named, and those that another language's edition names."""
    if schedule.on_update != "note":
        return (), []
    strange = [(update, why) for update in updates if (why := _of_another_language(update, schedule.languages))]
    others = {update.id for update, _ in strange}
    there = (update for update in updates if update.gone_at is None and update.id not in others)
    return tuple((update, update.reason) for update in there), strange


def _of_another_language(article: LedgerArticle, languages: Languages) -> str:
    """Say that an article is in a language whose edition is another; empty where it is this one's."""
    stated = article.article.language
    return "" if languages.has(stated) else f"in {stated or languages.own}: not for this edition (languages)"


def one_of_each_story(
    wanted: Sequence[LedgerArticle],
) -> tuple[list[LedgerArticle], list[tuple[LedgerArticle, str]]]:
    """Leave out an article that another source tells too: the ledger's first one of them goes."""
    first: dict[int, int] = {}
    for each in wanted:
        story = each.story
        first[story] = min(each.id, first.get(story, each.id))
    kept = [each for each in wanted if first[each.story] == each.id]
    return kept, [(each, f"the same story as {first[each.story]}, which goes") for each in wanted if each not in kept]


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
        return f"rests until {rest.ends_at(candidate):%Y-%m-%d %H:%M} UTC (settle)"
    return ""


def _why_not(candidate: LedgerArticle, schedule: Schedule, elsewhere: Mapping[int, str], now: datetime) -> str:
    pick = schedule.pick
    own = {category.casefold() for category in candidate.article.categories}
    if pick.sources and candidate.source not in pick.sources:
        return f"comes from {candidate.source}, which is not asked for"
    if strange := _of_another_language(candidate, schedule.languages):
        return strange
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


def _too_few(found: int, schedule: Schedule, hint: str) -> str:
    new = f"new in {schedule.languages.only}" if schedule.languages.only else "new"
    if found:
        return f"only {found} {new}, and at_least is {schedule.pick.at_least}: they wait for the next edition"
    return f"nothing {new}{': ' + hint if hint else ''}"
