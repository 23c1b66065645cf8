"""Schedules for `new: article`: every article is a slot of its own, inside the hours that the schedule keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.app import composing, presence
from publisher.model.article import LedgerArticle
from publisher.model.project import Schedule, When
from publisher.pipeline import compose
from publisher.pipeline.compose import Candidates, Choice, Rest
from publisher.pipeline.pacing import is_between
from publisher.runtime.slots import Slot
from publisher.store import candidates, edition_lists, editions, sources

if TYPE_CHECKING:
    from publisher.app.core import App

SETTLE = timedelta(minutes=5)  # what was published by mistake is mostly taken back within this


def fire_new_articles(app: App, schedule: Schedule, *, actor: str) -> list[int]:
    """Make an edition of every article that is new for the schedule, whether it has rested or not; return their ids."""
    return _fire(app, _picked(app, schedule, {}), actor)


def fire_in_hours(app: App, schedule: Schedule) -> list[int]:
    """Fire what is new and has rested, unless the schedule is outside its hours: then `outside:` says what becomes."""
    if is_inside(app, schedule.when, app.clock()):
        asked = app.asked_again.get(schedule.name, frozenset())
        picked = _picked(app, schedule, composing.rests(app, SETTLE))
        unseen = {one.article.id for one in _not_seen_since(app, picked)} - asked
        return _fire(app, [one for one in picked if one.article.id not in unseen], "schedule")
    if schedule.when.outside == "drop":
        _drop_what_came_outside(app, schedule)
    return []


def sources_to_ask(app: App, schedule: Schedule) -> set[str]:
    """Return the sources of articles that have rested and were not looked for since: they must still be there.

    Each is asked once: where it doesn't answer, what it said last holds.
    """
    if not schedule.when.new or not is_inside(app, schedule.when, app.clock()):
        return set()
    unseen = _not_seen_since(app, _picked(app, schedule, composing.rests(app, SETTLE)))
    asked = app.asked_again.get(schedule.name, frozenset())
    app.asked_again[schedule.name] = frozenset(one.article.id for one in unseen)
    return {one.article.source for one in unseen if one.article.id not in asked}


@dataclass(frozen=True, slots=True)
class Picked:
    """An article that the schedule takes, with its slot's key."""

    schedule: Schedule  # as the edition in the article's language has it
    article: LedgerArticle
    key: str
    choice: Choice


def _not_seen_since(app: App, picked: Sequence[Picked]) -> list[Picked]:
    """Return those whose source was not looked at since they had rested."""
    with app.store.read() as conn:
        polled = {row["name"]: row["polled_at"] for row in sources.every(conn)} if picked else {}
    rests = composing.rests(app, SETTLE)
    found = []
    for one in picked:
        name, at = one.article.source, polled.get(one.article.source)
        if at is None or (name in rests and at < rests[name].ends_at(one.article)):
            found.append(one)
    return found


def _picked(app: App, schedule: Schedule, settle: Mapping[str, Rest]) -> list[Picked]:
    """Return what the schedule would send now, each by itself: what had its slot, though cancelled, has had it."""
    there = compose.candidates_of(app.store, schedule, now=app.clock())
    if there.look is not None and there.look.is_worth_it:
        with app.store.write() as conn:
            candidates.keep_look(conn, schedule.name, there.look)
    found = [each for edition in schedule.by_language for each in _picked_for(app, edition, there, settle)]
    with app.store.read() as conn:
        had = edition_lists.slots_had(conn, schedule.name, [each.key for each in found])
    return [each for each in found if each.key not in had]


def _picked_for(app: App, schedule: Schedule, there: Candidates, settle: Mapping[str, Rest]) -> list[Picked]:
    """Return what would go in one language's editions; of a story that several tell, one."""
    one = replace(schedule, pick=replace(schedule.pick, at_most=1, at_least=1))
    found = []
    for article in there.found:
        choice = compose.decide(one, [article], elsewhere=there.elsewhere, now=app.clock(), settle=settle)
        found.append(Picked(schedule, article, _key(article), choice))
    for update in there.updates if schedule.on_update == "repost" else ():
        choice = compose.decide(one, [], elsewhere=there.elsewhere, now=app.clock(), updates=[update], settle=settle)
        # Under a key of its own: the article itself has had its slot.
        key = f"{_key(update)}:r{update.revision}"
        found.append(Picked(schedule, replace(update, first_seen_at=update.changed_at or app.clock()), key, choice))
    found = [each for each in found if each.choice.picked]
    told, _ = compose.one_of_each_story([each.article for each in found])
    return [each for each in found if each.article in told]


def _fire(app: App, picked: Sequence[Picked], actor: str) -> list[int]:
    gone = presence.leave_out_gone(app, [one.article for one in picked], presence.in_time())
    made = [
        composing.record(app, one.schedule, Slot(one.key, app.clock()), one.choice, actor=actor).edition_id
        for one in picked
        if one.article.id not in gone
    ]
    return [edition for edition in made if edition is not None]


def _key(article: LedgerArticle) -> str:
    return f"{editions.ARTICLE}{article.id}"


def is_inside(app: App, when: When, moment: datetime) -> bool:
    """Say whether a moment is within a schedule's hours."""
    return when.between is None or is_between(moment, when.between, app.zone)


def _drop_what_came_outside(app: App, schedule: Schedule) -> None:
    assert schedule.when.between is not None  # noqa: S101 -- without hours nothing is outside
    first, last = schedule.when.between
    why = f"came outside {first:%H:%M}-{last:%H:%M}: dropped (outside)"
    there = compose.candidates_of(app.store, schedule, now=app.clock())
    outside = [each for each in there.found if not is_inside(app, schedule.when, each.first_seen_at)]
    for edition in schedule.by_language:
        for candidate in (each for each in outside if edition.languages.has(each.article.language)):
            choice = Choice((), ((candidate, why),), skipped=why, dropped=frozenset({candidate.id}))
            slot = Slot(_key(candidate), app.clock())
            composing.record(app, edition, slot, choice, actor="schedule")
