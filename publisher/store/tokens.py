"""The tokens by which programs ask for somebody of the staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, update

from publisher.model.staff import May, Member
from publisher.store.staff import as_member
from publisher.store.tables import api_tokens, insert_row, staff

_OWNED = select(api_tokens, staff.c.name.label("owner")).join(staff, staff.c.id == api_tokens.c.staff_id)


def add(
    conn: Connection,
    staff_id: int,
    name: str,
    digest: str,
    scopes: Iterable[May],
    *,
    now: datetime,
    until: datetime | None,
) -> int:
    """Keep a token by its digest; return its number."""
    values = {"staff_id": staff_id, "name": name, "digest": digest, "scopes": sorted(scopes), "made_at": now}
    return insert_row(conn, api_tokens, **values, ends_at=until)


def every(conn: Connection, staff_id: int | None = None, *, before: int = 0, limit: int = 200) -> list[RowMapping]:
    """Return tokens with whose they are, newest first; ended ones too.

    :param staff_id: of one person alone.
    :param before: only those that were made before the one with this number; 0: from the newest on.
    """
    query = _OWNED if staff_id is None else _OWNED.where(api_tokens.c.staff_id == staff_id)
    query = query.where(api_tokens.c.id < before) if before else query
    return list(conn.execute(query.order_by(api_tokens.c.id.desc()).limit(limit)).mappings())


def get(conn: Connection, token_id: int) -> RowMapping | None:
    """Return a token with whose it is; None: there is no such number."""
    return conn.execute(_OWNED.where(api_tokens.c.id == token_id)).mappings().one_or_none()


def good(conn: Connection, staff_id: int, now: datetime) -> int:
    """Return how many tokens of somebody's are good for something."""
    query = select(func.count()).select_from(api_tokens).where(api_tokens.c.staff_id == staff_id, *_is_good(now))
    return int(conn.execute(query).scalar_one())


def _is_good(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return api_tokens.c.ended_at.is_(None), or_(api_tokens.c.ends_at.is_(None), api_tokens.c.ends_at > now)


def end(conn: Connection, token_id: int, now: datetime) -> bool:
    """End a token; say whether it was any good until now."""
    mine = (api_tokens.c.id == token_id, api_tokens.c.ended_at.is_(None))
    return conn.execute(update(api_tokens).where(*mine).values(ended_at=now)).rowcount == 1


def end_all(conn: Connection, staff_id: int, now: datetime) -> None:
    """End whatever tokens somebody has: they are none if they come back."""
    theirs = (api_tokens.c.staff_id == staff_id, api_tokens.c.ended_at.is_(None))
    conn.execute(update(api_tokens).where(*theirs).values(ended_at=now))


def owner(conn: Connection, digest: str, now: datetime) -> tuple[Member, int, datetime | None] | None:
    """Return for whom a token asks, its number, and when it was used last; None: it is no good."""
    is_good = (api_tokens.c.digest == digest, *_is_good(now), staff.c.ended_at.is_(None))
    token = (api_tokens.c.id.label("token_id"), api_tokens.c.scopes, api_tokens.c.used_at)
    query = select(staff, *token).join(api_tokens, api_tokens.c.staff_id == staff.c.id).where(*is_good)
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        return None
    member = replace(as_member(row), scopes=frozenset(May(scope) for scope in row["scopes"]))
    return member, row["token_id"], row["used_at"]


def see(conn: Connection, token_id: int, now: datetime) -> None:
    """Note that a token is used."""
    conn.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=now))
