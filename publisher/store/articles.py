"""Articles as the ledger keeps them: with their revisions, and with what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, insert, or_, select

from publisher.model.article import PART, Article, Image, LedgerArticle, Standing
from publisher.model.identity import fingerprint
from publisher.store.plain import plain
from publisher.store.sends import FOLLOWING
from publisher.store.sql import among, among_named, take_turn
from publisher.store.tables import (
    article_history,
    article_revisions,
    articles,
    edition_articles,
    editions,
    sends,
    sources,
    update_row,
)

TEXTS = ("title", "url", "summary", "html", "text", "authors", "categories", "language", "notes")


def lock(conn: Connection) -> None:
    """Let only one transaction at a time say which articles are known and which are new."""
    take_turn(conn, "articles", patience="60s")


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article seen for the first time.

    :param held_for: why a person is asked: flood, reuse, words, old, future.
    :param about: the article that the reason speaks of.
    """

    article: Article
    standing: Standing
    reason: str
    held_for: str = ""
    about: int | None = None


def add(conn: Connection, source_id: int, found: Sequence[NewArticle], seen_at: datetime) -> list[int]:
    """Write down articles of a source, and return their ids, which rise in the order given."""
    rows = [
        _values(new.article)
        | {
            "source_id": source_id,
            "first_seen_at": seen_at,
            "revision": 1,
            "standing": new.standing.value,
            "reason": new.reason,
            "held_for": new.held_for or None,
            "about_id": new.about,
        }
        for new in found
    ]
    return list(conn.execute(_ADDING, rows).scalars()) if rows else []


_ADDING = insert(articles).returning(articles.c.id, sort_by_parameter_order=True)


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
            fingerprint=old["fingerprint"],
            seen_at=old["changed_at"] or old["first_seen_at"],
        )
    )
    values = _values(article) | {"changed_at": seen_at, "revision": old["revision"] + 1}
    update_row(conn, articles, article_id, values)


def complete(conn: Connection, article_id: int, article: Article) -> None:
    """Take over what was asked for beside what an article's source says: nobody edited it, so it is no revision."""
    update_row(conn, articles, article_id, _values(article))


def note(conn: Connection, lines: Iterable[tuple[int, str, str]], at: datetime) -> None:
    """Write down what became of articles: article, event and reason."""
    rows = [{"article_id": article_id, "at": at, "event": event, "reason": why} for article_id, event, why in lines]
    if rows:
        conn.execute(insert(article_history), rows)


def history(conn: Connection, article_ids: Sequence[int]) -> dict[int, list[RowMapping]]:
    """Return what became of these articles, in the order in which it was written down."""
    query = select(article_history).where(among(article_history.c.article_id, article_ids))
    found: dict[int, list[RowMapping]] = {article_id: [] for article_id in article_ids}
    for row in conn.execute(query.order_by(article_history.c.id)).mappings():
        found[row["article_id"]].append(row)
    return found


def fingerprints(conn: Connection, article_ids: Sequence[int]) -> dict[tuple[int, int], str]:
    """Return the digest of the words of each revision of these articles, the present one too."""
    kept = select(article_revisions.c.article_id, article_revisions.c.revision, article_revisions.c.fingerprint)
    now = select(articles.c.id, articles.c.revision, articles.c.fingerprint)
    found = [*conn.execute(kept.where(among(article_revisions.c.article_id, article_ids)))]
    found += conn.execute(now.where(among(articles.c.id, article_ids)))
    return {(article_id, revision): words or "" for article_id, revision, words in found}


def get(conn: Connection, article_id: int) -> LedgerArticle:
    return record_of(conn.execute(_with_source().where(articles.c.id == article_id)).mappings().one())


def given(conn: Connection, source: str, said: Sequence[str], parts_before: datetime) -> dict[str, Article]:
    """Return articles of a source that were completed before, by the digest of what the source said of them.

    :param parts_before: those whose page could not be read are among them if they were first seen before.
    """
    parts = and_(among(articles.c.given, [PART + digest for digest in said]), articles.c.first_seen_at < parts_before)
    query = _with_source().where(sources.c.name == source, or_(among(articles.c.given, said), parts))
    rows = conn.execute(query.order_by(articles.c.id)).mappings()
    return {row["given"].removeprefix(PART): record_of(row).article for row in rows}


def find(conn: Connection, article_ids: Sequence[int]) -> dict[int, LedgerArticle]:
    """Return these articles, whole."""
    if not article_ids:
        return {}
    return {row["id"]: record_of(row) for row in conn.execute(_THESE, {"ids": article_ids}).mappings()}


def latest(conn: Connection, *, limit: int, source: str = "") -> list[LedgerArticle]:
    """Return the articles most recently seen, newest first."""
    query = _with_source().order_by(articles.c.first_seen_at.desc(), articles.c.id.desc()).limit(limit)
    if source:
        query = query.where(sources.c.name == source)
    return [record_of(row) for row in conn.execute(query).mappings()]


def went_out_in(conn: Connection, article_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the editions that brought these articles to anyone, by article, oldest first.

    Each with its number as `edition`, its `schedule`, and whether it was `practice`.
    """
    mine = (sends.c.edition_id == editions.c.id, sends.c.kind.not_in(FOLLOWING))
    reached = select(1).where(*mine, sends.c.sent > 0)
    query = (
        select(edition_articles.c.article_id, editions.c.id, editions.c.schedule, editions.c.practice)
        .join(editions)
        .where(among(edition_articles.c.article_id, article_ids), edition_articles.c.position.is_not(None))
        .where(reached.exists())
        .order_by(editions.c.id)
    )
    found: dict[int, list[dict[str, Any]]] = {article_id: [] for article_id in article_ids}
    for article_id, edition_id, schedule, practice in conn.execute(query):
        said = {"edition": edition_id, "schedule": schedule, "practice": practice is not None}
        found[article_id].append(said)
    return found


def places_of(conn: Connection, article_ids: Sequence[int]) -> dict[int, list[RowMapping]]:
    """Return each article's place in every edition that considered it, with the edition, oldest first."""
    mine = (sends.c.edition_id == editions.c.id, sends.c.kind.not_in(FOLLOWING))
    brought = select(func.coalesce(func.sum(sends.c.sent), 0)).where(*mine)
    query = (
        select(
            edition_articles,
            editions.c.schedule,
            editions.c.slot,
            editions.c.due_at,
            editions.c.made_at,
            editions.c.state,
            editions.c.practice,
            brought.scalar_subquery().label("sent"),
        )
        .join(editions)
        .where(among(edition_articles.c.article_id, article_ids))
        .order_by(editions.c.id)
    )
    found: dict[int, list[RowMapping]] = {article_id: [] for article_id in article_ids}
    for row in conn.execute(query).mappings():
        found[row["article_id"]].append(row)
    return found


def of_edition(conn: Connection, edition_id: int) -> list[tuple[RowMapping, LedgerArticle]]:
    """Return every candidate of an edition with its place, the chosen first, in order.

    The place's ``headline`` is that of the revision that was taken; None: the article has not changed since.
    """
    mine = and_(
        article_revisions.c.article_id == edition_articles.c.article_id,
        article_revisions.c.revision == edition_articles.c.revision,
    )
    places = (
        select(edition_articles, article_revisions.c.title.label("headline"))
        .outerjoin(article_revisions, mine)
        .where(edition_articles.c.edition_id == edition_id)
        .order_by(edition_articles.c.position.is_(None), edition_articles.c.position, edition_articles.c.article_id)
    )
    found = {row["article_id"]: row for row in conn.execute(places).mappings()}
    ids = select(edition_articles.c.article_id).where(edition_articles.c.edition_id == edition_id)
    rows = conn.execute(_with_source().where(articles.c.id.in_(ids))).mappings()
    records = {row["id"]: record_of(row) for row in rows}
    return [(place, records[article_id]) for article_id, place in found.items()]


def local_pictures(conn: Connection) -> list[tuple[str, str]]:
    """Return each picture that is a file of this machine, with the name of its article's source."""
    address = articles.c.image["url"].as_string()
    query = select(address, sources.c.name).join(sources, sources.c.id == articles.c.source_id)
    rows = conn.execute(query.where(address.startswith("file:")).distinct())
    return [(row[0], row[1]) for row in rows]


def _with_source() -> Select[Any]:
    return select(articles, sources.c.name.label("source")).join(sources)


_THESE = _with_source().where(among_named(articles.c.id, "ids"))


def as_kept(article: Article) -> Article:
    """Return the article as the ledger gives it back: without its guid, which is an alias."""
    image = article.image and replace(article.image, **{n: _plain(v) for n, v in asdict(article.image).items()})
    own = {name: _plain(getattr(article, name)) for name in TEXTS}
    return replace(article, **own, image=image, guid=None)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return plain(value) if isinstance(value, str) else value


def _values(article: Article) -> dict[str, Any]:
    values = asdict(article)
    del values["guid"]
    values["fingerprint"] = fingerprint(article.title, article.text)
    values["html_gone_at"] = None
    return values


def record_of(row: RowMapping) -> LedgerArticle:
    """Return an article from a row that has its source's name."""
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
        id=row["id"],
        source=row["source"],
        article=article,
        first_seen_at=row["first_seen_at"],
        standing=standing,
        reason=row["reason"],
        revision=row["revision"],
        changed_at=row["changed_at"],
        gone_at=row["gone_at"],
        story_id=row["story_id"],
        about_id=row["about_id"],
        is_without_html=row["html_gone_at"] is not None,
    )
