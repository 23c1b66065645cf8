"""By what the ledger knows an article again: aliases within its source, addresses and words across sources."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, not_, or_, select, update

from publisher.model.article import Standing
from publisher.model.identity import Alias
from publisher.store.sql import among, among_named
from publisher.store.tables import article_aliases, articles
from publisher.store.words import Statement

HOUR = timedelta(hours=1)
YOUNG = timedelta(hours=6)  # a source that is known for less has shown nothing yet of what is usual

# Of every changed document these are asked: to make them anew each time would take longer than to run them.
_OWN_ALIASES = select(article_aliases.c.kind, article_aliases.c.value, article_aliases.c.article_id).where(
    article_aliases.c.source_id == bindparam("source_id"),
    among_named(article_aliases.c.kind, "kinds"),
    among_named(article_aliases.c.value, "names"),
)
_LINKS_ELSEWHERE = (
    select(article_aliases.c.value, func.min(article_aliases.c.article_id).label("first"))
    .where(
        article_aliases.c.kind == "link",
        among_named(article_aliases.c.value, "links"),
        article_aliases.c.source_id != bindparam("source_id"),
    )
    .group_by(article_aliases.c.value)
)
_IS_OWN = (articles.c.source_id == bindparam("source_id")).label("own")
_SAME_WORDS = (
    select(articles.c.fingerprint, _IS_OWN, func.min(articles.c.id))
    # At its own source what was discarded may be published anew; at another it is the story that a person did not want.
    .where(among_named(articles.c.fingerprint, "prints"), or_(articles.c.standing != Standing.DISCARDED, not_(_IS_OWN)))
    .group_by(articles.c.fingerprint, _IS_OWN)
)
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

# One statement for many rows, else PostgreSQL's driver sends one for each. Of an object, not of an array, both engines
# make rows by the same word; WHERE: else SQLite takes ON CONFLICT for a part of the SELECT.
_ADD_ALIASES = Statement(
    """
    INSERT INTO article_aliases (source_id, kind, value, article_id)
    SELECT :source_id, value ->> 0, value ->> 1, CAST(value ->> 2 AS BIGINT)
    FROM json_each([CAST(]:rows[ AS json)]) WHERE true
    ON CONFLICT DO NOTHING
    """
)


def find_by_aliases(conn: Connection, source_id: int, aliases: Iterable[Alias]) -> dict[Alias, int]:
    """Return the article id of each alias that the ledger knows within the source."""
    wanted = set(aliases)
    given = {"kinds": sorted({kind for kind, _ in wanted}), "names": sorted({name for _, name in wanted})}
    rows = conn.execute(_OWN_ALIASES, {"source_id": source_id, **given})
    return {(kind, name): article_id for kind, name, article_id in rows if (kind, name) in wanted}


def add_aliases(conn: Connection, source_id: int, aliases: Iterable[tuple[int, Alias]]) -> None:
    """Let articles be known by these aliases too; one that another article has stays with that one."""
    rows = {str(place): (kind, name, article_id) for place, (article_id, (kind, name)) in enumerate(aliases)}
    if rows:
        _ADD_ALIASES(conn, source_id=source_id, rows=json.dumps(rows))


def guids_of(conn: Connection, article_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the ids by which these articles are known at their sources."""
    table = article_aliases.c
    query = select(table.article_id, table.value).where(table.kind == "guid", among(table.article_id, article_ids))
    found: defaultdict[int, list[str]] = defaultdict(list)
    for article_id, value in conn.execute(query.order_by(table.value)):
        found[article_id].append(value)
    return {article_id: tuple(found[article_id]) for article_id in article_ids}


def take_guid(conn: Connection, article_id: int, former_id: int) -> None:
    """Give an article the ids of another, which has them no more: the id was used again."""
    table = article_aliases.c
    query = update(article_aliases).where(table.article_id == former_id, table.kind == "guid")
    conn.execute(query.values(article_id=article_id))


def find_by_words(conn: Connection, source_id: int, prints: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the first article with each fingerprint: of this source, and of others."""
    own: dict[str, int] = {}
    others: dict[str, int] = {}
    for words, mine, article_id in conn.execute(_SAME_WORDS, {"source_id": source_id, "prints": prints}):
        (own if mine else others)[words] = article_id
    return own, others


def find_links_elsewhere(conn: Connection, source_id: int, links: Sequence[str]) -> dict[str, int]:
    """Return the first article of another source with each canonical URL."""
    rows = conn.execute(_LINKS_ELSEWHERE, {"source_id": source_id, "links": links})
    return {row.value: row.first for row in rows}


def join_story(conn: Connection, article_id: int, other_id: int) -> None:
    """Let an article be one story with one of another source."""
    other = conn.execute(select(articles.c.story_id).where(articles.c.id == other_id)).scalar_one()
    story = other or other_id
    conn.execute(update(articles).where(articles.c.id.in_([article_id, other_id])).values(story_id=story))


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
