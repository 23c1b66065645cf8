"""What readers already have of other schedules: `never_twice:` keeps it from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, and_, case, false, func, null, or_, select

from publisher.model.segment import Selection
from publisher.model.states import CLAIMABLE, DeliveryState, SendState
from publisher.store.candidates import is_for_real
from publisher.store.sends import REGULAR
from publisher.store.sql import among, take_turn
from publisher.store.tables import articles, deliveries, edition_articles, editions, recipients, sends, subscribers

D = DeliveryState
BROUGHT = (D.SENT, D.UNKNOWN, D.TAKEN)  # it has arrived, or may have
BEGUN = (SendState.ADDRESSED, SendState.SENDING, SendState.DONE)
PATIENCE = "60s"  # for a large audience of another schedule that is being frozen


def had_before(conn: Connection, edition_id: int, selection: Selection) -> ColumnElement[Any]:
    """Return by which other schedule, and when, a recipient got the edition's one article; NULL: by none.

    Two editions with an article in common are addressed one after the other, so that neither overlooks the other.
    """
    carried = _carried(conn, edition_id)
    for story in sorted({row.story for row in carried}):
        take_turn(conn, f"story:{story}", patience=PATIENCE)
    if not selection.never_twice or len(carried) != 1:
        return null()
    mine = select(editions.c.schedule).where(editions.c.id == edition_id).scalar_subquery()
    found = _mails_with(conn, [carried[0].story], besides=mine)
    return _by_which(found, selection, deliveries.c.recipient_id == recipients.c.id)


def has_already(conn: Connection, schedule: str, story: int | None, selection: Selection) -> ColumnElement[bool]:
    """Return which subscribers in a query `had_before` would leave out of an edition of this schedule, if it came now.

    :param story: of the edition's one article; None: it has another number of them.
    """
    if not selection.never_twice or story is None:
        return false()
    theirs = select(recipients.c.id).where(recipients.c.subscriber_id == subscribers.c.id).correlate(subscribers)
    found = _mails_with(conn, [story], besides=schedule)
    return _by_which(found, selection, deliveries.c.recipient_id == theirs.scalar_subquery()).is_not(None)


def by_which(conn: Connection, subscriber_id: int, schedule: str, story: int | None, selection: Selection) -> str:
    """Return by which other schedule, and when, a person got a story; empty: by none."""
    if not selection.never_twice or story is None:
        return ""
    theirs = select(recipients.c.id).where(recipients.c.subscriber_id == subscriber_id).scalar_subquery()
    found = _mails_with(conn, [story], besides=schedule)
    return conn.execute(select(_by_which(found, selection, deliveries.c.recipient_id == theirs))).scalar_one() or ""


def _by_which(found: Sequence[Row[Any]], selection: Selection, theirs: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return by which of these mails a reader got their story, in words; NULL: by none.

    :param theirs: which deliveries are the reader's.
    """
    if not found:
        return null()
    under_way = [row.id for row in found if row.state in CLAIMABLE]
    has_it = or_(
        deliveries.c.state.in_(BROUGHT), and_(deliveries.c.state == D.PENDING, deliveries.c.send_id.in_(under_way))
    )
    words = case({row.id: _words(row, ZoneInfo(selection.zone)) for row in found}, value=deliveries.c.send_id)
    carried = deliveries.c.send_id.in_([row.id for row in found])
    return select(words).where(carried, theirs, has_it).order_by(deliveries.c.send_id).limit(1).scalar_subquery()


def _carried(conn: Connection, edition_id: int) -> Sequence[Row[Any]]:
    """Return the stories that an edition carries: what several sources tell is one."""
    query = select(_STORY.label("story")).join(edition_articles)
    carried = (edition_articles.c.edition_id == edition_id, edition_articles.c.position.is_not(None))
    return conn.execute(query.where(*carried)).all()


_STORY = func.coalesce(articles.c.story_id, articles.c.id)


def had_by_all(
    conn: Connection, schedule: str, list_names: Sequence[str], stories: Mapping[int, int]
) -> dict[int, str]:
    """Return which articles all readers of these lists have from other schedules already, and why that is so.

    Who joined since, or was quiet then, is not looked for: the list has it.

    :param stories: the articles, each with its story.
    """
    mails: dict[int, list[Row[Any]]] = {}
    for row in _mails_with(conn, sorted(set(stories.values())), besides=schedule) if list_names else ():
        if row.state in BEGUN and row.reached > 0 and not Selection.of(row.selection).condition:
            mails.setdefault(row.story, []).append(row)
    return {
        article_id: f"all of {' and '.join(list_names)} {_words(mails[story][0], UTC)}"
        for article_id, story in stories.items()
        if set(list_names) <= {name for row in mails.get(story, ()) for name in row.audience}
    }


def _mails_with(conn: Connection, stories: Sequence[int], *, besides: str | ColumnElement[str]) -> list[Row[Any]]:
    """Return the mails of editions with these stories, oldest first.

    :param besides: a schedule whose editions are left out.
    """
    told = or_(among(articles.c.id, stories), among(articles.c.story_id, stories))
    reached = (sends.c.pending + sends.c.taken + sends.c.sent + sends.c.unknown).label("reached")
    mail = (sends.c.id, sends.c.state, sends.c.started_at, sends.c.audience, sends.c.selection, reached)
    query = (
        select(_STORY.label("story"), editions.c.schedule, *mail)
        .select_from(articles.join(edition_articles).join(editions).join(sends, sends.c.edition_id == editions.c.id))
        .where(told, edition_articles.c.position.is_not(None), sends.c.kind == REGULAR, editions.c.schedule != besides)
        .where(is_for_real())
        .order_by(sends.c.id)
    )
    rows: Any = conn.execute(query)
    return [row for row in rows if row.audience]


def _words(mail: Row[Any], zone: tzinfo) -> str:
    if mail.started_at is None:
        return f"gets this article by {mail.schedule}"
    return f"got this article by {mail.schedule} on {mail.started_at.astimezone(zone):%Y-%m-%d}"
