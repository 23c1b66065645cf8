"""By what the ledger knows an article again: aliases within its source, addresses and words across sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from publisher.model.article import Standing
from publisher.model.identity import Alias
from publisher.store.sql import among, upsert
from publisher.store.tables import article_aliases, articles


def find_by_aliases(conn: Connection, source_id: int, aliases: Iterable[Alias]) -> dict[Alias, int]:
    """Return the article id of each alias that the ledger knows within the source."""
    values: defaultdict[str, set[str]] = defaultdict(set)
    for kind, value in aliases:
        values[kind].add(value)
    found: dict[Alias, int] = {}
    table = article_aliases.c
    for kind, wanted in values.items():
        query = select(table.value, table.article_id).where(table.source_id == source_id, table.kind == kind)
        rows = conn.execute(query.where(among(table.value, sorted(wanted))))
        found |= {(kind, value): article_id for value, article_id in rows}
    return found


def add_aliases(conn: Connection, source_id: int, aliases: Iterable[tuple[int, Alias]]) -> None:
    """Let articles be known by these aliases too; one that another article has stays with that one."""
    rows = [
        {"source_id": source_id, "kind": kind, "value": value, "article_id": article_id}
        for article_id, (kind, value) in aliases
    ]
    if rows:
        conn.execute(upsert(conn, article_aliases).on_conflict_do_nothing(), rows)


def take_guid(conn: Connection, article_id: int, former_id: int) -> None:
    """Give an article the ids of another, which has them no more: the id was used again."""
    table = article_aliases.c
    query = update(article_aliases).where(table.article_id == former_id, table.kind == "guid")
    conn.execute(query.values(article_id=article_id))


def find_by_words(conn: Connection, source_id: int, prints: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the first article with each fingerprint: of this source, and of others."""
    own: dict[str, int] = {}
    others: dict[str, int] = {}
    is_own = (articles.c.source_id == source_id).label("own")
    query = select(articles.c.fingerprint, is_own, func.min(articles.c.id)).where(
        among(articles.c.fingerprint, prints), articles.c.standing != Standing.DISCARDED
    )
    for words, mine, article_id in conn.execute(query.group_by(articles.c.fingerprint, is_own)):
        (own if mine else others)[words] = article_id
    return own, others


def find_links_elsewhere(conn: Connection, source_id: int, links: Sequence[str]) -> dict[str, int]:
    """Return the first article of another source with each canonical URL."""
    table = article_aliases.c
    query = select(table.value, func.min(table.article_id).label("first")).where(
        table.kind == "link", among(table.value, links), table.source_id != source_id
    )
    return {row.value: row.first for row in conn.execute(query.group_by(table.value))}


def join_story(conn: Connection, article_id: int, other_id: int) -> None:
    """Let an article be one story with one of another source."""
    other = conn.execute(select(articles.c.story_id).where(articles.c.id == other_id)).scalar_one()
    story = other or other_id
    conn.execute(update(articles).where(articles.c.id.in_([article_id, other_id])).values(story_id=story))


def usual_per_hour(conn: Connection, source_id: int, since: datetime, now: datetime) -> float:
    """Return how many articles of a source came in an hour, floods left out."""
    hours = (now - since).total_seconds() / 3600
    query = select(func.count()).where(
        articles.c.source_id == source_id,
        articles.c.first_seen_at >= since,
        articles.c.standing != Standing.BASELINE,
        func.coalesce(articles.c.held_for, "") != "flood",
    )
    return float(conn.execute(query).scalar_one()) / max(hours, 1.0)


def newest_date(conn: Connection, source_id: int, now: datetime) -> datetime | None:
    """Return the newest date among the articles that came last from a source, those of the future left out."""
    last = select(articles.c.published_at).where(articles.c.source_id == source_id)
    last = last.order_by(articles.c.first_seen_at.desc(), articles.c.id.desc()).limit(200)
    dates = [date for date in conn.execute(last).scalars() if date is not None and date <= now]
    return max(dates, default=None)


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
    query = select(articles.c.id).where(
        articles.c.source_id == source_id,
        articles.c.gone_at.is_(None),
        articles.c.standing.in_([Standing.NEW, Standing.HELD]),
    )
    found: list[int] = []
    if not by_window:
        found += conn.execute(query).scalars()
    if since is not None:
        found += conn.execute(query.where(articles.c.published_at > since)).scalars()
    if after is not None:
        undated = query.where(articles.c.published_at.is_(None), articles.c.id > after)
        found += conn.execute(undated).scalars()
    return sorted(set(found) - set(present))


def set_gone(conn: Connection, article_ids: Sequence[int], at: datetime | None) -> None:
    """Write down since when their source does not have these articles any more; None: it has them again."""
    conn.execute(update(articles).where(among(articles.c.id, article_ids)).values(gone_at=at))
