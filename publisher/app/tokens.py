"""Tokens by which programs use the interface: each asks for one of the staff, within the scopes that it was given."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.app.staff import SEEN_EACH, digest, needed_for, require
from publisher.errors import MissingError, NotAllowedError, UsageError
from publisher.model.staff import May, Member
from publisher.store import permission, staff, tokens

if TYPE_CHECKING:
    from publisher.app.core import App

PREFIX = "pub_"  # by which people, and programs that look for leaked secrets, know one
LONGEST_NAME = 100
LONGEST_DAYS = 3_650
MOST = 50  # good ones of one person


def add(app: App, owner: str, name: str, scopes: Iterable[May], *, days: int | None = None) -> str:
    """Make a token for somebody; return it, which nobody can do again. It never reaches further than their role.

    :param name: what it is for, in people's words.
    :param days: how long it is good for; None: until somebody ends it.
    :raises UsageError: they don't work here, or nothing is said of what it is for, or they have too many.
    :raises NotAllowedError: whoever asks may not, or asks by a token that doesn't reach so far itself.
    """
    wanted = frozenset(scopes) | {May.LOOK}
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"say what the token is for, in at most {LONGEST_NAME} characters")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise UsageError(f"a token is good for 1 to {LONGEST_DAYS:,} days, or until somebody ends it")
    token, now = PREFIX + secrets.token_urlsafe(32), app.clock()
    with permission.allowed(needed_for(owner)), app.store.write() as conn:
        member = require(staff.find(conn, owner), owner)
        _require_reach(member, wanted)
        if tokens.good(conn, member.id, now) >= MOST:
            raise UsageError(f"{owner} has {MOST} tokens already", remedy="End one that isn't used any more")
        until = None if days is None else now + timedelta(days=days)
        tokens.add(conn, member.id, name, digest(token), wanted, now=now, until=until)
        staff.write_down(conn, app.actor, f"made a token for {name}", about=f"staff:{owner}", now=now)
    return token


def end(app: App, token_id: int) -> str:
    """End a token, from its next use on; return whose it was.

    :raises UsageError: there is none, or it has ended.
    """
    now = app.clock()
    with app.store.read() as conn:
        found = tokens.get(conn, token_id)
    needed = May.MANAGE if found is None else needed_for(found["owner"])
    with permission.allowed(needed), app.store.write() as conn:
        if found is None:
            raise MissingError(f"there is no token {token_id}")
        if not tokens.end(conn, token_id, now):
            raise UsageError(f"token {token_id} has ended already")
        what = f"ended the token for {found['name']}"
        staff.write_down(conn, app.actor, what, about=f"staff:{found['owner']}", now=now)
    return str(found["owner"])


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


def _require_reach(owner: Member, wanted: Iterable[May]) -> None:
    """Refuse scopes beyond a role, and those that a token by which this is asked doesn't have itself."""
    asked_by = permission.who()
    for scope in sorted(wanted):
        if not owner.may(scope):
            raise UsageError(f"{owner.name} is {owner.role.value}, which doesn’t reach as far as `{scope.value}`")
        if asked_by is not None and not asked_by.may(scope):
            raise NotAllowedError(asked_by.why_not(scope))
