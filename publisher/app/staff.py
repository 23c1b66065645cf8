"""Signing in: passwords that are hashed, sessions that the server keeps, and patience with whoever guesses."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from publisher.app.guessing import wait_after
from publisher.errors import MissingError, UsageError
from publisher.model.staff import May, Member, Role
from publisher.store import permission, staff, tokens
from publisher.store.permission import allowed
from publisher.store.sql import take_turn

if TYPE_CHECKING:
    from publisher.app.core import App

SHORTEST, LONGEST = 12, 200  # characters of a password
INVITED_FOR = timedelta(days=2)
SIGNED_IN_FOR = timedelta(days=14)
IDLE_FOR = timedelta(hours=12)
SEEN_EACH = timedelta(minutes=5)  # how often the ledger is told that a session is used
ME = "me"  # in addresses: whoever asks
NAME = re.compile(r"[a-z][a-z0-9._-]{0,39}")
# What OWASP asks of Argon2id (19 MB, two rounds), doubled: 0.15 s of this machine's.
MEMORY, ROUNDS = 38_912, 3
_HASHING = BoundedSemaphore(2)  # a flood of passwords must not take all memory


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of trying to sign in."""

    member: Member | None
    token: str = ""  # for the browser to keep
    wait_until: datetime | None = None  # too many wrong passwords: none is looked at before then


def hashed(password: str) -> str:
    """Return a password as it is kept."""
    with _HASHING:
        kdf = Argon2id(salt=os.urandom(16), length=32, iterations=ROUNDS, lanes=1, memory_cost=MEMORY)
        return kdf.derive_phc_encoded(password.encode())


def is_right(password: str, kept: str) -> bool:
    """Say whether this is the password that is kept."""
    try:
        with _HASHING:
            Argon2id.verify_phc_encoded(password.encode(), kept)
    except (InvalidKey, ValueError):
        return False
    return True


_NOBODYS = hashed(secrets.token_urlsafe())  # so that a name that nobody has takes as long as one that somebody has


def require_name(name: str) -> str:
    """Return a name that somebody may have.

    :raises UsageError: nobody may.
    """
    if not NAME.fullmatch(name) or name == ME:
        remedy = "Take small letters and digits, and begin with a letter: anna, j.smith"
        raise UsageError(f"{name!r} can't be anybody's name here", remedy=remedy)
    return name


def fault_of(password: str, name: str) -> str:
    """Return why a password won't do; empty: it will."""
    if len(password) < SHORTEST:
        return f"it has fewer than {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if name in password.lower():
        return "your name is in it"
    return "it is one character again and again" if len(set(password)) < 4 else ""


@allowed(May.MANAGE)
def add(app: App, name: str, role: Role, actor: str) -> str:
    """Let somebody work here; return the end of the link by which they choose their password.

    :raises UsageError: somebody has that name.
    """
    require_name(name)
    now = app.clock()
    with app.store.write() as conn:
        before = staff.find(conn, name)
        if before is not None and before.ended_at is None:
            remedy = f"Another role: publisher staff role {name} {role.value}"
            raise UsageError(f"{name} works here already, as {before.role.value}", remedy=remedy)
        if before is None:
            staff.add(conn, name, role, now=now, actor=actor)
        else:
            staff.come_back(conn, before.id, role)
        staff.write_down(conn, actor, f"let {name} work here as {role.value}", about=f"staff:{name}", now=now)
    return invite(app, name, actor)


@allowed(May.MANAGE)
def invite(app: App, name: str, actor: str) -> str:
    """Return the end of a new link by which somebody chooses their password; one that was there before ends."""
    token, now = secrets.token_urlsafe(24), app.clock()
    with app.store.write() as conn:
        member = require(staff.find(conn, name), name)
        staff.invite(conn, member.id, digest(token), now + INVITED_FOR)
        staff.write_down(conn, actor, f"made a link for {name}", about=f"staff:{name}", now=now)
    return f"/welcome/{token}"


def require(member: Member | None, name: str) -> Member:
    """Return somebody who works here.

    :raises UsageError: they don't.
    """
    if member is None or member.ended_at is not None:
        raise MissingError(f"nobody called {name!r} works here", remedy="See who does: publisher staff list")
    return member


@allowed(May.MANAGE)
def set_role(app: App, name: str, role: Role, actor: str) -> None:
    """Give somebody another role, which signs them out.

    :raises UsageError: they don't work here, or nobody would be left who manages.
    """
    now = app.clock()
    with app.store.write() as conn:
        take_turn(conn, "staff")  # two admins at once would each count on the other
        member = require(staff.find(conn, name), name)
        if role is not Role.ADMIN:
            _keep_an_admin(staff.every(conn), member)
        staff.set_role(conn, member.id, role)
        staff.write_down(conn, actor, f"made {name} {role.value}", about=f"staff:{name}", now=now)


@allowed(May.MANAGE)
def end(app: App, name: str, actor: str) -> None:
    """Let somebody work here no more, and sign them out everywhere.

    :raises UsageError: they don't work here, or nobody would be left who manages.
    """
    now = app.clock()
    with app.store.write() as conn:
        take_turn(conn, "staff")
        member = require(staff.find(conn, name), name)
        _keep_an_admin(staff.every(conn), member)
        staff.end(conn, member.id, now)
        tokens.end_all(conn, member.id, now)
        staff.write_down(conn, actor, f"let {name} go", about=f"staff:{name}", now=now)


def needed_for(name: str) -> May:
    """Return what it takes to touch what is somebody's: one's own is one's own business, but not by a token."""
    member = permission.who()
    is_own = member is not None and member.name == name and member.scopes is None
    return May.LOOK if is_own else May.MANAGE


def _keep_an_admin(everyone: list[Member], but: Member) -> None:
    others = [each for each in everyone if each.role is Role.ADMIN and each.ended_at is None and each.id != but.id]
    if but.role is Role.ADMIN and not others and any(each.ended_at is None for each in everyone if each.id != but.id):
        remedy = "Make another one admin first: publisher staff role NAME admin"
        raise UsageError(f"the only admin is {but.name}", remedy=remedy)


def choose_password(app: App, invitation: str, password: str) -> Entered:
    """Let whoever has an invitation choose a password, and sign them in.

    :raises UsageError: the password won't do.
    """
    now = app.clock()
    with app.store.read() as conn:
        member = staff.invited(conn, digest(invitation), now)
    if member is None:
        return Entered(None)
    if fault := fault_of(password, member.name):
        raise UsageError(f"this password won't do: {fault}")
    kept = hashed(password)  # outside the transaction: it takes its time
    with app.store.write() as conn:
        member = staff.invited(conn, digest(invitation), now, lock=True)
        if member is None:
            return Entered(None)
        staff.set_password(conn, member.id, kept)
        staff.write_down(conn, member.actor, "chose a password", about=f"staff:{member.name}", now=now)
    return _entered(app, member, kept)


def set_up(app: App, name: str, password: str) -> Entered:
    """Make the first of all who work here, an admin, and sign them in.

    :raises UsageError: name or password won't do, or somebody works here already.
    """
    require_name(name)
    if fault := fault_of(password, name):
        raise UsageError(f"this password won't do: {fault}")
    kept, now = hashed(password), app.clock()
    with app.store.write() as conn:
        take_turn(conn, "staff")
        if staff.is_any(conn) or not staff.add(conn, name, Role.ADMIN, now=now, actor=f"console:{name}"):
            raise UsageError("somebody works here already", remedy="Sign in, or let an admin invite you")
        member = require(staff.find(conn, name), name)
        staff.set_password(conn, member.id, kept)
        staff.write_down(conn, member.actor, "set this console up", about=f"staff:{name}", now=now)
    return _entered(app, member, kept)


def sign_in(app: App, name: str, password: str) -> Entered:
    """Look whether somebody is who they say; whoever guesses waits longer each time."""
    now = app.clock()
    with app.store.read() as conn:
        row = staff.row_of(conn, name)
    if row is None or row["password"] is None:
        return Entered(None, wait_until=_note_stranger(app, name, password, now))
    if row["locked_until"] is not None and row["locked_until"] > now:
        return Entered(None, wait_until=row["locked_until"])
    if not is_right(password, row["password"]):
        return Entered(None, wait_until=_note_failure(app, name, now))
    return _entered(app, staff.as_member(row), row["password"])


def _note_stranger(app: App, name: str, password: str, now: datetime) -> datetime | None:
    """Be as patient with a name that nobody has as with one that somebody has: neither tells itself by that."""
    if (until := app.strangers.wait_until(name, now)) is not None:
        return until
    is_right(password, _NOBODYS)
    return app.strangers.note(name, now)


def _note_failure(app: App, name: str, now: datetime) -> datetime | None:
    with app.store.write() as conn:
        row = staff.row_of(conn, name, lock=True)
        assert row is not None  # noqa: S101 -- it was there a moment ago, and is never deleted
        until = wait_after((row["failed"] or 0) + 1, now)
        staff.note_failure(conn, row["id"], until)
        if until is not None:
            what = f"wrong passwords for {name}: none is looked at until {until:%H:%M} UTC"
            staff.write_down(conn, "publisher", what, about=f"staff:{name}", now=now)
    return until


def _entered(app: App, member: Member, password: str) -> Entered:
    """Begin a session, unless what was looked at has changed since: another password ends what came by the old one.

    :param password: as it was kept when it was looked at.
    """
    token, now = secrets.token_urlsafe(32), app.clock()
    with app.store.write() as conn:
        row = staff.row_of(conn, member.name, lock=True)
        if row is None or row["password"] != password:
            return Entered(None)
        staff.note_success(conn, member.id)
        staff.begin_session(conn, digest(token), member.id, now=now, until=now + SIGNED_IN_FOR)
        staff.write_down(conn, member.actor, "signed in", about=f"staff:{member.name}", now=now)
    return Entered(member, token)


def who(app: App, token: str) -> Member | None:
    """Return who is signed in by what a browser keeps; None where nobody is."""
    if not token:
        return None
    now = app.clock()
    with app.store.read() as conn:
        found = staff.signed_in(conn, digest(token), now, now - IDLE_FOR)
    if found is None:
        return None
    member, seen_at = found
    if now - seen_at > SEEN_EACH:
        with app.store.write() as conn:
            staff.see(conn, digest(token), now)
    return member


def roles_of(app: App, sessions: Collection[str]) -> dict[str, Role]:
    """Return who of these is still signed in, with their role, by the digest of what their browser keeps.

    To be looked at so is no use of a session: it ends by itself as if nobody had asked.
    """
    now = app.clock()
    with app.store.read() as conn:
        each = {session: staff.signed_in(conn, session, now, now - IDLE_FOR) for session in sessions}
    return {session: found[0].role for session, found in each.items() if found is not None}


def sign_out(app: App, token: str) -> None:
    """End what a browser keeps."""
    with permission.by_itself(), app.store.write() as conn:
        staff.end_session(conn, digest(token))


def digest(token: str) -> str:
    """Return by what a secret is known in the ledger."""
    return sha256(token.encode()).hexdigest()
