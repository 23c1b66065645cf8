"""What is let go once it was kept long enough: batch by batch, and only what is final.

A send is final when it has ended, nobody of it is in doubt, and nothing of its edition is open any more. Posts are
kept: they are few, and whoever takes one down or edits it must know what the network calls it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from publisher.model.article import Standing
from publisher.model.event import EventKind
from publisher.model.states import CLAIMABLE, ENDED, DeliveryState, EditionState
from publisher.store import facts, seals, sends
from publisher.store.calls import UNSETTLED
from publisher.store.seals import Sealer
from publisher.store.sql import among, is_postgresql
from publisher.store.tables import (
    article_revisions,
    articles,
    calls,
    deliveries,
    edition_articles,
    editions,
    events,
    messages,
    outcomes,
    tries,
    update_row,
)
from publisher.store.tables import sends as rows
from publisher.store.timetable import first_since

OPEN = (EditionState.DRAFT, EditionState.LOCKED)
PASSING = (EventKind.DELIVERED, EventKind.DELAYED)  # nothing followed from them
# In the words of the partial index.
DUE = text("deliveries.state = 'pending'")
NOT_ARRIVED = (EventKind.SOFT_BOUNCE, EventKind.HARD_BOUNCE, EventKind.DROPPED)


# --- sends ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one send that go together."""

    ids: Sequence[int]
    totals: Mapping[int, Mapping[str, Any]]  # what is sealed of them, by message, as `seals.add` takes it


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that a send has many of, and that go once it ended long enough ago.

    :ivar gone_at: where it stands in the send since when they are gone.
    :ivar hanging: what names such a row, and goes with it.
    :ivar next_of: returns the send's next ones, for so many readers.
    """

    rows: Table
    gone_at: Column[datetime]
    hanging: Sequence[Column[int]]
    next_of: Callable[[Connection, int, int], Batch]


def due(conn: Connection, kept: Kept, ended_before: datetime) -> list[int]:
    """Return the final sends of mails that ended before a moment and have such rows to let go, oldest first.

    Those of deliveries are not, as long as they have calls.
    """
    is_due = _is_due(kept.gone_at)
    if kept is DELIVERIES:
        is_due &= ~_is_due(CALLS.gone_at)
    return _ids(conn, _final(conn, ended_before).where(is_due))


def _ids(conn: Connection, query: Select[Any]) -> list[int]:
    return list(conn.execute(query.order_by(rows.c.id)).scalars())


def _is_due(gone_at: Column[datetime]) -> ColumnElement[bool]:
    """Say whether they were not let go since the send ended; one that was resent has some again."""
    return or_(gone_at.is_(None), gone_at < rows.c.done_at)


def _final(conn: Connection, ended_before: datetime) -> Select[Any]:
    other = rows.alias()
    at_work = facts.withdrawing(conn) | facts.correcting(conn, facts.CORRECTING_MAIL)
    at_work |= facts.correcting(conn, facts.CORRECTING_POSTS)
    is_open = and_(editions.c.id == rows.c.edition_id, or_(editions.c.state.in_(OPEN), among(editions.c.id, at_work)))
    beside = and_(other.c.edition_id == rows.c.edition_id, ~_has_ended(other.c))
    is_post = and_(messages.c.send_id == rows.c.id, messages.c.kind != "mail")
    is_said = and_(calls.c.send_id == rows.c.id, UNSETTLED)
    none_of = [~exists(select(1).where(each)) for each in (is_open, beside, is_post, is_said)]
    return select(rows.c.id).where(_has_ended(rows.c), rows.c.done_at < ended_before, *none_of)


def _has_ended(send: Any) -> ColumnElement[bool]:
    in_doubt = [send[state.value] == 0 for state in (DeliveryState.PENDING, DeliveryState.TAKEN, DeliveryState.UNKNOWN)]
    return and_(send.state.in_(ENDED), *in_doubt)


def let_go(
    conn: Connection, kept: Kept, sealer: Sealer, send_id: int, ended_before: datetime, *, limit: int, now: datetime
) -> int:
    """Let go of a send's next rows, of `limit` readers or little more, once their totals are sealed; return how many.

    0: there are none any more, or the send has meanwhile been taken up again.
    """
    if not _is_still_final(conn, send_id, ended_before):
        return 0
    batch = kept.next_of(conn, send_id, limit)
    for message_id, total in sorted(batch.totals.items()):
        seals.add(conn, sealer, send_id, message_id, **total, now=now)
    for column in kept.hanging:
        conn.execute(delete(column.table).where(among(column, batch.ids)))
    conn.execute(delete(kept.rows).where(among(kept.rows.c.id, batch.ids)))
    if not batch.ids:
        update_row(conn, rows, send_id, {kept.gone_at.name: now})
    return len(batch.ids)


def _next_calls(conn: Connection, send_id: int, limit: int) -> Batch:
    query = select(calls.c.id, calls.c.message_id, calls.c.size).where(calls.c.send_id == send_id)
    found = _up_to(conn.execute(query.order_by(calls.c.id).limit(limit)).mappings().all(), limit)
    counted = Counter(row["message_id"] for row in found)
    return Batch([row["id"] for row in found], {number: {"calls": count} for number, count in counted.items()})


def _up_to(found: Sequence[RowMapping], limit: int) -> Sequence[RowMapping]:
    readers = 0
    for place, row in enumerate(found):
        readers += row["size"]
        if readers >= limit:
            return found[: place + 1]
    return found


def _next_deliveries(conn: Connection, send_id: int, limit: int) -> Batch:
    query = select(deliveries.c.id, deliveries.c.message_id, deliveries.c.state).where(deliveries.c.send_id == send_id)
    found = conn.execute(query.order_by(deliveries.c.recipient_id).limit(limit)).all()
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in found:
        counted[row.message_id][row.state] += 1
    return Batch([row.id for row in found], {number: {"counted": counts} for number, counts in counted.items()})


CALLS = Kept(calls, rows.c.calls_gone_at, [outcomes.c.call_id, tries.c.call_id], _next_calls)
DELIVERIES = Kept(
    deliveries,
    rows.c.deliveries_gone_at,
    [outcomes.c.delivery_id, events.c.delivery_id],
    _next_deliveries,
)


def _is_still_final(conn: Connection, send_id: int, ended_before: datetime) -> bool:
    sends.lock_with_edition(conn, send_id)
    return bool(_ids(conn, _final(conn, ended_before).where(rows.c.id == send_id)))


# --- what providers said ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """Words of providers that were kept long enough."""

    through: int  # the last one looked at; 0: there was none
    gone: Sequence[int]  # that nothing follows from any more
    emptied: Sequence[int]  # that stay with their delivery, without the provider's words


def heard_before(conn: Connection, came_before: datetime) -> int:
    """Return the first word that came at a moment or later."""
    return first_since(conn, events, events.c.received_at, came_before)


def old_words(conn: Connection, *, after: int, first_kept: int, limit: int) -> Heard:
    """Look at the next words of providers, in their order.

    That a letter arrived is forgotten, but not to a reader whose other letters did not: it counts how many in a row.
    """
    columns = (events.c.id, events.c.type, events.c.delivery_id, events.c.words)
    query = select(*columns).where(events.c.id > after, events.c.id < first_kept).order_by(events.c.id).limit(limit)
    found = conn.execute(query).all()
    passing = [row for row in found if row.type in PASSING and row.delivery_id is not None]
    counts = _of_unreached(conn, [row.delivery_id for row in passing])
    gone = {row.id for row in passing if row.delivery_id not in counts}
    gone |= {row.id for row in found if row.delivery_id is None}
    emptied = [row.id for row in found if row.id not in gone and row.words]
    return Heard(found[-1].id if found else 0, sorted(gone), emptied)


def _of_unreached(conn: Connection, delivery_ids: Sequence[int]) -> set[int]:
    """Return those of some deliveries whose reader another letter did not reach."""
    mine = deliveries.alias()
    missed = select(1).join(events, events.c.delivery_id == deliveries.c.id)
    missed = missed.where(deliveries.c.recipient_id == mine.c.recipient_id, events.c.type.in_(NOT_ARRIVED))
    query = select(mine.c.id).where(among(mine.c.id, delivery_ids), exists(missed.correlate(mine)))
    return set(conn.execute(query).scalars())


def let_words_go(conn: Connection, heard: Heard) -> None:
    """Let go of words that were looked at."""
    conn.execute(delete(events).where(among(events.c.id, heard.gone)))
    conn.execute(update(events).where(among(events.c.id, heard.emptied)).values(words=""))


# --- articles ---------------------------------------------------------------------------------------------------------


def with_html(conn: Connection, seen_before: datetime, *, after: int, limit: int) -> list[int]:
    """Return the next articles whose html may go: no edition that is open has them, and they wait for nobody.

    :param seen_before: what came since then is kept, and may be what a schedule has still to take.
    """
    first_kept = first_since(conn, articles, articles.c.first_seen_at, seen_before)
    other = rows.alias()
    is_open = or_(
        editions.c.state.in_(OPEN), exists(select(1).where(other.c.edition_id == editions.c.id, ~_has_ended(other.c)))
    )
    needed = select(1).join(editions, editions.c.id == edition_articles.c.edition_id)
    needed = needed.where(edition_articles.c.article_id == articles.c.id, is_open)
    query = select(articles.c.id).where(
        articles.c.html_gone_at.is_(None),
        articles.c.id > after,
        articles.c.id < first_kept,
        func.coalesce(articles.c.changed_at, articles.c.first_seen_at) < seen_before,
        articles.c.standing != Standing.HELD,
        ~exists(needed),
    )
    return list(conn.execute(query.order_by(articles.c.id).limit(limit)).scalars())


def let_html_go(conn: Connection, article_ids: Sequence[int], now: datetime) -> None:
    """Let go of the html of articles, as it is and as it was; what they are known by stays."""
    conn.execute(update(articles).where(among(articles.c.id, article_ids)).values(html="", html_gone_at=now))
    mine = among(article_revisions.c.article_id, article_ids)
    conn.execute(update(article_revisions).where(mine).values(html=""))


# --- how much there is ------------------------------------------------------------------------------------------------


def number_of(conn: Connection, kept: Kept, send_ids: Sequence[int]) -> int:
    query = select(func.count()).select_from(kept.rows).where(among(kept.rows.c.send_id, send_ids))
    return int(conn.execute(query).scalar_one())


def is_sending(conn: Connection, now: datetime) -> bool:
    """Say whether letters are on their way, or would be claimed now."""
    is_due = and_(deliveries.c.send_id == rows.c.id, DUE, deliveries.c.due_at <= now)
    at_work = or_(rows.c.taken > 0, exists(select(1).where(is_due)))
    query = select(rows.c.id).where(rows.c.state.in_(CLAIMABLE), at_work).limit(1)
    return conn.execute(query).one_or_none() is not None


def give_back_room(conn: Connection, pages: int) -> bool:
    """Give the disk back what a ledger in a file doesn't need any more; say whether there is more of it.

    PostgreSQL keeps it, and fills it again.
    """
    if is_postgresql(conn):
        return False
    free = int(conn.exec_driver_sql("PRAGMA freelist_count").scalar_one())
    for _ in range(min(free, pages)):  # Python's driver takes but the first step of it, which is one page
        conn.exec_driver_sql("PRAGMA incremental_vacuum(1)")
    return free > pages
