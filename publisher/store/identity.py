"""By what the ledger knows an article again: aliases within its source, addresses and words across sources."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, not_, or_, select, update

from publisher.model.article import Standing
from publisher.model.identity import Alias
from publisher.store.sql import among, among_named
from publisher.store.tables import article_aliases, articles
from publisher.store.words import Statement

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
        _ADD_ALIASES.change(conn, source_id=source_id, rows=json.dumps(rows))


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


def find_links(conn: Connection, links: Sequence[str]) -> dict[str, int]:
    """Return the first article of any source with each canonical URL; of those that were discarded only without others.

    One that is gone from its source stands behind one that is not.
    """
    table = article_aliases.c
    last = (articles.c.standing == Standing.DISCARDED, articles.c.gone_at.is_not(None))
    query = select(table.value, table.article_id).join(articles, articles.c.id == table.article_id)
    query = query.where(table.kind == "link", among(table.value, links)).order_by(*last, table.article_id)
    found: dict[str, int] = {}
    for link, article_id in conn.execute(query):
        found.setdefault(link, article_id)
    return found


def same_story(conn: Connection, article_id: int, story_id: int | None) -> list[int]:
    """Return the articles that tell an article's story, itself among them.

    :param story_id: of the article, which may be one that the ledger doesn't have yet.
    """
    if story_id is None:
        return [article_id]
    told = select(articles.c.id).where(or_(articles.c.id == story_id, articles.c.story_id == story_id))
    return sorted({article_id, *conn.execute(told).scalars()})


def join_story(conn: Connection, article_id: int, other_id: int) -> None:
    """Let an article be one story with one of another source."""
    other = conn.execute(select(articles.c.story_id).where(articles.c.id == other_id)).scalar_one()
    story = other or other_id
    conn.execute(update(articles).where(articles.c.id.in_([article_id, other_id])).values(story_id=story))
