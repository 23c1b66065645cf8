"""What comes of a source in time: how much is usual, how new it is, and what the source does not have any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select, update

from publisher.model.article import Standing
from publisher.store.sql import among
from publisher.store.tables import articles

HOUR = timedelta(hours=1)
YOUNG = timedelta(hours=6)  # a source that is known for less has shown nothing yet of what is usual

_USUAL = select(func.count()).where(
    articles.c.source_id == bindparam("source_id"),
    articles.c.first_seen_at >= bindparam("since"),
    articles.c.standing != Standing.BASELINE,
    func.coalesce(articles.c.held_for, "") != "flood",
)
_LAST_DATES = (
    select(articles.c.published_at)
    .where(articles.c.source_id == bindparam("source_id"))
    .order_by(articles.c.first_seen_at.desc(), articles.c.id.desc())
    .limit(200)
)
_MAY_BE_MISSED = select(articles.c.id).where(
    articles.c.source_id == bindparam("source_id"),
    articles.c.gone_at.is_(None),
    articles.c.standing.in_([Standing.NEW, Standing.HELD]),
)
_MISSED_BY_DATE = _MAY_BE_MISSED.where(articles.c.published_at > bindparam("since"))
_MISSED_BY_NUMBER = _MAY_BE_MISSED.where(articles.c.published_at.is_(None), articles.c.id > bindparam("after"))


def usual_per_hour(conn: Connection, source_id: int, since: datetime, now: datetime) -> float:
    """Return how many articles of a source came in an hour, floods left out."""
    hours = (now - since) / HOUR
    count = conn.execute(_USUAL, {"source_id": source_id, "since": since}).scalar_one()
    return float(count) / max(hours, YOUNG / HOUR)


def newest_date(conn: Connection, source_id: int, now: datetime) -> datetime | None:
    """Return the newest date among the articles that came last from a source, those of the future left out."""
    dates = conn.execute(_LAST_DATES, {"source_id": source_id}).scalars()
    return max((date for date in dates if date is not None and date <= now), default=None)


def missing(
    conn: Connection,
    source_id: int,
    present: Iterable[int],
    *,
    by_window: bool = False,
    since: datetime | None = None,
    after: int | None = None,
) -> list[int]:
    """Return the articles that may be sent, or were, and that a document doesn't have though it should.

    :param by_window: only those that its window reaches: dated after `since`, without a date numbered above `after`.
    """
    found: set[int] = set()
    mine = {"source_id": source_id}
    if not by_window:
        found.update(conn.execute(_MAY_BE_MISSED, mine).scalars())
    if since is not None:
        found.update(conn.execute(_MISSED_BY_DATE, {**mine, "since": since}).scalars())
    if after is not None:
        found.update(conn.execute(_MISSED_BY_NUMBER, {**mine, "after": after}).scalars())
    return sorted(found.difference(present))


def set_gone(conn: Connection, article_ids: Sequence[int], at: datetime | None) -> list[int]:
    """Write down since when their source does not have these articles any more; None: it has them again.

    :return: of which this was not known.
    """
    is_new = articles.c.gone_at.is_not(None) if at is None else articles.c.gone_at.is_(None)
    query = update(articles).where(among(articles.c.id, article_ids), is_new).values(gone_at=at)
    return sorted(conn.execute(query.returning(articles.c.id)).scalars())
