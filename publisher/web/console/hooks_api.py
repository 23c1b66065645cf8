"""Webhooks, as programs look at them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import Depends, HTTPException
from pydantic import BaseModel, Field

from publisher.model.hook import HookKind, MessageState
from publisher.model.staff import May
from publisher.store import RowMapping, hook_messages, hooks
from publisher.store.hooks import Hook
from publisher.web.acts import Acts, Id
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut, number_in, pack
from publisher.web.door import needs

if TYPE_CHECKING:
    from publisher.app import App

MOST = 10_000  # messages that are counted


class HookSaid(BaseModel):
    """A webhook; its secret is never told again."""

    id: int
    address: str
    description: str
    events: list[HookKind] = Field(description="What it wants to hear of.")
    all_events: bool = Field(description="It also hears of what a later version may come to tell.")
    allow_private: bool = Field(description="It may stand in this machine's own network.")
    state: str = Field(description="`open`, `failing`, `paused` or `ended`.")
    why: str = Field(description="Why it is paused or has ended.")
    waiting: int = Field(description=f"Messages that wait; {MOST:,}: so many, or more.")
    made_at: datetime
    told_at: datetime | None = Field(description="When it took something last, to ten seconds.")
    failing_since: datetime | None
    rests_until: datetime | None = Field(description="It is told nothing before: it did not take what it was told.")
    paused_at: datetime | None
    ended_at: datetime | None
    old_secret_until: datetime | None = Field(description="So long the secret before the last change signs too.")


class MessageSaid(BaseModel):
    """A message of a webhook."""

    id: int
    webhook_id: str = Field(description="The header of that name: the same on each try.")
    type: HookKind
    state: MessageState
    happened_at: datetime
    tries: int
    next_try_at: datetime | None
    ended_at: datetime | None
    status: int | None = Field(description="Of HTTP, at the last try; null: no answer came, or it was not tried yet.")
    trouble: str = Field(description="Why the last try doesn't count as taken; empty: it does, or there was none.")


def add(app: App, acts: Acts) -> None:
    """Add the addresses that programs look at."""
    may_look = [Depends(needs(May.OPERATE))]

    @acts.api.get("/hooks", response_model=Page[HookSaid], dependencies=may_look)
    def every_hook(after: Mark = "", limit: Limit = PAGE) -> Page[HookSaid]:
        """List webhooks, by number."""
        with app.store.read() as conn:
            every = hooks.every(conn, after=number_in(after) or 0, limit=limit + 1)
            found, mark = cut(every, limit, lambda hook: pack(hook.id))
            said = [_hook(each, hook_messages.waiting(conn, each.id, MOST)) for each in found]
        return Page[HookSaid](items=said, after=mark)

    @acts.api.get("/hooks/{hook_id}", dependencies=may_look, summary="Look at a webhook")
    def one_hook(hook_id: Id) -> HookSaid:
        with app.store.read() as conn:
            found = hooks.get(conn, hook_id)
            waiting = hook_messages.waiting(conn, hook_id, MOST)
        if found is None:
            raise HTTPException(404, "There is no such webhook.")
        return _hook(found, waiting)

    @acts.api.get("/hooks/{hook_id}/messages", response_model=Page[MessageSaid], dependencies=may_look)
    def messages(
        hook_id: Id, state: MessageState | None = None, after: Mark = "", limit: Limit = PAGE
    ) -> Page[MessageSaid]:
        """List what a webhook was told, newest first."""
        with app.store.read() as conn:
            if hooks.get(conn, hook_id) is None:
                raise HTTPException(404, "There is no such webhook.")
            every = hook_messages.latest(conn, hook_id, before=number_in(after), state=state, limit=limit + 1)
        found, mark = cut(every, limit, lambda row: pack(row["id"]))
        return Page[MessageSaid](items=[_message(row) for row in found], after=mark)


def _hook(hook: Hook, waiting: int) -> HookSaid:
    names = ("id", "address", "description", "allow_private", "state", "made_at", "failing_since", "rests_until")
    said = {name: getattr(hook, name) for name in (*names, "paused_at", "ended_at")}
    return HookSaid(
        **said,
        events=list(hook.kinds),
        all_events=hook.wants_all,
        why=hook.ended_why or hook.paused_why,
        waiting=waiting,
        told_at=hook.said_at,
        old_secret_until=hook.old_until,
    )


def _message(row: RowMapping) -> MessageSaid:
    names = ("id", "state", "tries", "ended_at", "status")
    return MessageSaid(
        **{name: row[name] for name in names},
        webhook_id=row["key"],
        type=row["kind"],
        happened_at=row["made_at"],
        next_try_at=row["due_at"] if row["state"] == MessageState.WAITING else None,
        trouble=row["trouble"] or "",
    )
