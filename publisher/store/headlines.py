"""Articles as people look for them: by source, by how they stand, by words of the headline; newest first, in pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from publisher.model.article import LedgerArticle, Standing
from publisher.store import articles as ledger
from publisher.store.tables import articles, sources

WITHIN = 10_000  # articles that one page looks through, where no index knows the answer
GONE = "gone"  # asked for like a standing: the source doesn't have them any more
STANDINGS = (*(each.value for each in Standing), GONE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty is not asked."""

    source: str = ""
    standing: str = ""  # one of STANDINGS
    words: str = ""  # all of them stand in the headline, in whatever case
    before: int = 0  # only articles before this one; 0: from the newest on
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A page of articles.

    :ivar before: what to ask for next; 0: that was all.
    :ivar is_cut: it ends where as many were looked through as one page may, and not because it is full.
    """

    articles: list[LedgerArticle]
    before: int = 0
    is_cut: bool = False


def find(conn: Connection, wanted: Wanted) -> Found:
    """Return a page of articles, newest first."""
    ids, before, is_cut = _listed(conn, wanted) if _has_index(wanted) else _searched(conn, wanted)
    known = ledger.find(conn, ids)
    return Found([known[each] for each in ids], before, is_cut)


def _has_index(wanted: Wanted) -> bool:
    """Say whether an index has in order what is looked for, or so nearly that little has to be passed over."""
    return not wanted.words and wanted.standing in (
        "",
        *_RARE,
        *([] if wanted.source else [each.value for each in Standing]),
    )


_RARE = (Standing.HELD.value, Standing.DISCARDED.value)


def _listed(conn: Connection, wanted: Wanted) -> tuple[list[int], int, bool]:
    """Return what an index has in order."""
    query = _of(select(articles.c.id), wanted).limit(wanted.limit + 1)
    if not (wanted.source or wanted.standing):
        query = query.where(articles.c.id < wanted.before) if wanted.before else query
        query = query.order_by(articles.c.id.desc())
    else:
        query = _before(conn, query, wanted.before)
        query = query.order_by(articles.c.first_seen_at.desc(), articles.c.id.desc())
    ids = list(conn.execute(query).scalars())
    return ids[: wanted.limit], ids[wanted.limit - 1] if len(ids) > wanted.limit else 0, False


def _before(conn: Connection, query: Select[Any], article_id: int) -> Select[Any]:
    last = select(articles.c.first_seen_at).where(articles.c.id == article_id)
    seen_at = conn.execute(last).scalar_one_or_none() if article_id else None
    if seen_at is None:
        return query
    same = and_(articles.c.first_seen_at == seen_at, articles.c.id < article_id)
    # Said twice, so that an index begins there and reads nothing that is newer.
    return query.where(articles.c.first_seen_at <= seen_at, or_(articles.c.first_seen_at < seen_at, same))


def _searched(conn: Connection, wanted: Wanted) -> tuple[list[int], int, bool]:
    """Return what no index knows: the newest are looked through, and no more of them than one page may."""
    last = select(func.max(articles.c.id))
    last = last.where(articles.c.id < wanted.before) if wanted.before else last
    newest = conn.execute(last).scalar_one() or 0  # no page looks through numbers that a restore left out
    oldest = max(1, newest - WITHIN + 1)
    columns = select(articles.c.id, articles.c.title)
    query = _of(columns, wanted).where(articles.c.id.between(oldest, newest)).order_by(articles.c.id.desc())
    # Not in SQL: SQLite knows the case of ASCII letters alone.
    words = wanted.words.casefold().split()
    ids = [row.id for row in conn.execute(query) if all(word in row.title.casefold() for word in words)]
    if len(ids) > wanted.limit:
        return ids[: wanted.limit], ids[wanted.limit - 1], False
    return ids, oldest if oldest > 1 else 0, oldest > 1


def _of(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.source:
        mine = select(sources.c.id).where(sources.c.name == wanted.source).scalar_subquery()
        # With the number as a sum, the index of what is rare is read, and not that of all which a source brought.
        query = query.where((articles.c.source_id + 0 if wanted.standing in _RARE else articles.c.source_id) == mine)
    if wanted.standing == GONE:
        return query.where(articles.c.gone_at.is_not(None))
    return query.where(articles.c.standing == wanted.standing) if wanted.standing else query


def seen_since(conn: Connection, since: datetime) -> dict[str, int]:
    """Return how many articles each source has brought since a moment, by name."""
    mine = and_(articles.c.source_id == sources.c.id, articles.c.first_seen_at >= since)
    counted = select(func.count()).select_from(articles).where(mine).scalar_subquery()
    rows = conn.execute(select(sources.c.name, counted.label("count"))).mappings()
    return {row["name"]: row["count"] for row in rows}
