"""Tokens by which programs use the interface: each asks for one of the staff, within the scopes that it was given."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.app.staff import SEEN_EACH, digest, require
from publisher.errors import UsageError
from publisher.model.staff import May, Member
from publisher.store import permission, staff, tokens

if TYPE_CHECKING:
    from publisher.app.core import App

PREFIX = "pub_"  # by which people, and programs that look for leaked secrets, know one
LONGEST_NAME = 100
LONGEST_DAYS = 3_650


def add(app: App, owner: str, name: str, scopes: Iterable[May], *, days: int | None = None) -> str:
    """Make a token for somebody; return it, which nobody can do again. It never reaches further than their role.

    :param name: what it is for, in people's words.
    :param days: how long it is good for; None: until somebody ends it.
    :raises UsageError: they don't work here, or nothing is said of what it is for, or no scope.
    """
    wanted = frozenset(scopes) | {May.LOOK}
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"say what the token is for, in at most {LONGEST_NAME} characters")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise UsageError(f"a token is good for 1 to {LONGEST_DAYS:,} days, or until somebody ends it")
    token, now = PREFIX + secrets.token_urlsafe(32), app.clock()
    with permission.allowed(_needed(owner)), app.store.write() as conn:
        member = require(staff.find(conn, owner), owner)
        for scope in sorted(wanted):
            if not member.may(scope):
                raise UsageError(f"{owner} is {member.role.value}, which doesn’t reach as far as `{scope.value}`")
        until = None if days is None else now + timedelta(days=days)
        tokens.add(conn, member.id, name, digest(token), wanted, now=now, until=until)
        staff.write_down(conn, app.actor, f"made a token for {name}", about=f"staff:{owner}", now=now)
    return token


def end(app: App, token_id: int) -> None:
    """End a token, from its next use on.

    :raises UsageError: there is none, or it has ended.
    """
    now = app.clock()
    with app.store.read() as conn:
        found = next((row for row in tokens.every(conn) if row["id"] == token_id), None)
    if found is None:
        raise UsageError(f"there is no token {token_id}")
    with permission.allowed(_needed(found["owner"])), app.store.write() as conn:
        if not tokens.end(conn, token_id, now):
            raise UsageError(f"token {token_id} has ended already")
        what = f"ended the token for {found['name']}"
        staff.write_down(conn, app.actor, what, about=f"staff:{found['owner']}", now=now)


def who(app: App, token: str) -> Member | None:
    """Return for whom a token asks, and within which scopes; None: it is no good."""
    if not token.startswith(PREFIX):
        return None
    now = app.clock()
    with app.store.read() as conn:
        found = tokens.owner(conn, digest(token), now)
    if found is None:
        return None
    member, token_id, used_at = found
    if used_at is None or now - used_at > SEEN_EACH:
        with app.store.write() as conn:
            tokens.see(conn, token_id, now)
    return member


def _needed(owner: str) -> May:
    """Return what it takes to touch somebody's tokens: one's own are one's own business, but not by a token."""
    member = permission.who()
    is_own = member is not None and member.name == owner and member.scopes is None
    return May.LOOK if is_own else May.MANAGE
