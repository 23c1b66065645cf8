"""What a slot would do if it came now: the real collect, compose and produce, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.app.composing import rests_in
from publisher.app.core import App
from publisher.errors import PublisherError
from publisher.model.article import Article
from publisher.model.project import Schedule
from publisher.pipeline import collect, compose, produce
from publisher.pipeline.collect import Sighting
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
    seen, problems = _look(app, schedule)
    choice, chosen = _choose(app, schedule, seen, now)
    products = _produce(app, schedule, slot, chosen, [each.article for each, _ in choice.noted])
    entries = [product.entry for product in products]
    with app.store.read() as conn:
        people = tuple(subscribers.count(conn, entry.to) if entry.to else 1 for entry in entries)
    return Plan(schedule, slot, choice, products, people, tuple(problems))


def _look(app: App, schedule: Schedule) -> tuple[list[Sighting], list[str]]:
    """Look at the schedule's sources; return what each said, and what was wrong."""
    seen: list[Sighting] = []
    problems: list[str] = []
    for name, source in app.project.sources.items():
        if schedule.pick.sources and name not in schedule.pick.sources:
            continue
        asked_at = app.clock()
        try:
            reading = app.read(source)
        except PublisherError as error:
            problems.append(str(error))
            continue
        problems += [f"{name}: {problem}" for problem in reading.problems]
        seen.append(Sighting.of(source, reading, asked_at))
    return seen, problems


def _choose(app: App, schedule: Schedule, seen: list[Sighting], now: datetime) -> tuple[Choice, list[Article]]:
    """Take in what was read and choose among it as a slot does, in a transaction that is taken back."""
    with app.store.rehearsal() as conn:
        articles.lock(conn)  # before any source's row, as whoever collects: else two could wait for one another
        for each in seen:
            collect.record_in(conn, each, now)
        there = compose.candidates_in(conn, schedule, now=now)
        choice = compose.decide(
            schedule,
            there.found,
            elsewhere=there.elsewhere,
            now=now,
            hint=there.hint,
            updates=there.updates,
            # Each goes when it has rested: shown is what goes then.
            settle={} if schedule.when.new else rests_in(conn, app.project),
        )
        return choice, [articles.get(conn, each.id).article for each, _ in choice.picked]


def _produce(
    app: App, schedule: Schedule, slot: Slot, chosen: list[Article], updates: list[Article]
) -> tuple[Produced, ...]:
    if schedule.when.new:
        chosen = chosen[:1]  # each article is an edition of its own: the first stands for all
    if not chosen:
        return ()
    return tuple(
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
