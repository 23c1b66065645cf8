"""What a slot would do if it came now: the real collect, compose and produce, and nothing written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from publisher.app import papers, versions
from publisher.app.approved import next_open
from publisher.app.articles import SETTLE
from publisher.app.audiences import Audience, audiences_of
from publisher.app.composing import rests_in
from publisher.app.core import App
from publisher.app.looking import Looked, look
from publisher.app.standing import paused, title, waiting_lines
from publisher.errors import PublisherError, UsageError
from publisher.model.article import Article, LedgerArticle
from publisher.model.cost import Cost, cost_of
from publisher.model.desk import Words
from publisher.model.message import Finding, Post
from publisher.model.project import Channel, Schedule
from publisher.pipeline import collect, compose, produce, queues
from publisher.pipeline.collect import Sighting
from publisher.pipeline.compose import Choice, Rest, Wishes
from publisher.pipeline.operate import holding
from publisher.pipeline.produce import Produced
from publisher.pipeline.queues import Place
from publisher.runtime.slots import Slot
from publisher.store import Connection, articles, edition_lists, schedules, send_reasons

MOMENT = timedelta(microseconds=1)
YEARS = range(2000, 3000)  # further off no calendar is certain, and no arithmetic safe


@dataclass(frozen=True, slots=True)
class Plan:
    """What a slot would do, worked out by the real verbs without writing anything."""

    schedule: Schedule
    slot: Slot
    choice: Choice
    products: tuple[Produced, ...]
    audiences: tuple[Audience, ...]  # for each product
    problems: tuple[str, ...]  # of the sources
    newest: tuple[LedgerArticle, ...] = ()  # of its sources, where nothing would go: to show how it would look
    paused: str = ""  # why the schedule is paused; empty: it is not
    waiting: tuple[str, ...] = ()  # what of its earlier editions waits for a person, and what to type
    costs: tuple[Cost | None, ...] = ()  # for each product: what its network charges, where that is known
    places: tuple[Place | None, ...] = ()  # for each product: where it would stand in a queue, and when it would go
    broken: tuple[tuple[str, Finding], ...] = ()  # channels that carry nothing now, where there is no product to say it

    @property
    def is_held(self) -> bool:
        """Say whether something of it would be held: a person is needed before it can go."""
        return any(each.is_held for each in self.products) or any(finding.blocks for _, finding in self.broken)

    @property
    def editions(self) -> int:
        """How many editions would go out; where there are several, the products are those of the first."""
        return len(self.choice.picked) if self.schedule.when.new else min(len(self.products), 1)


def moment_said(said: str, zone: ZoneInfo) -> datetime:
    """Return the time that a person wrote, by the publication's clock where it names no zone.

    :raises UsageError: it is none.
    """
    try:
        moment = datetime.fromisoformat(said.strip())
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS:
        raise UsageError(f"{said!r} is no time", remedy="Write it like 2026-11-24T07:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def plan_slot(
    app: App,
    schedule: Schedule,
    at: datetime | None = None,
    looked: Looked | None = None,
    *,
    slot: Slot | None = None,
) -> Plan:
    """Work out what the schedule's next slot would do, if it came now, and write nothing.

    :param schedule: as one of its languages' editions has it.
    :param at: as if it were then; a slot of that very moment is the next one.
    :param looked: what its sources said a moment ago; None: they are asked.
    :param slot: another one than the next: that of a person who sends now.
    """
    now = at or app.clock()
    since = at - MOMENT if at else now
    by_hand = slot is not None
    slot = slot or next_open(app, schedule, since) or Slot(f"manual:{now:%Y-%m-%dT%H:%MZ}", now)
    looked = looked or look(app, [schedule])
    seen = looked.seen(schedule.pick.sources)
    choice, wishes, chosen, newest = _choose(app, schedule, slot, seen, now, waits=not by_hand)
    people_say: dict[str, Any] = {"note": choice.note.text if choice.note else "", "words": wishes.changes.words}
    products = produced(app, schedule, slot, chosen, [each.article for each, _ in choice.noted], **people_say)
    with app.store.read() as conn:
        why_paused = paused(schedules.get(conn, schedule.name))
        waiting = _waiting(conn, app, schedule)
    problems = looked.problems(schedule.pick.sources)
    entries, picked = [product.entry for product in products], carried(schedule, choice)
    audiences = audiences_of(app, schedule, entries, picked, now)
    costs = costs_of(app, products)
    places = _places(app, schedule, slot, products, now)
    broken = () if products else _broken(app, schedule)
    found = (problems, newest, why_paused, waiting, costs, places, broken)
    return Plan(schedule, slot, choice, products, audiences, *found)


def _waiting(conn: Connection, app: App, schedule: Schedule) -> tuple[str, ...]:
    begun = [*edition_lists.unfinished(conn, schedule.name), *edition_lists.drafts(conn, schedule.name)]
    slots = {row["id"]: row["slot"] for row in begun if schedule.languages.only in ("", row["language"])}
    found = waiting_lines(conn, app.project.schedules, slots)
    named = {number: title(number, schedule.name, slot, app.zone) for number, slot in slots.items()}
    return tuple(f"{named[number]}: {line}" for number in sorted(found) for line in found[number])


def _places(
    app: App, schedule: Schedule, slot: Slot, products: Sequence[Produced], now: datetime
) -> tuple[Place | None, ...]:
    """Return where each message would stand in a queue; of several editions, those of the first."""
    edition = {"id": None, "slot": slot.key, "due_at": slot.due_at}
    with app.store.read() as conn:
        return tuple(queues.foreseen(conn, app.project, schedule, product.entry, edition, now) for product in products)


def costs_of(app: App, products: Sequence[Produced]) -> tuple[Cost | None, ...]:
    """Return what each message's network charges for it, where that is known."""
    return tuple(_cost_of(app, product) for product in products)


def _cost_of(app: App, product: Produced) -> Cost | None:
    """Return what a message's network charges for it; in practice it never gets there."""
    if app.is_practice or not isinstance(product.message, Post):
        return None
    channel = app.project.channels[product.entry.via]
    rules = app.studio.sender_class(channel.sender).rules_of(channel.options)
    return cost_of(product.message, rules) if rules else None


def _choose(
    app: App, schedule: Schedule, slot: Slot, seen: Sequence[Sighting], now: datetime, *, waits: bool
) -> tuple[Choice, Wishes, list[Article], tuple[LedgerArticle, ...]]:
    """Take in what was read and choose among it as a slot does, in a transaction that is taken back.

    :param waits: a new article goes when it has rested, not at once.
    """
    paper, language = papers.paper_of(app, schedule) if schedule.write else None, app.project.language_of(schedule)
    with app.store.rehearsal() as conn:
        articles.lock(conn)  # before any source's row, as whoever collects: else two could wait for one another
        if versions.ends_practice(conn, app.project):
            holding.hold_practice(conn, now)
        for each in seen:
            collect.record_in(conn, each, now)
        no_letter = compose.take_in(conn, schedule, paper, language=language, now=now) if paper else ""
        there = compose.candidates_in(conn, schedule, now=now)
        wishes = compose.wishes_of(conn, schedule, slot.key, language)
        choice = compose.decide(
            _each_by_itself(schedule, len(there.found)) if schedule.when.new else schedule,
            there.found,
            elsewhere=there.elsewhere,
            had=there.had,
            now=now,
            hint=no_letter or there.hint,
            updates=there.updates,
            # Each goes when it has rested: shown is what goes then.
            settle={} if schedule.when.new else rests_in(conn, app.project),
            wishes=wishes,
        )
        if schedule.when.new and waits:
            choice = replace(choice, picked=_with_rests(choice, rests_in(conn, app.project, SETTLE), now, app.zone))
        chosen = [articles.get(conn, each.id).article for each, _ in choice.picked]
        return choice, wishes, chosen, () if chosen else _newest(conn, schedule)


def _with_rests(
    choice: Choice, rests: Mapping[str, Rest], now: datetime, zone: ZoneInfo
) -> tuple[tuple[LedgerArticle, str], ...]:
    """Say of each article that still rests until when."""

    def said(each: LedgerArticle, reason: str) -> str:
        rest = rests.get(each.source)  # none of what a person added by hand
        if rest is None or rest.ends_at(each) <= now:
            return reason
        return f"{reason}; rests until {rest.ends_at(each).astimezone(zone):%H:%M} (settle)"

    return tuple((each, said(each, reason)) for each, reason in choice.picked)


def _each_by_itself(schedule: Schedule, count: int) -> Schedule:
    """Return a schedule for each new article without the bounds that are an edition's: every article is one."""
    return replace(schedule, pick=replace(schedule.pick, at_most=max(count, 1), at_least=1))


def _newest(conn: Connection, schedule: Schedule) -> tuple[LedgerArticle, ...]:
    """Return the newest articles of a schedule's sources, sent or not, in its order."""
    most = schedule.pick.at_most
    names = schedule.pick.sources or ("",)
    found = [each for name in names for each in articles.latest(conn, limit=most, source=name)]
    newest = sorted(found, key=lambda each: (each.article.published_at or each.first_seen_at, each.id))[-most:]
    return tuple(newest if schedule.pick.order == "oldest" else reversed(newest))


def carried(schedule: Schedule, choice: Choice) -> list[LedgerArticle]:
    """Return what the edition carries that is shown; where each article is one of its own, the first stands for all."""
    picked = [each for each, _ in choice.picked]
    return picked[:1] if schedule.when.new else picked


def produced(
    app: App,
    schedule: Schedule,
    slot: Slot,
    chosen: Sequence[Article],
    updates: Sequence[Article] = (),
    note: str = "",
    words: Mapping[str, Words] = {},
) -> tuple[Produced, ...]:
    """Make the schedule's messages of these articles, and check them and their channels. Writes nothing."""
    if schedule.when.new:
        chosen = chosen[:1]  # the first stands for all, as in `carried`
    if not chosen and not note:
        return ()
    what: dict[str, Any] = {"slot": slot.key, "due_at": slot.due_at, "chosen": chosen, "updates": updates}
    what |= {"note": note, "words": words}
    made = produce.produce_all(app.studio, app.project, schedule, schedule.send, **what)
    return tuple(with_channel(app, product) for product in made)


def with_channel(app: App, product: Produced) -> Produced:
    """Add what the send finds when it comes to its channel: that it can't be used, or is stopped."""
    channel = app.project.channels[product.entry.via]
    why = _trouble_of(app, channel)
    if why is None or any(finding.check == send_reasons.CHANNEL for finding in product.findings):
        return product
    return replace(product, findings=(*product.findings, _held_unless_carried(app, channel, produce.failed(why))))


def _broken(app: App, schedule: Schedule) -> tuple[tuple[str, Finding], ...]:
    """Return what keeps channels of a schedule from carrying anything: that is known before there is an article."""
    named = [app.project.channels[name] for name in dict.fromkeys(entry.via for entry in schedule.send)]
    found = [(channel, _trouble_of(app, channel)) for channel in named]
    return tuple(
        (channel.name, _held_unless_carried(app, channel, produce.failed(why)))
        for channel, why in found
        if why is not None
    )


def _trouble_of(app: App, channel: Channel) -> PublisherError | None:
    """Return what keeps a channel from carrying anything. Practice uses none, and so asks for no set-up."""
    trouble = None if app.is_practice else app.senders.trouble_of(channel)
    return trouble or app.senders.refusal_of(channel)


def _held_unless_carried(app: App, channel: Channel, finding: Finding) -> Finding:
    """Return the finding as a note where a fallback, or the fallback's own, can carry what this channel can't."""
    seen = {channel.name}
    while channel.fallback and channel.fallback not in seen:
        seen.add(channel.fallback)
        channel = app.project.channels[channel.fallback]
        if _trouble_of(app, channel) is None:
            return replace(finding, blocks=False, what=f"{finding.what}; {channel.name} carries on")
    return finding
