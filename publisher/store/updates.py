"""Articles that a schedule has sent and that have changed since."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, or_, select

from publisher.model.article import LedgerArticle, Standing
from publisher.model.project import Schedule
from publisher.model.states import EditionState
from publisher.store import articles as ledger
from publisher.store.candidates import is_for_real
from publisher.store.tables import articles, edition_articles, editions

MOST_REPOSTS = 3  # of one article by one schedule: a page that changes at each look is no news


def changed_since_sent(conn: Connection, schedule: Schedule, *, since: datetime) -> list[LedgerArticle]:
    """Return the articles that changed since a moment after the schedule had sent them, each with the reason.

    Only other words are a change; words that the schedule has sent or named before are none, so that a source which
    goes back and forth between two versions is heard once.
    """
    changed = select(articles.c.id).where(articles.c.changed_at >= since)
    places: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in conn.execute(_places(schedule.name).where(edition_articles.c.article_id.in_(changed))).mappings():
        places[row["article_id"]].append(row)
    found = ledger.find(conn, sorted(places))
    prints = ledger.fingerprints(conn, sorted(places))
    return [
        replace(found[article_id], reason=f"changed since edition {_last(rows)['edition_id']} (on_update)")
        for article_id, rows in places.items()
        if _is_news(found[article_id], rows, prints) and not _is_enough(schedule, rows)
    ]


def _places(schedule: str) -> Select[Any]:
    carried = or_(edition_articles.c.position.is_not(None), edition_articles.c.as_update.is_not(None))
    return (
        select(edition_articles)
        .join(editions)
        .where(
            editions.c.schedule == schedule,
            editions.c.state.in_([EditionState.LOCKED, EditionState.CLOSED]),
            carried,
            is_for_real(),
        )
        .order_by(edition_articles.c.edition_id)
    )


def _last(rows: list[RowMapping]) -> RowMapping:
    return [row for row in rows if row["position"] is not None or row["as_update"]][-1]


def _is_news(article: LedgerArticle, rows: list[RowMapping], prints: dict[tuple[int, int], str]) -> bool:
    said = {prints.get((article.id, row["revision"]), "") for row in rows}
    is_wanted = article.gone_at is None and article.standing is not Standing.DISCARDED
    return is_wanted and prints[article.id, article.revision] not in said


def _is_enough(schedule: Schedule, rows: list[RowMapping]) -> bool:
    return schedule.on_update == "repost" and sum(row["as_update"] == "repost" for row in rows) >= MOST_REPOSTS
