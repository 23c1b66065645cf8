"""Where the staff are signed in, a password of one's own, and patience that an admin ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from publisher.app.staff import IDLE_FOR, digest, fault_of, hashed, is_right, needed_for, require
from publisher.errors import NotAllowedError, StaleError, UsageError
from publisher.model.counting import many
from publisher.model.staff import May
from publisher.store import permission, staff
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App

NAMED_BY = 16  # characters of a session's digest, which open nothing


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in."""

    name: str
    made_at: datetime
    seen_at: datetime
    is_this: bool  # by which this is asked


def sessions_of(app: App, name: str, token: str = "") -> list[Session]:
    """Return where somebody is signed in, seen last first.

    :param token: of the session by which this is asked.
    """
    now, this = app.clock(), digest(token)
    with app.store.read() as conn:
        member = require(staff.find(conn, name), name)
        rows = staff.sessions_of(conn, member.id, now, now - IDLE_FOR)
    return [
        Session(row["digest"][:NAMED_BY], row["made_at"], row["seen_at"], is_this=row["digest"] == this) for row in rows
    ]


def end_one(app: App, name: str, which: str) -> None:
    """End one session of somebody's.

    :raises UsageError: they don't work here.
    :raises StaleError: they have no such session any more.
    """
    now = app.clock()
    with allowed(needed_for(name)), app.store.write() as conn:
        member = require(staff.find(conn, name), name)
        rows = staff.sessions_of(conn, member.id, now, now - IDLE_FOR)
        found = next((row["digest"] for row in rows if row["digest"][:NAMED_BY] == which), None)
        if found is None:
            raise StaleError(f"{name} has no such session any more")
        staff.end_session(conn, found)
        _write_down(app, conn, f"signed {name} out in one place", name, now)


def end_all(app: App, name: str, *, but: str = "") -> int:
    """End the sessions of somebody; return how many that were.

    :param but: token of one that stays.
    :raises UsageError: they don't work here.
    """
    now = app.clock()
    with allowed(needed_for(name)), app.store.write() as conn:
        member = require(staff.find(conn, name), name)
        ended = staff.end_sessions(conn, member.id, but=digest(but))
        _write_down(app, conn, f"signed {name} out in {many(ended, 'place')}", name, now)
    return ended


def change_password(app: App, present: str, wanted: str, *, token: str) -> None:
    """Let whoever asks choose another password, who knows the present one; it ends all their sessions but this.

    :param token: of the session by which this is asked.
    :raises UsageError: the present one is wrong, or the other won't do.
    :raises NotAllowedError: no member asks, or a program does for one.
    """
    member = permission.who()
    if member is None or member.scopes is not None:
        raise NotAllowedError("a password is chosen by whoever is signed in, and by no token")
    now = app.clock()
    with app.store.read() as conn:
        row = staff.row_of(conn, member.name)
    if row is None or row["password"] is None or not is_right(present, row["password"]):
        raise UsageError("the present password is wrong")
    if fault := fault_of(wanted, member.name):
        raise UsageError(f"this password won't do: {fault}")
    kept = hashed(wanted)  # outside the transaction: it takes its time
    with allowed(May.LOOK), app.store.write() as conn:
        now_kept = staff.row_of(conn, member.name, lock=True)
        if now_kept is None or now_kept["password"] != row["password"]:
            raise StaleError("your password was changed meanwhile")
        staff.set_password(conn, member.id, kept, keep=digest(token))
        _write_down(app, conn, "chose another password", member.name, now)


@allowed(May.MANAGE)
def unlock(app: App, name: str) -> None:
    """Look at passwords for somebody again, before their wait is over.

    :raises UsageError: they don't work here, or nobody keeps them waiting.
    """
    now = app.clock()
    with app.store.write() as conn:
        member = require(staff.find(conn, name), name)
        if not staff.unlock(conn, member.id, now):
            raise StaleError(f"passwords for {name} are looked at already")
        _write_down(app, conn, f"let passwords for {name} be looked at again", name, now)


def _write_down(app: App, conn: Connection, what: str, name: str, now: datetime) -> None:
    staff.write_down(conn, app.actor, what, about=f"staff:{name}", now=now)
