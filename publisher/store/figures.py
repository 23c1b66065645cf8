"""What figures are drawn from: bounded ranges, counted by the database; nothing is read row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    func,
    literal,
    or_,
    select,
    text,
    type_coerce,
)

from publisher.model.call import Outcome
from publisher.model.subscriber import SubscriptionState
from publisher.store.sql import among
from publisher.store.tables import (
    articles,
    calls,
    changes,
    deliveries,
    edition_articles,
    editions,
    events,
    lists,
    outcomes,
    sends,
    subscriptions,
)
from publisher.store.timetable import first_since

MOST_CALLS = 100_000  # that are all counted; of more, SAMPLE stand for the others
SAMPLE = 20_000
MOST_SENDS = 20_000
MICROSECONDS = 1_000_000
MINUTE, QUARTER, HOUR = 60 * MICROSECONDS, 900 * MICROSECONDS, 3_600 * MICROSECONDS
LATE = timedelta(hours=6)  # so long after it was opened a call may still be closed: most are within seconds
CONFIRMED = SubscriptionState.CONFIRMED
# In the words of the partial index, or every word of a provider would be looked at.
BAD = text("events.type IN ('hard bounce', 'soft bounce', 'dropped', 'complained')")


@dataclass(frozen=True, slots=True)
class Some:
    """Calls of a stretch of time.

    :ivar each: for how many each of them stands: 1 where they are all of them.
    """

    them: ColumnElement[bool]
    each: int


def calls_between(conn: Connection, since: datetime, until: datetime) -> Some:
    """Return the calls that were closed from `since` on and before `until`; where there are very many, some of them.

    Which is by chance, so that no rhythm of theirs is mistaken for all, and the same each time. Calls have no index by
    time, which each of them would have to pay for; they are opened in the order of their ids.
    """
    first = first_since(conn, calls, calls.c.opened_at, since - LATE)
    last = first_since(conn, calls, calls.c.opened_at, until)
    closed = and_(calls.c.closed_at >= since, calls.c.closed_at < until)
    if last - first <= MOST_CALLS:
        return Some(and_(calls.c.id >= first, calls.c.id < last, closed), 1)
    each = (last - first) // SAMPLE
    chosen = sorted(Random(first).sample(range(first, last), (last - first) // each))  # noqa: S311 -- no secret
    return Some(and_(among(calls.c.id, chosen), closed), each)


def tried(conn: Connection, some: Some, step: int) -> list[tuple[int, int, str, int]]:
    """Return how many deliveries ended how in each step of time: ``(send, step, outcome, deliveries)``.

    :param step: in microseconds; a step is numbered from the epoch.
    """
    at = (type_coerce(calls.c.closed_at, BigInteger) // step).label("at")
    whole = (
        select(calls.c.send_id, at, calls.c.outcome, func.sum(calls.c.size))
        .where(some.them, calls.c.outcome == Outcome.SENT)
        .group_by(calls.c.send_id, at, calls.c.outcome)
    )
    told = (
        select(calls.c.send_id, at, calls.c.outcome, outcomes.c.outcome, func.count())
        .join(outcomes, outcomes.c.call_id == calls.c.id)
        .where(some.them)
        .group_by(calls.c.send_id, at, calls.c.outcome, outcomes.c.outcome)
    )
    found = [(send_id, step_of, said, count) for send_id, step_of, said, count in conn.execute(whole)]
    for send_id, step_of, outcome, said, count in conn.execute(told):
        found.append((send_id, step_of, said, count))
        if outcome == Outcome.SENT:  # of a call that was sent, but not to these
            found.append((send_id, step_of, outcome, -count))
    return [(send_id, step_of, said, int(count) * some.each) for send_id, step_of, said, count in found]


def sends_with(conn: Connection, send_ids: set[int]) -> dict[int, RowMapping]:
    """Return what brings an edition or letters, by id, with what is known of its edition."""
    rows = conn.execute(_sends().where(among(sends.c.id, sorted(send_ids)))).mappings()
    return {row["id"]: row for row in rows}


def sends_begun(conn: Connection, since: datetime) -> list[RowMapping]:
    """Return the sends of mails that were begun since then, the newest so many."""
    first = first_since(conn, sends, sends.c.made_at, since - timedelta(days=7))  # it may have waited for a person
    query = _sends().where(sends.c.id >= first, sends.c.started_at >= since)
    return list(conn.execute(query.order_by(sends.c.id.desc()).limit(MOST_SENDS)).mappings())


def _sends() -> Any:
    columns = [sends.c[name] for name in ("id", "edition_id", "kind", "channel", "audience", "started_at", "sent")]
    joined = sends.outerjoin(editions, editions.c.id == sends.c.edition_id)
    return select(*columns, editions.c.schedule, editions.c.practice).select_from(joined)


def told_later(conn: Connection, since: datetime) -> dict[int, tuple[int, int]]:
    """Return, by send, how many of its deliveries bounced and how many readers complained, as was said since then.

    One that arrived after all has not bounced.
    """
    is_complaint = (events.c.type == "complained").label("complaint")
    query = (
        select(deliveries.c.send_id, is_complaint, func.count(events.c.delivery_id.distinct()))
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .where(BAD, events.c.happened_at >= since, events.c.counts)
        .where(or_(events.c.type == "complained", deliveries.c.state == "failed"))
        .group_by(deliveries.c.send_id, is_complaint)
    )
    found: dict[int, tuple[int, int]] = {}
    for send_id, complaint, count in conn.execute(query):
        bounced, complained = found.get(send_id, (0, 0))
        found[send_id] = (bounced, count) if complaint else (count, complained)
    return found


def published(conn: Connection, edition_ids: set[int]) -> dict[int, list[datetime]]:
    """Return when the articles that each of these editions carries were published, where that is known."""
    mine = (among(edition_articles.c.edition_id, sorted(edition_ids)), edition_articles.c.position.is_not(None))
    query = (
        select(edition_articles.c.edition_id, articles.c.published_at)
        .join(articles, articles.c.id == edition_articles.c.article_id)
        .where(*mine, articles.c.published_at.is_not(None), edition_articles.c.dropped.is_not(True))
    )
    found: dict[int, list[datetime]] = {}
    for edition_id, at in conn.execute(query):
        found.setdefault(edition_id, []).append(at)
    return found


def readers_now(conn: Connection) -> dict[str, int]:
    """Return how many read each list."""
    count = select(func.count()).where(subscriptions.c.list_id == lists.c.id, subscriptions.c.state == CONFIRMED)
    query = select(lists.c.name, count.scalar_subquery()).order_by(lists.c.name)
    return {row[0]: row[1] for row in conn.execute(query)}


def came_and_went(conn: Connection, since: datetime) -> list[tuple[str, int, int]]:
    """Return by how many readers each list grew in each quarter of an hour since then: ``(list, quarter, how many)``.

    A quarter is numbered from the epoch: no zone's day begins within one. Whoever was erased is in none: nothing is
    known of them any more.
    """
    first = first_since(conn, changes, changes.c.until, since)
    were = and_(changes.c.id >= first, changes.c.what == CONFIRMED, changes.c.list_id.is_not(None))
    # Each list by name: else SQLite reads the whole index.
    each_list = subscriptions.c.list_id.in_(select(lists.c.id))
    are = and_(each_list, subscriptions.c.state == CONFIRMED, subscriptions.c.since >= since)
    steps = [
        _stepped(subscriptions.c.list_id, subscriptions.c.since, are, 1),
        _stepped(changes.c.list_id, changes.c.since, and_(were, changes.c.since >= since), 1),
        _stepped(changes.c.list_id, changes.c.until, and_(were, changes.c.until >= since), -1),
    ]
    names = {row[0]: row[1] for row in conn.execute(select(lists.c.id, lists.c.name))}
    found = [row for step in steps for row in conn.execute(step)]
    return [(names[list_id], quarter, sign * count) for list_id, quarter, sign, count in found]


def _stepped(list_id: Any, moment: Any, mine: ColumnElement[bool], sign: int) -> Any:
    quarter = (type_coerce(moment, BigInteger) // QUARTER).label("quarter")
    return select(list_id, quarter, literal(sign), func.count()).where(mine).group_by(list_id, quarter)
