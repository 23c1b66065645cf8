"""Articles: aliases that identify them, revisions, and which are new for a schedule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, insert, literal, or_, select, update

from publisher.model.article import Article, Image, LedgerArticle, Standing
from publisher.model.identity import fingerprint
from publisher.model.states import EditionState
from publisher.store.sql import among, take_turn, upsert
from publisher.store.tables import (
    article_aliases,
    article_revisions,
    articles,
    edition_articles,
    editions,
    insert_row,
    sends,
    sources,
)

Alias = tuple[str, str]


def find_by_aliases(conn: Connection, source_id: int, aliases: Sequence[Alias]) -> dict[Alias, int]:
    """Return the article id of each alias that the ledger knows within the source."""
    found: dict[Alias, int] = {}
    for kind, value in aliases:
        table = article_aliases.c
        query = select(table.article_id).where(table.source_id == source_id, table.kind == kind, table.value == value)
        article_id = conn.execute(query).scalar_one_or_none()
        if article_id is not None:
            found[(kind, value)] = article_id
    return found


def add(conn: Connection, source_id: int, article: Article, seen_at: datetime, standing: Standing, reason: str) -> int:
    """Write down an article seen for the first time."""
    values = _values(article) | {
        "source_id": source_id,
        "first_seen_at": seen_at,
        "revision": 1,
        "standing": standing.value,
        "reason": reason,
    }
    return insert_row(conn, articles, **values)


def revise(conn: Connection, article_id: int, article: Article, seen_at: datetime) -> None:
    """Keep what the article said before and take over what it says now."""
    old = conn.execute(select(articles).where(articles.c.id == article_id)).mappings().one()
    conn.execute(
        insert(article_revisions).values(
            article_id=article_id,
            revision=old["revision"],
            title=old["title"],
            summary=old["summary"],
            html=old["html"],
            seen_at=old["changed_at"] or old["first_seen_at"],
        )
    )
    values = _values(article) | {"changed_at": seen_at, "revision": old["revision"] + 1}
    conn.execute(update(articles).where(articles.c.id == article_id).values(values))


def add_aliases(conn: Connection, source_id: int, article_id: int, aliases: Iterable[Alias]) -> None:
    rows = [{"source_id": source_id, "kind": k, "value": v, "article_id": article_id} for k, v in aliases]
    if rows:
        conn.execute(upsert(conn, article_aliases).on_conflict_do_nothing(), rows)


def get(conn: Connection, article_id: int) -> LedgerArticle:
    return _record(conn.execute(_with_source().where(articles.c.id == article_id)).mappings().one())


def given(conn: Connection, source: str, said: Sequence[str]) -> dict[str, Article]:
    """Return articles of a source that were completed before, by the digest of what the source said of them."""
    query = _with_source().where(sources.c.name == source, among(articles.c.given, said)).order_by(articles.c.id)
    return {row["given"]: _record(row).article for row in conn.execute(query).mappings()}


def unused(conn: Connection, schedule: str, source_names: Sequence[str], *, since: datetime) -> list[LedgerArticle]:
    """Return the articles first seen since a moment that no edition of the schedule has carried, oldest first.

    Without their html and text, which choosing doesn't need: `load` brings them.
    """
    query = _candidates(schedule, source_names).where(articles.c.standing == Standing.NEW)
    query = query.where(articles.c.first_seen_at >= since).order_by(articles.c.first_seen_at, articles.c.id)
    return [_record(row) for row in conn.execute(query).mappings()]


def unused_older(
    conn: Connection, schedule: str, source_names: Sequence[str], *, added_at: datetime, number: int
) -> list[LedgerArticle]:
    """Return which of the newest articles from before a schedule was added no edition of it has carried.

    What was there when a source was first polled counts as before, until the schedule's first edition: a source that
    is added later sends nothing old.
    """
    begun = first_made_at(conn, schedule)
    baseline = articles.c.standing == Standing.BASELINE
    before = and_(articles.c.first_seen_at < added_at, or_(baseline, articles.c.standing == Standing.NEW))
    there = baseline if begun is None else and_(baseline, articles.c.first_seen_at <= begun)
    age = func.coalesce(articles.c.published_at, articles.c.first_seen_at)
    newest = select(articles.c.id).where(or_(before, there)).order_by(age.desc(), articles.c.id).limit(number)
    if source_names:
        newest = newest.where(_from(source_names))
    query = _candidates(schedule, source_names).where(articles.c.id.in_(newest)).order_by(age, articles.c.id)
    reason = f"among the newest {number} from before the schedule was added (backfill)"
    return [replace(_record(row), reason=reason) for row in conn.execute(query).mappings()]


def first_made_at(conn: Connection, schedule: str) -> datetime | None:
    """Return when the schedule's first edition was made, skipped ones left out."""
    query = select(editions.c.made_at).where(editions.c.schedule == schedule, editions.c.state != EditionState.SKIPPED)
    return conn.execute(query.order_by(editions.c.due_at).limit(1)).scalar_one_or_none()


def load(conn: Connection, chosen: Iterable[LedgerArticle]) -> list[LedgerArticle]:
    """Return articles whole; those that the ledger doesn't hold yet (negative ids) as they are."""
    return [get(conn, each.id) if each.id > 0 else each for each in chosen]


def _candidates(schedule: str, source_names: Sequence[str]) -> Select[Any]:
    used = _carried_by(schedule).where(edition_articles.c.article_id == articles.c.id).exists()
    light = [column for column in articles.c if column.name not in ("html", "text")]
    query = select(*light, literal("").label("html"), literal("").label("text"), sources.c.name.label("source"))
    query = query.join(sources).where(~used)
    return query.where(among(sources.c.name, source_names)) if source_names else query


def _from(source_names: Sequence[str]) -> ColumnElement[bool]:
    return articles.c.source_id.in_(select(sources.c.id).where(among(sources.c.name, source_names)))


def carried(conn: Connection, schedule: str, article_ids: Sequence[int]) -> list[int]:
    """Return which of these articles a live edition of the schedule carries already.

    Until the transaction ends nobody else composes for this schedule, so that the answer stays true.
    """
    take_turn(conn, f"schedule:{schedule}")
    query = _carried_by(schedule).where(among(edition_articles.c.article_id, article_ids))
    return list(conn.execute(query).scalars())


def _carried_by(schedule: str) -> Select[Any]:
    """Return what is used up for a schedule: what went out, what was dropped, what a cancelled edition brought someone.

    Its own draft uses nothing up: it is composed anew at the slot.
    """
    reached = sends.c.sent + sends.c.unknown + sends.c.taken > 0
    begun = select(1).where(sends.c.edition_id == editions.c.id, reached)
    placed = and_(edition_articles.c.position.is_not(None), editions.c.state != EditionState.SKIPPED)
    return (
        select(edition_articles.c.article_id)
        .select_from(edition_articles.join(editions))
        .where(
            editions.c.schedule == schedule,
            editions.c.state != EditionState.DRAFT,
            or_(placed, edition_articles.c.dropped.is_(True)),
            or_(editions.c.state != EditionState.CANCELLED, begun.exists()),
        )
    )


def in_editions_of(conn: Connection, schedules: Sequence[str], article_ids: Sequence[int]) -> dict[int, str]:
    """Return which of these articles live editions or drafts of these schedules carry, with the schedule's name."""
    query = (
        select(edition_articles.c.article_id, editions.c.schedule)
        .join(editions)
        .where(
            among(edition_articles.c.article_id, article_ids),
            among(editions.c.schedule, schedules),
            edition_articles.c.position.is_not(None),
            editions.c.state.not_in([EditionState.SKIPPED, EditionState.CANCELLED]),
        )
    )
    return {row.article_id: row.schedule for row in conn.execute(query)}


def count(conn: Connection, standing: Standing, source_names: Sequence[str], before: datetime | None = None) -> int:
    """Return how many articles have a standing, and were first seen before a moment."""
    query = select(func.count()).where(articles.c.standing == standing)
    if before is not None:
        query = query.where(articles.c.first_seen_at < before)
    if source_names:
        query = query.where(_from(source_names))
    return int(conn.execute(query).scalar_one())


def release_baseline(conn: Connection, source_id: int, number: int, reason: str) -> int:
    """Make the newest articles of a source's baseline new; return how many."""
    newest = (
        select(articles.c.id)
        .where(articles.c.source_id == source_id, articles.c.standing == Standing.BASELINE)
        .order_by(articles.c.published_at.desc().nulls_last(), articles.c.id)
        .limit(number)
    )
    released = update(articles).where(articles.c.id.in_(newest)).values(standing=Standing.NEW.value, reason=reason)
    return conn.execute(released).rowcount


def latest(conn: Connection, *, limit: int, source: str = "") -> list[LedgerArticle]:
    """Return the articles most recently seen, newest first."""
    query = _with_source().order_by(articles.c.first_seen_at.desc(), articles.c.id.desc()).limit(limit)
    if source:
        query = query.where(sources.c.name == source)
    return [_record(row) for row in conn.execute(query).mappings()]


def went_out_in(conn: Connection, article_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the editions that brought these articles to anyone, by article, oldest first: edition and schedule."""
    reached = select(1).where(sends.c.edition_id == editions.c.id, sends.c.sent > 0)
    query = (
        select(edition_articles.c.article_id, editions.c.id, editions.c.schedule)
        .join(editions)
        .where(among(edition_articles.c.article_id, article_ids), edition_articles.c.position.is_not(None))
        .where(reached.exists())
        .order_by(editions.c.id)
    )
    found: dict[int, list[dict[str, Any]]] = {article_id: [] for article_id in article_ids}
    for article_id, edition_id, schedule in conn.execute(query):
        found[article_id].append({"edition": edition_id, "schedule": schedule})
    return found


def of_edition(conn: Connection, edition_id: int) -> list[tuple[RowMapping, LedgerArticle]]:
    """Return every candidate of an edition with its place, the chosen first, in order."""
    places = (
        select(edition_articles)
        .where(edition_articles.c.edition_id == edition_id)
        .order_by(edition_articles.c.position.is_(None), edition_articles.c.position, edition_articles.c.article_id)
    )
    found = {row["article_id"]: row for row in conn.execute(places).mappings()}
    mine = select(edition_articles.c.article_id).where(edition_articles.c.edition_id == edition_id)
    rows = conn.execute(_with_source().where(articles.c.id.in_(mine))).mappings()
    records = {row["id"]: _record(row) for row in rows}
    return [(place, records[article_id]) for article_id, place in found.items()]


def local_pictures(conn: Connection) -> list[tuple[str, str]]:
    """Return each picture that is a file of this machine, with the name of its article's source."""
    address = articles.c.image["url"].as_string()
    query = select(address, sources.c.name).join(sources, sources.c.id == articles.c.source_id)
    rows = conn.execute(query.where(address.startswith("file:")).distinct())
    return [(row[0], row[1]) for row in rows]


def _with_source() -> Select[Any]:
    return select(articles, sources.c.name.label("source")).join(sources)


def _values(article: Article) -> dict[str, Any]:
    values = asdict(article)
    del values["guid"]
    values["fingerprint"] = fingerprint(article.title, article.text)
    return values


def same_content(conn: Connection, article_id: int, article: Article) -> bool:
    """Say whether the ledger's newest revision says the same as this article."""
    query = select(articles).where(articles.c.id == article_id)
    row = conn.execute(query).mappings().one()
    return _record({**row, "source": ""}).article == _record({**_values(article), **_placeholders()}).article


def _placeholders() -> dict[str, Any]:
    return {"id": 0, "source": "", "first_seen_at": None, "standing": Standing.NEW, "reason": "", "revision": 1}


def _record(row: RowMapping | dict[str, Any]) -> LedgerArticle:
    article = Article(
        title=row["title"],
        url=row["url"],
        summary=row["summary"],
        html=row["html"],
        text=row["text"],
        authors=tuple(row["authors"]),
        categories=tuple(row["categories"]),
        image=Image(**row["image"]) if row["image"] else None,
        language=row["language"],
        published_at=row["published_at"],
        notes=tuple(row["notes"]),
        given=row["given"] or "",
    )
    standing = Standing(row["standing"])
    return LedgerArticle(
        row["id"], row["source"], article, row["first_seen_at"], standing, row["reason"], row["revision"]
    )
