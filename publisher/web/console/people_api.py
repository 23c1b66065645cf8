"""What the interface tells of people: who asks, who works here, where they are signed in, and their tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from publisher.app import sessions
from publisher.model.staff import May, Role
from publisher.store import RowMapping, permission
from publisher.store import tokens as token_ledger
from publisher.web.acts import Acts
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut, cut_by_name, number_in, pack, unpack
from publisher.web.console.people import HERE, Name, named, people_of
from publisher.web.door import needs
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

MANAGES = [Depends(needs(May.MANAGE))]


class Me(BaseModel):
    """For whom a token asks."""

    name: str
    role: Role
    may: list[May] = Field(description="What their role and the token's scopes reach, both.")


class Person(BaseModel):
    """One who works here, or did."""

    name: str
    role: Role
    since: datetime
    until: datetime | None = Field(description="Since then they work here no more.")
    has_password: bool = Field(description="False: they have not chosen one yet.")
    link_until: datetime | None = Field(description="Until when the link is good by which they choose a password.")
    locked_until: datetime | None = Field(description="Before then no password is looked at: too many were wrong.")
    sessions: int = Field(description="In how many browsers they are signed in.")
    seen_at: datetime | None


class Session(BaseModel):
    """A browser in which somebody is signed in."""

    name: str = Field(description="By which it is ended; it opens nothing.")
    made_at: datetime
    seen_at: datetime


class Token(BaseModel):
    """A token; the secret itself nobody keeps."""

    id: int
    name: str
    owner: str
    scopes: list[May]
    made_at: datetime
    ends_at: datetime | None = Field(description="Null: when somebody ends it.")
    used_at: datetime | None
    ended_at: datetime | None = Field(description="When somebody ended it.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Let the interface tell of people; return no page."""
    _add_people(app, acts)
    _add_tokens(app, acts)
    return APIRouter(default_response_class=HTMLResponse)


def _add_people(app: App, acts: Acts) -> None:
    @acts.api.get("/me")
    def me() -> Me:
        """Tell for whom this token asks, and how far it reaches."""
        member = permission.who()
        if member is None:
            raise HTTPException(401, "No such token.")
        return Me(name=member.name, role=member.role, may=[what for what in May if member.may(what)])

    @acts.api.get(HERE, response_model=Page[Person], dependencies=MANAGES)
    def people(after: Mark = "", limit: Limit = PAGE) -> Page[Person]:
        """List who works here or did, by name."""
        last = unpack(after, str)[0] if after else ""
        found, mark = cut(people_of(app, after=last, limit=limit + 1), limit, lambda row: pack(row["name"]))
        return Page[Person](items=[_person(row) for row in found], after=mark)

    @acts.api.get(f"{HERE}/{{name}}")
    def person(name: Name) -> Person:
        """Tell of one; admins of anybody."""
        return _person(_found(app, name))

    @acts.api.get(f"{HERE}/{{name}}/sessions", response_model=Page[Session])
    def signed_in(name: Name, after: Mark = "", limit: Limit = PAGE) -> Page[Session]:
        """List where somebody is signed in, seen last first; admins anybody's."""
        row = _found(app, name)
        every = [] if row["ended_at"] else sessions.sessions_of(app, row["name"])
        found, mark = cut_by_name(every, after, limit, lambda each: each.name)
        items = [Session(name=each.name, made_at=each.made_at, seen_at=each.seen_at) for each in found]
        return Page[Session](items=items, after=mark)


def _add_tokens(app: App, acts: Acts) -> None:
    @acts.api.get(f"{HERE}/{{name}}/tokens", response_model=Page[Token])
    def tokens_of(name: Name, after: Mark = "", limit: Limit = PAGE) -> Page[Token]:
        """List somebody's tokens, newest first; admins anybody's. Ended ones too."""
        return _tokens(app, _found(app, name)["id"], after, limit)

    @acts.api.get("/tokens", response_model=Page[Token], dependencies=MANAGES)
    def tokens(after: Mark = "", limit: Limit = PAGE) -> Page[Token]:
        """List everybody's tokens, newest first. Ended ones too."""
        return _tokens(app, None, after, limit)


def _found(app: App, name: str) -> RowMapping:
    """Return one, whom whoever asks may see: by a token of their own they see themselves, admins anybody."""
    name, member = named(name), permission.who()
    if member is None or member.name != name:
        permission.require(May.MANAGE)
    found = people_of(app, name=name)
    if not found:
        raise HTTPException(404, "Nobody of this name works here, or did.")
    return found[0]


def _person(row: RowMapping) -> Person:
    has_link = row["invitation"] is not None
    return Person(
        name=row["name"],
        role=Role(row["role"]),
        since=row["made_at"],
        until=row["ended_at"],
        has_password=row["password"] is not None,
        link_until=row["invited_until"] if has_link else None,
        locked_until=row["locked_until"],
        sessions=row["sessions"],
        seen_at=row["seen_at"],
    )


def _tokens(app: App, staff_id: int | None, after: str, limit: int) -> Page[Token]:
    with app.store.read() as conn:
        every = token_ledger.every(conn, staff_id, before=number_in(after) or 0, limit=limit + 1)
    found, mark = cut(every, limit, lambda row: pack(row["id"]))
    return Page[Token](items=[Token(**_named_fields(row)) for row in found], after=mark)


def _named_fields(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in Token.model_fields}
