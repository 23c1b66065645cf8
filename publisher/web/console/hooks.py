"""Webhooks: who is told of what, what each was told, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from publisher.app import hooks as verbs
from publisher.app.speaking import body_of
from publisher.model.hook import MEANING, TO_CHOOSE, HookKind, MessageState
from publisher.model.staff import May
from publisher.speech.phrases import _, ngettext
from publisher.store import RowMapping, hook_messages, hooks
from publisher.store.hook_messages import Waiting
from publisher.store.hooks import Hook
from publisher.web.acts import Acts, Done, Id, Words
from publisher.web.console import hooks_api
from publisher.web.console.addresses import address
from publisher.web.door import needs
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

PAGE = 50  # messages
MOST = 10_000  # messages that are counted
Before = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


class Added(Words):
    """A webhook that is to be told from now on."""

    address: str = Field(max_length=2_000, description="https, or http to this machine.")
    on: tuple[HookKind, ...] = Field((), description="What it wants to hear of; empty: all there is.", max_length=50)
    description: str = Field("", max_length=verbs.LONGEST, description="What it is for.")
    allow_private: bool = Field(False, description="It may stand in this machine's own network.")


class Why(Words):
    """Why a webhook is paused."""

    why: str = Field("", max_length=verbs.LONGEST)


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of webhooks."""
    router = APIRouter(
        default_response_class=HTMLResponse, dependencies=[Depends(needs(May.OPERATE))]
    )  # an address may hold a secret
    _add_acts(app, acts, lambda said, wrong, status: shown(said, wrong, status))
    hooks_api.add(app, acts)

    @router.get("/hooks")
    def every_hook() -> Response:
        return shown()

    def shown(said: Mapping[str, Any] | None = None, wrong: str = "", status: int = 200) -> Response:
        """Return the page of all webhooks.

        :param said: what was typed to add one, where that won't do.
        """
        with app.store.read() as conn:
            found = [(each, hook_messages.waiting(conn, each.id, MOST)) for each in hooks.every(conn)]
        choice = [(kind, MEANING[kind]) for kind in TO_CHOOSE]
        said = {"address": "", "on": [], "description": "", "allow_private": ""} | dict(said or {})
        return pages.page(
            "hooks.html", status=status, here="hooks", hooks=found, most=MOST, choice=choice, said=said, wrong=wrong
        )

    @router.get("/hooks/{hook_id}")
    def one_hook(hook_id: Id, state: MessageState | None = None, before: Before = None) -> Response:
        hook = _found(app, hook_id)
        with app.store.read() as conn:
            found = hook_messages.latest(conn, hook_id, before=before, state=state, limit=PAGE + 1)
            waiting = hook_messages.waiting(conn, hook_id, MOST)
            given_up = hook_messages.given_up(conn, hook_id, MOST)
        here = f"/hooks/{hook_id}"
        older = address(here, state=state, before=found[PAGE - 1]["id"]) if len(found) > PAGE else ""
        return pages.page(
            "hook.html",
            here="hooks",
            hook=hook,
            messages=found[:PAGE],
            waiting=waiting,
            given_up=given_up,
            most=MOST,
            state=state,
            states=[(each, address(here, state=each)) for each in MessageState],
            older=older,
            newest=address(here, state=state) if before else "",
        )

    @router.get("/hooks/{hook_id}/messages/{number}")
    def one_message(hook_id: Id, number: Id) -> Response:
        hook = _found(app, hook_id)
        with app.store.read() as conn:
            row = hook_messages.get(conn, hook_id, number)
            tries = hook_messages.tries_of(conn, number) if row is not None else []
        if row is None:
            raise HTTPException(404, _("There is no such message, or it was dropped after 30 days."))
        return pages.page("hook_message.html", here="hooks", hook=hook, message=row, tries=tries, payload=_payload(row))

    return router


def _add_acts(app: App, acts: Acts, again: Any) -> None:
    @acts.post("/hooks", may=May.OPERATE, back="/hooks", again=again)
    def add_hook(said: Added) -> Done:
        """Tell an address from now on. The answer holds its secret, which nobody can ask for again."""
        number, secret = verbs.add(
            app, said.address, said.on, description=said.description, allow_private=said.allow_private
        )
        where = f"/hooks/{number}"
        words = _(
            "Webhook %(id)s is told from now on. This is its secret, by which a receiver knows that we speak.",
            id=str(number),
        )
        return Done(said=words, where=where, id=number, secret=secret)

    @acts.post("/hooks/{hook_id}/rotate", may=May.OPERATE, back="/hooks/{hook_id}")
    def rotate_secret(hook_id: Id) -> Done:
        """Give a webhook another secret; for a day the one before it signs too."""
        secret = verbs.rotate(app, hook_id)
        words = _("Webhook %(id)s has another secret. For a day the one before it signs too.", id=str(hook_id))
        return Done(said=words, id=hook_id, secret=secret)

    @acts.post("/hooks/{hook_id}/test", may=May.OPERATE, back="/hooks/{hook_id}")
    def send_test_event(hook_id: Id) -> Done:
        """Send a test event."""
        message = verbs.test(app, hook_id)
        return Done(
            said=_("Message %(number)s is said soon; look at what comes of it.", number=str(message)), id=message
        )

    @acts.post("/hooks/{hook_id}/pause", may=May.OPERATE, back="/hooks/{hook_id}")
    def pause_hook(hook_id: Id, said: Why) -> Done:
        """Say nothing to a webhook; what happens meanwhile it is never told."""
        verbs.pause(app, hook_id, said.why)
        return Done(said=_("Webhook %(id)s is paused.", id=str(hook_id)), id=hook_id)

    @acts.post("/hooks/{hook_id}/resume", may=May.OPERATE, back="/hooks/{hook_id}")
    def resume_hook(hook_id: Id) -> Done:
        """Tell a webhook again, first what waits."""
        verbs.resume(app, hook_id)
        return Done(said=_("Webhook %(id)s is told again.", id=str(hook_id)), id=hook_id)

    @acts.post("/hooks/{hook_id}/end", may=May.OPERATE, back="/hooks/{hook_id}")
    def end_hook(hook_id: Id) -> Done:
        """Tell a webhook nothing any more, for good."""
        verbs.end(app, hook_id)
        return Done(said=_("Webhook %(id)s has ended.", id=str(hook_id)), id=hook_id)

    @acts.post("/hooks/{hook_id}/again", may=May.OPERATE, back="/hooks/{hook_id}")
    def say_all_again(hook_id: Id) -> Done:
        """Say all again that was given up."""
        count = verbs.again(app, hook_id)
        again = ngettext("%(count)s given up before is said again.", "%(count)s given up before are said again.", count)
        return Done(said=again if count else _("Nothing was given up."), id=hook_id)

    @acts.post("/hooks/{hook_id}/messages/{number}/again", may=May.OPERATE, back="/hooks/{hook_id}")
    def say_message_again(hook_id: Id, number: Id) -> Done:
        """Say one message again."""
        verbs.again(app, hook_id, number)
        return Done(said=_("Message %(number)s is said again.", number=str(number)), id=number)


def _found(app: App, hook_id: int) -> Hook:
    with app.store.read() as conn:
        hook = hooks.get(conn, hook_id)
    if hook is None:
        raise HTTPException(404, _("There is no such webhook."))
    return hook


def _payload(row: RowMapping) -> str:
    """Return what is said, as people read it."""
    names = ("id", "key", "kind", "data", "made_at", "tries")
    said = json.loads(body_of(Waiting(**{name: row[name] for name in names}, until=row["due_at"])))
    return json.dumps(said, indent=2, ensure_ascii=False)
