"""Which articles are new for a schedule, and which it has used up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, update

from publisher.model.article import LedgerArticle, Standing
from publisher.model.states import EditionState
from publisher.store.articles import record_of
from publisher.store.sends import FOLLOWING
from publisher.store.sql import among, is_postgresql, take_turn, upsert
from publisher.store.tables import articles, edition_articles, editions, looks, sends, sources

# On PostgreSQL ids are given out before they are committed: one below the highest that is seen may still appear.
UNSEEN = 1_000
OVER = "over"  # of an edition of practice that is finished, as practice is
WORTH_IT = 200  # articles that a schedule has used up since it last noted where its candidates are


@dataclass(frozen=True, slots=True)
class Look:
    """What a schedule found when it looked for candidates: kept, it spares the next look what was used up by then."""

    wanted: str  # over which time: under other words it is void
    sources: tuple[str, ...]  # whose articles it was for; none: of all of them
    since: datetime
    through: int  # the newest article there was
    freed: int  # number of the last release there was
    waiting: tuple[int, ...]
    is_worth_it: bool = False  # to be written down


def unused(
    conn: Connection, schedule: str, source_names: Sequence[str], *, since: datetime, wanted: str = ""
) -> tuple[list[LedgerArticle], Look]:
    """Return the articles first seen since a moment that no edition of the schedule has carried, oldest first.

    Without their html and text, which choosing doesn't need: `articles.get` brings them.

    :param wanted: what beside the sources decides which are looked for.
    """
    asked = tuple(sorted(source_names))
    before = _last_look(conn, schedule, wanted, asked, since)
    freed, newest = conn.execute(_COUNTED).one()
    query = _candidates(schedule, source_names).order_by(articles.c.first_seen_at, articles.c.id)
    if before is None:
        query = query.where(articles.c.standing == Standing.NEW, articles.c.first_seen_at >= since)
    else:
        # By id alone: both engines would rather go through all that is new since then.
        is_new = func.coalesce(articles.c.standing, "") == Standing.NEW
        left = _may_be_left(conn, schedule, before) | _of_added(
            conn, schedule, set(asked) - set(before.sources), before
        )
        query = query.where(among(articles.c.id, sorted(left)), is_new)
    is_other = before is not None and before.sources != asked
    is_worth_it = is_other or newest - (before.through if before else 0) >= WORTH_IT
    unseen = _not_there_yet(conn, newest) if is_worth_it else []  # before the look itself: what comes now is in one
    found = [record_of(row) for row in conn.execute(query).mappings() if row["first_seen_at"] >= since]
    waiting = (*(each.id for each in found), *unseen)
    return found, Look(wanted, asked, since, newest, freed, waiting, is_worth_it)


_COUNTED = select(
    select(func.coalesce(func.max(articles.c.freed), 0)).where(articles.c.freed.is_not(None)).scalar_subquery(),
    select(func.coalesce(func.max(articles.c.id), 0)).scalar_subquery(),
)


def _not_there_yet(conn: Connection, newest: int) -> list[int]:
    """Return the ids below the newest that no article has: others may be writing them down just now."""
    if not is_postgresql(conn):
        return []
    low = max(0, newest - UNSEEN)
    there = set(conn.execute(select(articles.c.id).where(articles.c.id > low)).scalars())
    return [number for number in range(low + 1, newest) if number not in there]


def _last_look(conn: Connection, schedule: str, wanted: str, asked: Sequence[str], since: datetime) -> Look | None:
    """Return the schedule's last look where it still holds: it was over the same time, and reached back as far."""
    row = conn.execute(select(looks).where(looks.c.schedule == schedule)).mappings().one_or_none()
    if row is None or row["wanted"] != wanted or row["since"] > since or (row["sources"] and not asked):
        return None
    return Look(wanted, tuple(row["sources"]), row["since"], row["through"], row["freed"], tuple(row["waiting"]))


def _may_be_left(conn: Connection, schedule: str, look: Look) -> set[int]:
    """Return what may be a candidate: what waited, what came since, what people or cancelled editions have set free."""
    mine = and_(_is_of(schedule), editions.c.state == EditionState.CANCELLED)
    undone = select(edition_articles.c.article_id).join(editions).where(mine)
    twin = articles.alias()
    told = select(articles.c.id).join(twin, twin.c.story_id == articles.c.story_id).where(twin.c.id.in_(undone))
    recent = select(articles.c.id).where(articles.c.id > look.through)
    freed = select(articles.c.id).where(articles.c.freed > look.freed)
    return {*look.waiting, *(each for query in (undone, told, recent, freed) for each in conn.execute(query).scalars())}


def _of_added(conn: Connection, schedule: str, added: Collection[str], look: Look) -> set[int]:
    """Return the candidates of sources that the last look was not for."""
    if not added or not look.sources:
        return set()
    is_new = func.coalesce(articles.c.standing, "") == Standing.NEW  # by source and time, of which there is an index
    query = _candidates(schedule, ()).where(_from(sorted(added)), articles.c.first_seen_at >= look.since, is_new)
    return set(conn.execute(query.with_only_columns(articles.c.id)).scalars())


def keep_look(conn: Connection, schedule: str, look: Look) -> None:
    """Write down where a schedule's candidates are."""
    values = {"wanted": look.wanted, "sources": list(look.sources), "since": look.since, "through": look.through}
    values |= {"freed": look.freed, "waiting": list(look.waiting)}
    row = upsert(conn, looks).values(schedule=schedule, **values)
    conn.execute(row.on_conflict_do_update(index_elements=[looks.c.schedule], set_=values))


def note_freed(conn: Connection, article_ids: Sequence[int]) -> None:
    """Let every schedule look at these again, also one that is looking just now: they became candidates.

    A release has the next number when the one before it is written: whoever has seen a number has seen all below it.
    """
    if article_ids:
        take_turn(conn, "freed articles")
        last = conn.execute(_COUNTED).one()[0]
        conn.execute(update(articles).where(among(articles.c.id, article_ids)).values(freed=last + 1))


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
    return [replace(record_of(row), reason=reason) for row in conn.execute(query).mappings()]


def first_made_at(conn: Connection, schedule: str) -> datetime | None:
    """Return when the schedule's first edition was made, skipped ones left out."""
    mine = (editions.c.schedule == schedule, editions.c.state != EditionState.SKIPPED, is_for_real())
    query = select(editions.c.made_at).where(*mine)
    return conn.execute(query.order_by(editions.c.due_at).limit(1)).scalar_one_or_none()


def _candidates(schedule: str, source_names: Sequence[str]) -> Select[Any]:
    used = _carried_by(schedule).where(edition_articles.c.article_id == articles.c.id).exists()
    query = _light().where(~used, ~_is_told(schedule))
    return query.where(among(sources.c.name, source_names)) if source_names else query


def _is_told(schedule: str) -> ColumnElement[bool]:
    """Say that the schedule has carried the same story from another source."""
    twin = articles.alias()
    told = _carried_by(schedule).join(twin, twin.c.id == edition_articles.c.article_id)
    told = told.where(twin.c.story_id == articles.c.story_id)
    return and_(articles.c.story_id.is_not(None), told.correlate(articles).exists())


def _light() -> Select[Any]:
    """Return articles with the name of their source, without html and text."""
    light = [column for column in articles.c if column.name not in ("html", "text")]
    query = select(*light, literal("").label("html"), literal("").label("text"), sources.c.name.label("source"))
    return query.join(sources)


def _from(source_names: Sequence[str]) -> ColumnElement[bool]:
    return articles.c.source_id.in_(select(sources.c.id).where(among(sources.c.name, source_names)))


def carried(conn: Connection, schedule: str, article_ids: Sequence[int], again: Mapping[int, int] = {}) -> list[int]:
    """Return which of these articles a live edition of the schedule carries already.

    Until the transaction ends nobody else composes for this schedule, so that the answer stays true.

    :param again: articles that are to go out again, with the revision: only where none has carried that.
    """
    take_turn(conn, f"schedule:{schedule}")
    query = _carried_by(schedule, edition_articles.c.revision)
    rows = conn.execute(query.where(among(edition_articles.c.article_id, [*article_ids, *again])))
    return [article_id for article_id, revision in rows if article_id not in again or revision >= again[article_id]]


def _carried_by(schedule: str, *more: ColumnElement[Any]) -> Select[Any]:
    """Return what is used up for a schedule: what went out, what was dropped, what a cancelled edition brought someone.

    Its own draft uses nothing up: it is composed anew at the slot.
    """
    reached = sends.c.sent + sends.c.unknown + sends.c.taken > 0
    begun = select(1).where(sends.c.edition_id == editions.c.id, sends.c.kind.not_in(FOLLOWING), reached)
    placed = and_(edition_articles.c.position.is_not(None), editions.c.state != EditionState.SKIPPED)
    return (
        select(edition_articles.c.article_id, *more)
        .select_from(edition_articles.join(editions))
        .where(
            _is_of(schedule),
            is_for_real(),
            editions.c.state != EditionState.DRAFT,
            or_(placed, edition_articles.c.dropped.is_(True)),
            or_(editions.c.state != EditionState.CANCELLED, begun.exists()),
        )
    )


def _is_of(schedule: str) -> ColumnElement[bool]:
    """Say that an edition is the schedule's, without its index: few articles are asked about, and all its editions."""
    return func.coalesce(editions.c.schedule, "") == schedule


def is_for_real() -> ColumnElement[bool]:
    """Say that an edition isn't practice's, which is over; while practice lasts its editions are as real as any."""
    return func.coalesce(editions.c.practice, "") != OVER


def in_editions_of(conn: Connection, schedules: Sequence[str], article_ids: Sequence[int]) -> dict[int, str]:
    """Return which of these articles live editions or drafts of these schedules carry, with the schedule's name.

    An article is carried too where the same story is, from another source.
    """
    asked, twin = articles.alias("asked"), articles.alias("twin")
    own = select(edition_articles.c.article_id, editions.c.schedule).join(editions)
    own = own.where(among(edition_articles.c.article_id, article_ids))
    told = select(asked.c.id.label("article_id"), editions.c.schedule)
    told = told.join(twin, twin.c.story_id == asked.c.story_id).where(among(asked.c.id, article_ids))
    told = told.join(edition_articles, edition_articles.c.article_id == twin.c.id).join(editions)
    live = (
        among(editions.c.schedule, schedules),
        is_for_real(),
        edition_articles.c.position.is_not(None),
        editions.c.state.not_in([EditionState.SKIPPED, EditionState.CANCELLED]),
    )
    return {row.article_id: row.schedule for query in (told, own) for row in conn.execute(query.where(*live))}


def count(conn: Connection, standing: Standing, source_names: Sequence[str], before: datetime | None = None) -> int:
    """Return how many articles have a standing, and were first seen before a moment."""
    query = select(func.count()).where(articles.c.standing == standing)
    if before is not None:
        query = query.where(articles.c.first_seen_at < before)
    if source_names:
        query = query.where(_from(source_names))
    return int(conn.execute(query).scalar_one())
