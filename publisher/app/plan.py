"""What a slot would do if it came now: the real compose and produce, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from publisher.app.composing import rests
from publisher.app.core import App
from publisher.errors import PublisherError
from publisher.model.article import LedgerArticle
from publisher.model.project import Schedule
from publisher.pipeline import collect, compose, produce
from publisher.pipeline.compose import Choice
from publisher.pipeline.produce import Produced
from publisher.runtime.slots import Slot, slots_after
from publisher.store import articles, subscribers


@dataclass(frozen=True, slots=True)
class Plan:
    """What a slot would do, worked out by the real verbs without writing anything."""

    schedule: Schedule
    slot: Slot
    choice: Choice
    products: tuple[Produced, ...]
    people: tuple[int, ...]  # for each product: how many it would go to
    problems: tuple[str, ...]  # of the sources


def plan_slot(app: App, schedule: Schedule, at: datetime | None = None) -> Plan:
    """Work out what the schedule's next slot would do, if it came now, and write nothing."""
    now = at or app.clock()
    slot = next(slots_after(schedule.when, app.zone, now), None) or Slot(f"manual:{now:%Y-%m-%dT%H:%MZ}", now)
    there = compose.candidates_of(app.store, schedule, now=now)
    foreseen, problems = _foresee(app, schedule, now)
    choice = compose.decide(
        schedule,
        [*there.found, *foreseen],
        elsewhere=there.elsewhere,
        now=now,
        hint=there.hint,
        updates=there.updates,
        settle={} if schedule.when.new else rests(app),  # each goes when it has rested: shown is what goes then
    )
    with app.store.read() as conn:
        chosen = [candidate.article for candidate in articles.load(conn, [each for each, _ in choice.picked])]
    updates = [each.article for each, _ in choice.noted]
    if schedule.when.new:
        chosen = chosen[:1]  # each article is an edition of its own: the first stands for all
    products: tuple[Produced, ...] = ()
    if chosen:
        products = tuple(
            produce.produce_entry(
                app.studio,
                app.project,
                schedule,
                entry,
                slot=slot.key,
                due_at=slot.due_at,
                chosen=chosen,
                updates=updates,
            )
            for entry in schedule.send
        )
    entries = [product.entry for product in products]
    with app.store.read() as conn:
        people = tuple(subscribers.count(conn, entry.to) if entry.to else 1 for entry in entries)
    return Plan(schedule, slot, choice, products, people, tuple(problems))


def _foresee(app: App, schedule: Schedule, now: datetime) -> tuple[list[LedgerArticle], list[str]]:
    found: list[LedgerArticle] = []
    problems: list[str] = []
    for name, source in app.project.sources.items():
        if schedule.pick.sources and name not in schedule.pick.sources:
            continue
        try:
            reading = app.read(source)
        except PublisherError as error:
            problems.append(str(error))
            continue
        problems += [f"{name}: {problem}" for problem in reading.problems]
        fresh = collect.foresee(app.store, source, reading, now)
        # Ids of articles that are not in the ledger yet: negative, and told apart across sources.
        found += [replace(article, id=article.id - len(found)) for article in fresh]
    return found, problems
