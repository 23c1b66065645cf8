"""What readers already have of other schedules: `never_twice:` keeps it from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, null, or_, select

from publisher.model.segment import Selection
from publisher.model.states import DeliveryState, SendState
from publisher.store.sends import CLAIMABLE, REGULAR
from publisher.store.sql import among, take_turn
from publisher.store.tables import articles, deliveries, edition_articles, editions, recipients, sends

D = DeliveryState
BROUGHT = (D.SENT, D.UNKNOWN, D.TAKEN)  # it has arrived, or may have
BEGUN = (SendState.SENDING, SendState.DONE)
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
    found = _mails_with(conn, [carried[0].story], besides=edition_id)
    if not found:
        return null()
    under_way = [row.id for row in found if row.state in CLAIMABLE]
    has_it = or_(
        deliveries.c.state.in_(BROUGHT), and_(deliveries.c.state == D.PENDING, deliveries.c.send_id.in_(under_way))
    )
    words = case({row.id: _words(row, ZoneInfo(selection.zone)) for row in found}, value=deliveries.c.send_id)
    theirs = (deliveries.c.send_id.in_([row.id for row in found]), deliveries.c.recipient_id == recipients.c.id)
    return select(words).where(*theirs, has_it).order_by(deliveries.c.send_id).limit(1).scalar_subquery()


def _carried(conn: Connection, edition_id: int) -> Sequence[Row[Any]]:
    """Return the stories that an edition carries: what several sources tell is one."""
    query = select(_STORY.label("story")).join(edition_articles)
    carried = (edition_articles.c.edition_id == edition_id, edition_articles.c.position.is_not(None))
    return conn.execute(query.where(*carried)).all()


_STORY = func.coalesce(articles.c.story_id, articles.c.id)


def _mails_with(conn: Connection, stories: Sequence[int], *, besides: int | None = None) -> list[Row[Any]]:
    """Return the mails of editions with one of these stories, oldest first.

    :param besides: an edition whose schedule is left out.
    """
    told = or_(among(articles.c.id, stories), among(articles.c.story_id, stories))
    carrying = select(edition_articles.c.edition_id).join(articles)
    carrying = carrying.where(told, edition_articles.c.position.is_not(None))
    query = (
        select(sends.c.id, sends.c.state, sends.c.started_at, sends.c.audience, editions.c.schedule)
        .join(editions)
        .where(sends.c.edition_id.in_(carrying), sends.c.kind == REGULAR)
        .order_by(sends.c.id)
    )
    mine = select(editions.c.schedule).where(editions.c.id == besides).scalar_subquery()
    rows: Any = conn.execute(query.where(editions.c.schedule != mine))
    return [row for row in rows if row.audience]


def _words(mail: Row[Any], zone: ZoneInfo) -> str:
    if mail.started_at is None:
        return f"gets this article by {mail.schedule}"
    return f"got this article by {mail.schedule} on {mail.started_at.astimezone(zone):%Y-%m-%d}"
