"""The staff, where they are signed in, and what they did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, insert, select, update

from publisher.model.staff import Member, Role
from publisher.store.sql import insert_new
from publisher.store.tables import actions, insert_row, sessions, staff, update_row


def every(conn: Connection) -> list[Member]:
    """Return all who work here or did, by name."""
    return [as_member(row) for row in conn.execute(select(staff).order_by(staff.c.name)).mappings()]


def is_any(conn: Connection) -> bool:
    """Say whether anybody can sign in, now or by an invitation."""
    return conn.execute(select(staff.c.id).where(staff.c.ended_at.is_(None)).limit(1)).first() is not None


def overview(
    conn: Connection, now: datetime, idle_since: datetime, *, name: str = "", after: str = "", limit: int = 200
) -> list[RowMapping]:
    """Return those who work here or did, by name, each with how many `sessions` they have and when they were `seen_at`.

    :param name: of one alone.
    :param after: only those whose name comes after this one.
    """
    alive = (sessions.c.staff_id == staff.c.id, sessions.c.until > now, sessions.c.seen_at > idle_since)
    query = (
        select(staff, func.count(sessions.c.digest).label("sessions"), func.max(sessions.c.seen_at).label("seen_at"))
        .join(sessions, and_(*alive), isouter=True)
        .where(staff.c.name == name if name else staff.c.name > after)
        .group_by(staff.c.id)
        .order_by(staff.c.name)
        .limit(limit)
    )
    return list(conn.execute(query).mappings())


def find(conn: Connection, name: str) -> Member | None:
    row = conn.execute(select(staff).where(staff.c.name == name)).mappings().one_or_none()
    return None if row is None else as_member(row)


def row_of(conn: Connection, name: str, *, lock: bool = False) -> RowMapping | None:
    """Return all that is kept of one, to check a password by.

    :param lock: it stays so until the transaction ends.
    """
    query = select(staff).where(staff.c.name == name)
    return conn.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def add(conn: Connection, name: str, role: Role, *, now: datetime, actor: str) -> bool:
    """Let somebody work here; say whether nobody had that name."""
    return insert_new(conn, staff, name=name, role=role.value, made_at=now, made_by=actor)


def set_role(conn: Connection, staff_id: int, role: Role) -> None:
    """Give somebody another role; they sign in again."""
    _write(conn, staff_id, role=role.value)
    end_sessions(conn, staff_id)


def set_password(conn: Connection, staff_id: int, hashed: str, *, keep: str = "") -> None:
    """Give somebody another password, which ends their invitation and wherever they are signed in.

    :param keep: digest of the one session that stays.
    """
    _write(conn, staff_id, password=hashed, invitation=None, invited_until=None, failed=0, locked_until=None)
    end_sessions(conn, staff_id, but=keep)


def end(conn: Connection, staff_id: int, now: datetime) -> None:
    """Let somebody work here no more."""
    _write(conn, staff_id, ended_at=now, password=None, invitation=None)
    end_sessions(conn, staff_id)


def come_back(conn: Connection, staff_id: int, role: Role) -> None:
    """Let somebody work here again, who has to choose a password anew."""
    _write(conn, staff_id, ended_at=None, role=role.value)


def invite(conn: Connection, staff_id: int, digest: str, until: datetime) -> None:
    """Let whoever has the link choose their password, until then; an earlier link ends."""
    _write(conn, staff_id, invitation=digest, invited_until=until)


def invited(conn: Connection, digest: str, now: datetime, *, lock: bool = False) -> Member | None:
    """Return whose invitation this is; None where it has ended, or never was one.

    :param lock: it stays so until the transaction ends.
    """
    mine = (staff.c.invitation == digest, staff.c.invited_until > now, staff.c.ended_at.is_(None))
    query = select(staff).where(*mine)
    row = conn.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else as_member(row)


def note_failure(conn: Connection, staff_id: int, locked_until: datetime | None) -> None:
    """Count a wrong password."""
    _write(conn, staff_id, failed=func.coalesce(staff.c.failed, 0) + 1, locked_until=locked_until)


def note_success(conn: Connection, staff_id: int) -> None:
    _write(conn, staff_id, failed=0, locked_until=None)


def unlock(conn: Connection, staff_id: int, now: datetime) -> bool:
    """Look at passwords for somebody again; say whether none was looked at until now."""
    locked = (staff.c.id == staff_id, staff.c.locked_until > now)
    return conn.execute(update(staff).where(*locked).values(failed=0, locked_until=None)).rowcount == 1


def _write(conn: Connection, staff_id: int, **values: Any) -> None:
    conn.execute(update(staff).where(staff.c.id == staff_id).values(values))


def as_member(row: RowMapping) -> Member:
    has_password = row["password"] is not None
    return Member(row["id"], row["name"], Role(row["role"]), row["made_at"], row["ended_at"], has_password)


# --- sessions ---------------------------------------------------------------------------------------------------------


def begin_session(conn: Connection, digest: str, staff_id: int, *, now: datetime, until: datetime) -> None:
    """Sign somebody in; sessions that have ended go."""
    conn.execute(delete(sessions).where(sessions.c.until < now))
    conn.execute(insert(sessions).values(digest=digest, staff_id=staff_id, made_at=now, seen_at=now, until=until))


def signed_in(conn: Connection, digest: str, now: datetime, idle_since: datetime) -> tuple[Member, datetime] | None:
    """Return who is signed in by this, and when they were seen last; None where nobody is.

    :param idle_since: who was not seen since then has to sign in again.
    """
    mine = (sessions.c.digest == digest, sessions.c.until > now, sessions.c.seen_at > idle_since, _works_here())
    query = select(staff, sessions.c.seen_at).join(sessions, sessions.c.staff_id == staff.c.id).where(*mine)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else (as_member(row), row["seen_at"])


def _works_here() -> ColumnElement[bool]:
    return staff.c.ended_at.is_(None)


def see(conn: Connection, digest: str, now: datetime) -> None:
    """Note that a session is used."""
    conn.execute(update(sessions).where(sessions.c.digest == digest).values(seen_at=now))


def end_session(conn: Connection, digest: str) -> None:
    conn.execute(delete(sessions).where(sessions.c.digest == digest))


def sessions_of(conn: Connection, staff_id: int, now: datetime, idle_since: datetime) -> list[RowMapping]:
    """Return where somebody is signed in, seen last first."""
    alive = (sessions.c.staff_id == staff_id, sessions.c.until > now, sessions.c.seen_at > idle_since)
    query = select(sessions).where(*alive).order_by(sessions.c.seen_at.desc(), sessions.c.digest)
    return list(conn.execute(query).mappings())


def end_sessions(conn: Connection, staff_id: int, *, but: str = "") -> int:
    """Sign somebody out everywhere; return how many sessions that ended.

    :param but: digest of one that stays.
    """
    theirs = (sessions.c.staff_id == staff_id, sessions.c.digest != but)
    return conn.execute(delete(sessions).where(*theirs)).rowcount


# --- what they did ----------------------------------------------------------------------------------------------------


def write_down(conn: Connection, actor: str, what: str, *, about: str = "", now: datetime) -> int:
    """Keep who did what, in the transaction that does it; return the line's number."""
    return insert_row(conn, actions, at=now, actor=actor, what=what, about=about)


@dataclass(frozen=True, slots=True)
class Line:
    """Who does what, handed to whatever does it: so that both stand, or neither.

    :ivar what: in words; of what is done batch by batch, those for so many by now.
    :ivar id: of the line as it stands; 0: nothing was done yet.
    """

    actor: str
    what: str | Callable[[int], str]
    at: datetime
    about: str = ""
    count: int = 0
    id: int = 0


def note(conn: Connection, line: Line | None, more: int = 1) -> Line | None:
    """Write a line where something was done; return it as it stands, for the next batch of the same deed.

    :param line: None: nobody has to be named for what is done.
    :param more: how much this transaction does; 0: nothing.
    """
    if line is None or not more:
        return line
    count = line.count + more
    what = line.what if isinstance(line.what, str) else line.what(count)
    if line.id:
        update_row(conn, actions, line.id, {"what": what})
        return replace(line, count=count)
    return replace(line, count=count, id=write_down(conn, line.actor, what, about=line.about, now=line.at))


def done(conn: Connection, *, before: int = 0, limit: int = 100) -> list[RowMapping]:
    """Return what was done, newest first.

    :param before: only what was written down before the row with this id; 0: from the newest on.
    """
    query = select(actions).order_by(actions.c.id.desc()).limit(limit)
    return list(conn.execute(query.where(actions.c.id < before) if before else query).mappings())
