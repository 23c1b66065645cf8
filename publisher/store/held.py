"""Articles that wait for a person, and what a person says of these and of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, func, not_, select, update

from publisher.model.article import Standing
from publisher.store import articles as ledger
from publisher.store import candidates, identity
from publisher.store.sql import among
from publisher.store.tables import articles, sources

_STOOD = frozenset({"taken", "baseline", "held", "released"})  # lines of the history that say how an article stands


def count_by_source(conn: Connection) -> list[RowMapping]:
    """Return how many articles of each source wait for a person, by what they are held for, with the first of them."""
    query = (
        select(
            sources.c.name,
            articles.c.held_for,
            func.count().label("count"),
            func.min(articles.c.id).label("first"),
            func.max(articles.c.reason).label("reason"),
        )
        .join(sources)
        .where(articles.c.standing == Standing.HELD)
        .group_by(sources.c.name, articles.c.held_for)
        .order_by(sources.c.name, articles.c.held_for)
    )
    return list(conn.execute(query).mappings())


def ids(conn: Connection, source: str = "") -> list[int]:
    """Return the articles that wait for a person, of one source or of all."""
    query = select(articles.c.id).where(articles.c.standing == Standing.HELD).order_by(articles.c.id)
    if source:
        query = query.join(sources).where(sources.c.name == source)
    return list(conn.execute(query).scalars())


def release(
    conn: Connection, article_ids: Sequence[int], why: str, now: datetime, *, as_new: bool = False
) -> list[int]:
    """Let articles that were held or discarded be picked; return which were, with those that only went back.

    :param as_new: also those of a baseline; else what was discarded of it goes back there, and is not picked.
    """
    old = [] if as_new else _discarded_of_baseline(conn, article_ids)
    back = _decide(conn, old, (Standing.DISCARDED,), Standing.BASELINE, why)
    ledger.note(conn, ((article_id, "baseline", why) for article_id in back), now)
    origins = (Standing.HELD, Standing.DISCARDED, *([Standing.BASELINE] if as_new else []))
    released = _decide(conn, [each for each in article_ids if each not in back], origins, Standing.NEW, why)
    reused = select(articles.c.id, articles.c.about_id).where(
        among(articles.c.id, released), articles.c.held_for == "reuse", articles.c.about_id.is_not(None)
    )
    for article_id, former_id in conn.execute(reused):
        identity.take_guid(conn, article_id, former_id)
    ledger.note(conn, ((article_id, "released", why) for article_id in released), now)
    candidates.note_freed(conn, released)
    return sorted([*back, *released])


def discard(conn: Connection, article_ids: Sequence[int], why: str, now: datetime) -> list[int]:
    """Let articles never be picked from now on; return which could have been."""
    open_ones = (Standing.HELD, Standing.NEW, Standing.BASELINE)
    discarded = _decide(conn, article_ids, open_ones, Standing.DISCARDED, why)
    ledger.note(conn, ((article_id, "discarded", why) for article_id in discarded), now)
    return discarded


def copies(
    conn: Connection, article_ids: Sequence[int], standings: Sequence[Standing], *, without_doubt: bool = False
) -> dict[int, int]:
    """Return the articles of these standings that tell the same stories as some of others, each with that one.

    :param without_doubt: only those about which a person was asked nothing, or only whether the story goes.
    """
    own = articles.alias("own")
    query = (
        select(articles.c.id, func.min(own.c.id))
        .join(own, and_(own.c.story_id == articles.c.story_id, among(own.c.id, article_ids)))
        .where(not_(among(articles.c.id, article_ids)), articles.c.standing.in_(standings))
        .group_by(articles.c.id)
        .order_by(articles.c.id)
    )
    if without_doubt:
        query = query.where(func.coalesce(articles.c.held_for, "story") == "story")
    return {row[0]: row[1] for row in conn.execute(query)}


def discarded_among(conn: Connection, article_ids: Sequence[int]) -> list[int]:
    """Return which of these articles a person has discarded."""
    query = select(articles.c.id).where(among(articles.c.id, article_ids), articles.c.standing == Standing.DISCARDED)
    return sorted(conn.execute(query).scalars())


def _discarded_of_baseline(conn: Connection, article_ids: Sequence[int]) -> list[int]:
    """Return which of these were there when their source was first read, and were discarded later.

    What came as a copy of a discarded article never was anything else: it goes by that article.
    """
    discarded = discarded_among(conn, article_ids)
    query = select(articles.c.id, articles.c.about_id).where(among(articles.c.id, discarded))
    about = {row.id: row.about_id for row in conn.execute(query)}
    history = ledger.history(conn, sorted({*about, *filter(None, about.values())}))

    def last_said(article_id: int | None) -> str:
        said = [row["event"] for row in history.get(article_id or 0, []) if row["event"] in _STOOD]
        return said[-1] if said else ""

    return [each for each in discarded if (last_said(each) or last_said(about[each])) == "baseline"]


def _decide(
    conn: Connection, article_ids: Sequence[int], origins: Sequence[Standing], to: Standing, why: str
) -> list[int]:
    those = update(articles).where(among(articles.c.id, article_ids), articles.c.standing.in_(origins))
    moved = those.values(standing=to.value, reason=why).returning(articles.c.id)
    return sorted(conn.execute(moved).scalars())


def release_baseline(conn: Connection, source_id: int, number: int, why: str, now: datetime) -> int:
    """Make the newest articles of a source's baseline new; return how many."""
    newest = (
        select(articles.c.id)
        .where(articles.c.source_id == source_id, articles.c.standing == Standing.BASELINE)
        .order_by(articles.c.published_at.desc().nulls_last(), articles.c.id)
        .limit(number)
    )
    taken = update(articles).where(articles.c.id.in_(newest)).values(standing=Standing.NEW.value, reason=why)
    released = sorted(conn.execute(taken.returning(articles.c.id)).scalars())
    ledger.note(conn, ((article_id, "released", why) for article_id in released), now)
    candidates.note_freed(conn, released)
    return len(released)
