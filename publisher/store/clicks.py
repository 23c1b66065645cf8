"""Links of mails that are counted: where each leads, and how often it was followed in which hour; never by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from publisher.store.sql import upsert
from publisher.store.tables import clicks, sends, tracked_links


@dataclass(frozen=True, slots=True)
class Link:
    """A counted link."""

    id: int
    url: str
    send_id: int
    sent_at: datetime | None  # when the first reader got it; None: nobody has


@dataclass(frozen=True, slots=True)
class Followed:
    """How often a link of a send was followed."""

    send_id: int
    url: str
    count: int


def ensure(conn: Connection, send_id: int, urls: Iterable[str]) -> dict[str, int]:
    """Return the ids of a send's links by their addresses; those that are new are written down."""
    rows = [{"send_id": send_id, "url": url} for url in dict.fromkeys(urls)]
    if rows:
        conn.execute(upsert(conn, tracked_links).on_conflict_do_nothing(), rows)
    return {url: link_id for link_id, url in targets(conn, send_id).items()}


def targets(conn: Connection, send_id: int) -> Mapping[int, str]:
    """Return where the counted links of a send lead, by their ids; nothing where none is counted."""
    query = select(tracked_links.c.id, tracked_links.c.url).where(tracked_links.c.send_id == send_id)
    return {row.id: row.url for row in conn.execute(query.order_by(tracked_links.c.id))}


def find(conn: Connection, link_id: int) -> Link | None:
    query = select(tracked_links, sends.c.started_at).join(sends).where(tracked_links.c.id == link_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else Link(row.id, row.url, row.send_id, row.started_at)


def count(conn: Connection, link_id: int, now: datetime) -> None:
    """Count that a link was followed, in the hour in which it was."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    made = upsert(conn, clicks).values(link_id=link_id, hour=hour, count=1)
    one_more = {"count": clicks.c.count + 1}
    conn.execute(made.on_conflict_do_update(index_elements=[clicks.c.link_id, clicks.c.hour], set_=one_more))


def of_edition(conn: Connection, edition_id: int) -> list[Followed]:
    """Return how often each counted link of an edition was followed: send by send, the most followed first."""
    total = func.coalesce(func.sum(clicks.c.count), 0)
    query = (
        select(tracked_links.c.send_id, tracked_links.c.url, total.label("total"))
        .join(sends, sends.c.id == tracked_links.c.send_id)
        .outerjoin(clicks, clicks.c.link_id == tracked_links.c.id)
        .where(sends.c.edition_id == edition_id)
        .group_by(tracked_links.c.id, tracked_links.c.send_id, tracked_links.c.url)
        .order_by(tracked_links.c.send_id, total.desc(), tracked_links.c.id)
    )
    return [Followed(row.send_id, row.url, int(row.total)) for row in conn.execute(query)]
