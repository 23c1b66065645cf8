"""The console's door: once somebody works here, nothing but what is open to the world is seen without signing in.

It stands before every address, so that a page that is added is behind it by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import HTTPException, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher.app import staff
from publisher.model.staff import May, Member
from publisher.store import staff as ledger
from publisher.web.guard import is_open
from publisher.web.here import asking, form_token, here
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

COOKIE = "publisher-session"
SIGN_IN = "/sign-in"
# How one comes in; and what senders of practice speak to, which have no name and no password.
OUTSIDE = (SIGN_IN, "/welcome/", "/set-up/", "/inbox/api/", "/inbox/posts/")
FIRST = "Nobody signs in here yet. To work here and not only look: publisher staff add NAME --role admin"
STALE = "This page was open for too long. Nothing was done: load it anew, and do it again."
NOT_YOURS = "Your role ({role}) doesn’t reach so far: ask an admin."


class Door:
    """Wraps the pages of a project."""

    def __init__(self, web: ASGIApp, *, app: App, pages: Pages) -> None:
        self._web = web
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_outside(scope["path"], scope["method"]):
            await self._web(scope, receive, send)
            return
        token = token_in(scope)
        member = await run_in_threadpool(staff.who, self._app, token)
        if member is None and await run_in_threadpool(self._is_shut):
            await self._turn_away(scope, receive, send)
            return
        with asking(member, token):
            await self._web(scope, receive, send)

    def _is_shut(self) -> bool:
        with self._app.store.read() as conn:
            return ledger.is_any(conn)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show where to sign in, and come back here then; what was not a look is not done."""
        if scope["method"] in ("GET", "HEAD") and not scope["path"].startswith("/api/"):
            path = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            answer = RedirectResponse(f"{SIGN_IN}?{urlencode({'next': path})}", 303)
            await answer(scope, receive, send)
            return
        words = "You are not signed in, or were signed out meanwhile. Nothing was done: sign in, and do it again."
        await self._pages.trouble(401, "Sign in first", words, path=scope["path"])(scope, receive, send)


def is_outside(path: str, method: str) -> bool:
    """Say whether an address is there without signing in."""
    if path == "/inbox/posts" or (path.startswith("/inbox/posts/") and method != "POST"):
        return False
    return is_open(path) or path.startswith(OUTSIDE)


def token_in(scope: Scope) -> str:
    """Return what the browser keeps; empty where it keeps nothing."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            return cookie_parser(value.decode("latin-1")).get(COOKIE, "")
    return ""


def needs(what: May) -> Callable[[Request], Awaitable[Member]]:
    """Return the check of an address that changes something: whose role, and a form of ours."""

    async def check(request: Request) -> Member:
        member = here()
        if member is None:
            raise HTTPException(403, FIRST)
        if not member.may(what):
            raise HTTPException(403, NOT_YOURS.format(role=member.role.value))
        if request.method != "GET" and (await request.form()).get("form") != form_token():
            raise HTTPException(403, STALE)
        return member

    return check
