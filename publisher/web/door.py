"""The console's door: once somebody works here, nothing but what is open to the world is seen without signing in.

It stands before every address, so that a page that is added is behind it by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher.app import staff, tokens
from publisher.model.staff import May
from publisher.store import permission
from publisher.store import staff as ledger
from publisher.web.allowance import Allowance
from publisher.web.faces import face_of
from publisher.web.flash import carrying
from publisher.web.here import FIELD, asking, form_token
from publisher.web.pages import Pages
from publisher.web.places import is_open
from publisher.web.typed import typed_in

if TYPE_CHECKING:
    from publisher.app import App

COOKIE = "publisher-session"
SIGN_IN = "/sign-in"
# How one comes in; what senders of practice speak to, which have no name and no password; and what describes the rest.
OUTSIDE = (
    "/healthz",
    "/metrics",
    SIGN_IN,
    "/welcome/",
    "/set-up/",
    "/inbox/api/",
    "/inbox/posts/",
    "/api/openapi.json",
)
OF_MACHINES = ("/healthz", "/metrics", "/inbox/api/", "/inbox/posts/")  # outside on this very machine alone
# Mails stand in frames of an origin of their own, which sends no cookie for its pictures. Those of pages once shown
# are named by the page's random key; those in the ledger by the digest of their name.
IN_FRAMES = re.compile(r"/media/[^/]+|/(?:previews|laid-out)/[\w-]{16}/pictures/[^/]+")
STALE = "This page was open for too long. Nothing was done: load it anew, and do it again."
WRONG_PER_MINUTE = 10  # tokens that nobody has
PER_MINUTE = 600  # requests by one token


class Door:
    """Wraps the pages of a project."""

    def __init__(self, web: ASGIApp, *, app: App, pages: Pages) -> None:
        self._web = web
        self._app = app
        self._pages = pages
        self._wrong = Allowance(WRONG_PER_MINUTE)
        self._right: defaultdict[str, Allowance] = defaultdict(lambda: Allowance(PER_MINUTE))  # by digest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        face = face_of(scope)
        is_far = face is None or not face.is_here
        if is_outside(scope["path"], scope["method"]) and not (is_far and scope["path"].startswith(OF_MACHINES)):
            await self._web(scope, receive, send)
        elif scope["path"].startswith("/api/"):
            await self._let_in_by_token(scope, receive, send)
        else:
            await self._let_in_by_session(scope, receive, send, may_look=face is not None and face.may_look)

    async def _let_in_by_session(self, scope: Scope, receive: Receive, send: Send, *, may_look: bool) -> None:
        """Let a browser in; while nobody works here, whoever uses this machine may look, and nobody elsewhere."""
        token = token_in(scope)
        member = await run_in_threadpool(staff.who, self._app, token)
        if member is None and (not may_look or await run_in_threadpool(self._is_shut)):
            await self._turn_away(scope, receive, send)
            return
        with asking(member, token), carrying(scope):
            await self._web(scope, receive, send)

    async def _let_in_by_token(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a program in by its token alone; a cookie says nothing here, so no page of others can use it."""
        token = bearer_in(scope)
        member = await run_in_threadpool(tokens.who, self._app, token)
        wait = self._right[staff.digest(token)].take() if member else self._wrong.take()
        if member is None or wait:
            await _refuse_token(wait)(scope, receive, send)
            return
        with asking(member, ""):
            await self._web(scope, receive, send)

    def _is_shut(self) -> bool:
        with self._app.store.read() as conn:
            return ledger.is_any(conn)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show where to sign in, and come back here then; what was not a look is not done."""
        if scope["method"] in ("GET", "HEAD"):
            path = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            answer = RedirectResponse(f"{SIGN_IN}?{urlencode({'next': path})}", 303)
            await answer(scope, receive, send)
            return
        words = "You are not signed in, or were signed out meanwhile. Nothing was done: sign in, and do it again."
        typed = await typed_in(Request(scope, receive))
        await self._pages.trouble(401, "Sign in first", words, path=scope["path"], typed=typed)(scope, receive, send)


def _refuse_token(wait: int) -> Response:
    if wait:
        return JSONResponse({"error": "too many requests"}, 429, {"Retry-After": str(wait)})
    words = "no such token: send Authorization: Bearer TOKEN (page Staff, or: publisher staff token)"
    return JSONResponse({"error": words}, 401, {"WWW-Authenticate": "Bearer"})


def is_outside(path: str, method: str) -> bool:
    """Say whether an address is there without signing in."""
    if method in ("GET", "HEAD") and IN_FRAMES.fullmatch(path):
        return True
    if path == "/inbox/posts" or (path.startswith("/inbox/posts/") and method != "POST"):
        return False
    return is_open(path) or path.startswith(OUTSIDE)


def token_in(scope: Scope) -> str:
    """Return what the browser keeps; empty where it keeps nothing."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            return cookie_parser(value.decode("latin-1")).get(COOKIE, "")
    return ""


def bearer_in(scope: Scope) -> str:
    """Return the token that a program sends; empty where it sends none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
    return ""


def needs(what: May) -> Callable[[Request], Awaitable[None]]:
    """Return the check of an address that changes something: whose role, and a form of ours.

    The role is asked for once more below, where the thing is done; here nothing else is looked at before.
    """

    async def check(request: Request) -> None:
        if not permission.is_asked():
            raise HTTPException(401, "Sign in first.")  # an address that isn't behind the door
        permission.require(what)
        is_form = request.method != "GET" and not request.scope["path"].startswith("/api/")
        if is_form and (await request.form()).get(FIELD) != form_token():
            raise HTTPException(403, STALE)

    return check
