"""What channels were given by their providers for a while, sealed: one at a time gets a new one, all find it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, select, update

from publisher.model.states import ENDED
from publisher.store.sql import insert_new
from publisher.store.tables import credentials, sends


@dataclass(frozen=True, slots=True)
class Sealed:
    """A credential as it is kept: who has no key can't read it."""

    key_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands under a name."""

    sealed: Sealed | None  # None: nothing was kept yet
    version: int = 0  # one more with every renewal
    renewing_until: datetime | None = None  # somebody is getting a new one, until then at the latest


def get(conn: Connection, channel: str, name: str) -> Sealed | None:
    """Return what is kept under a name of a channel's; None where nothing is."""
    return _read(conn, channel, name).sealed


def known(conn: Connection, channel: str) -> list[RowMapping]:
    """Return what a channel has, without what it says: ``name``, ``changed_at``, ``ends_at``."""
    query = select(credentials.c.name, credentials.c.changed_at, credentials.c.ends_at)
    mine = query.where(credentials.c.channel == channel, credentials.c.sealed.is_not(None))
    return list(conn.execute(mine.order_by(credentials.c.name)).mappings())


def lock(conn: Connection, channel: str, name: str) -> Kept:
    """Return the same, its row made and locked."""
    insert_new(conn, credentials, channel=channel, name=name, version=0)
    return _read(conn, channel, name, lock=True)


def begin(conn: Connection, channel: str, name: str, until: datetime) -> None:
    """Say that a new one is being got; the row is locked."""
    conn.execute(update(credentials).where(_at(channel, name)).values(renewing_until=until))


def leave(conn: Connection, channel: str, name: str) -> None:
    """Say that nobody gets a new one any more; the row is locked."""
    conn.execute(update(credentials).where(_at(channel, name)).values(renewing_until=None))


def keep(
    conn: Connection, channel: str, name: str, sealed: Sealed, *, now: datetime, ends_at: datetime | None = None
) -> None:
    """Keep a new one in place of the old; the row is locked.

    :param ends_at: when a person has to get another one; None: never, or nobody knows.
    """
    new = {"key_id": sealed.key_id, "sealed": sealed.content, "renewing_until": None, "changed_at": now}
    new["ends_at"] = ends_at
    row = update(credentials).where(_at(channel, name))
    conn.execute(row.values(version=credentials.c.version + 1, **new))


def notice_gone(conn: Connection, channels: Sequence[str], now: datetime) -> None:
    """Note whose channel schedules.yaml has no more, and whose is back.

    :param channels: those of schedules.yaml.
    """
    is_there = credentials.c.channel.in_(channels)
    conn.execute(update(credentials).where(is_there, credentials.c.gone_at.is_not(None)).values(gone_at=None))
    conn.execute(update(credentials).where(~is_there, credentials.c.gone_at.is_(None)).values(gone_at=now))


def forget_gone(conn: Connection, before: datetime) -> list[str]:
    """Drop what channels had that are gone since before a moment, and by which nothing waits to go; name them."""
    waits = select(sends.c.channel).where(sends.c.state.not_in(ENDED))
    over = and_(credentials.c.gone_at < before, credentials.c.channel.not_in(waits))
    names = conn.execute(select(credentials.c.channel).where(over).distinct()).scalars().all()
    conn.execute(delete(credentials).where(over))
    return sorted(names)


def of_others(conn: Connection, channels: Sequence[str]) -> list[str]:
    """Return the channels besides these that have something here."""
    query = select(credentials.c.channel).where(credentials.c.channel.not_in(channels)).distinct()
    return sorted(conn.execute(query).scalars())


def _read(conn: Connection, channel: str, name: str, *, lock: bool = False) -> Kept:
    query = select(credentials).where(_at(channel, name))
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return Kept(None)
    sealed = Sealed(row.key_id, bytes(row.sealed)) if row.sealed is not None else None
    return Kept(sealed, row.version, row.renewing_until)


def _at(channel: str, name: str) -> ColumnElement[bool]:
    return and_(credentials.c.channel == channel, credentials.c.name == name)
