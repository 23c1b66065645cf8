"""When sends that are planned would end, one behind the other as their channels carry them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.app.accounts import resting
from publisher.errors import PublisherError
from publisher.model.project import Channel, Entry, Schedule
from publisher.model.trial import Trial
from publisher.pipeline import pacing
from publisher.pipeline.dispatch.estimate import Standing, estimate, standing_of
from publisher.speech.phrases import _, day_of_year, joined, weekday
from publisher.store import Connection, RowMapping, segments, sends, subscribers

# The plan imports rendering, which is slow: it is here for its name only.
if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.app.plan import Plan
    from publisher.pipeline.produce import Produced

WORTH_SAYING = timedelta(minutes=1)
MOST_DAYS = 3  # whose numbers are said


@dataclass(frozen=True, slots=True)
class End:
    """When a send would end, as its channel's limits have it."""

    begins_at: datetime
    ends_at: datetime | None  # None: not within a year
    days: Mapping[date, int]  # how many get it on which day

    def words(self, zone: ZoneInfo) -> str:
        """Return what to say of it; nothing where it takes no time to speak of."""
        numbers = _numbers(self.days) if len(self.days) > 1 else ""
        if self.ends_at is None:
            return joined([_("does not end within a year"), numbers])
        if self.ends_at - self.begins_at < WORTH_SAYING:
            return ""
        begin, end = self.begins_at.astimezone(zone), self.ends_at.astimezone(zone)
        clock = f"{end:%H:%M}"
        if begin.date() == end.date():
            return joined([_("ends about %(clock)s", clock=clock), numbers])
        return joined([_("ends on %(day)s about %(clock)s", day=day_of_year(end), clock=clock), numbers])


def _numbers(days: Mapping[date, int]) -> str:
    first = list(days.items())[:MOST_DAYS]
    said = joined([_("%(count)s on %(weekday)s", count=count, weekday=weekday(day)) for day, count in first], ", ")
    if len(days) > MOST_DAYS:
        said = _("%(numbers)s and so on, over %(count)s days", numbers=said, count=len(days))
    return joined(["(", said, ")"], "")


def _in_turns(trial: Trial | None, people: int, begins_at: datetime) -> list[tuple[datetime, int]]:
    """Return from when on how many get it: where two subjects are tried, both halves first, and then the rest."""
    first, second, rest = trial.sizes(people) if trial else (people, 0, 0)
    if trial is None or trial.is_too_small(first + second):
        return [(begins_at, people)]
    return [(begins_at, first + second), (begins_at + trial.wait, rest)]


def ends_of(app: App, plans: Sequence[Plan]) -> list[tuple[End | None, ...]]:
    """Return for each plan when each of its messages would have gone to the last; None where that can't be told.

    What a channel has before it goes first, then the plans in the order of their slots. Of several editions it is told
    for the first; what is paused does not go.
    """
    with app.store.read() as conn:
        foreseen = _Foreseen(app, conn, app.clock())
        found = {id(plan): foreseen.ends(plan) for plan in sorted(plans, key=foreseen.begins_at)}
    return [found[id(plan)] for plan in plans]


def ends_at_once(app: App, schedule: Schedule, products: Sequence[Produced], people: Sequence[int]) -> list[End | None]:
    """Return when each message of breaking news would have gone to the last: before what waits, in quiet hours too."""
    now = app.clock()
    with app.store.read() as conn:
        foreseen = _Foreseen(app, conn, now, at_once=True)
        each = zip(products, people, strict=True)
        return [foreseen.end(schedule, product.entry, [(now, number)]) for product, number in each]


def ends_of_sends(
    app: App, conn: Connection, sends_under_way: Iterable[RowMapping], now: datetime
) -> dict[int, datetime | None]:
    """Return by its id when each send would have gone to the last of those that are left, as the limits have it.

    :param sends_under_way: in the order in which they go.
    """
    foreseen = _Foreseen(app, conn, now)
    return {send["id"]: foreseen.rest_of(send) for send in sends_under_way}


class _Foreseen:
    """The channels as they would stand after what is foreseen already.

    :param at_once: it is breaking news.
    """

    def __init__(self, app: App, conn: Connection, now: datetime, *, at_once: bool = False) -> None:
        self._app = app
        self._at_once = at_once
        self._conn = conn
        self._now = now
        self._standings: dict[str, Standing] = {}
        self._resting = resting(conn, app.project, app.settings, now)

    def begins_at(self, plan: Plan) -> datetime:
        moments = {"slot_due_at": plan.slot.due_at, "now": self._now}
        return pacing.due_at(plan.schedule, self._app.zone, slot=plan.slot.key, **moments, earlier=())

    def ends(self, plan: Plan) -> tuple[End | None, ...]:
        if plan.paused:
            return tuple(None for _ in plan.products)
        begins_at = self.begins_at(plan)
        return tuple(
            self.end(plan.schedule, product.entry, _in_turns(product.trial, audience.people, begins_at))
            for product, audience in zip(plan.products, plan.audiences, strict=True)
        )

    def end(self, schedule: Schedule, entry: Entry, turns: Sequence[tuple[datetime, int]]) -> End | None:
        rules, zone = self._app.project.rules_of(entry.via), self._app.zone
        rules = replace(rules, quiet=None) if self._at_once else rules
        batch = self._batch(rules)
        if batch is None:
            return None
        standing = self._standings.get(rules.name) or self._after_what_waits(rules, batch)
        days: Counter[date] = Counter()
        ends: list[datetime | None] = []
        for begins_at, people in turns:
            found = estimate(rules, zone, replace(standing, at=max(standing.at, begins_at)), people, batch)
            self._standings[rules.name] = standing = found.after
            days.update(found.days)
            ends.append(found.ends_at)
        ends += self._domain_ends(rules, schedule, entry, turns[-1][0])
        last = max((end for end in ends if end is not None), default=None)
        return End(turns[0][0], None if None in ends else last, days)

    def rest_of(self, send: RowMapping) -> datetime | None:
        """Return when what is left of a send would be gone; what was asked for before goes first."""
        rules = self._app.project.rules_of(send["channel"])
        rules = replace(rules, quiet=None) if sends.is_breaking(send) else rules
        batch = self._batch(rules)
        if batch is None:
            return None
        standing = self._standings.get(rules.name) or self._as_it_is(rules)
        found = estimate(rules, self._app.zone, standing, send["pending"], batch)
        self._standings[rules.name] = found.after
        return found.ends_at

    def _as_it_is(self, rules: Channel) -> Standing:
        standing = standing_of(self._conn, rules, self._app.zone, self._now)
        return replace(standing, at=max(standing.at, self._resting.get(rules.name, standing.at)))

    def _after_what_waits(self, rules: Channel, batch: int) -> Standing:
        standing = self._as_it_is(rules)
        first = sends.BREAKING_FIRST if self._at_once else None
        waiting = sends.pending_on(self._conn, rules.name, up_to=first)
        return estimate(rules, self._app.zone, standing, waiting, batch).after

    def _domain_ends(
        self, rules: Channel, schedule: Schedule, entry: Entry, begins_at: datetime
    ) -> Iterator[datetime | None]:
        """Yield when the readers of each mail domain with a limit of its own would all have it."""
        whom = segments.chosen(self._app.project.selection_of(schedule, entry), self._now)
        for domain, rate in rules.per_domain.items():
            people = subscribers.count(self._conn, entry.to, domain, whom=whom) if entry.to else 0
            alone = Channel(domain, rules.sender, rate_per_second=rate, quiet=rules.quiet)
            yield estimate(alone, self._app.zone, Standing(begins_at), people, batch=1).ends_at

    def _batch(self, rules: Channel) -> int | None:
        """Return how many readers a request takes; None where the channel can't be used as the file has it."""
        if rules.calls_per_second is None:
            return 1  # requests are not counted
        try:
            return self._app.senders.of(rules.name).max_recipients
        except PublisherError:
            return None
