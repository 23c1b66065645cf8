"""Signing in and out, and choosing a password by an invitation; the first of the staff is made in the browser."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from publisher.app import staff
from publisher.app.staff import Entered
from publisher.errors import UsageError
from publisher.model.staff import May, Member
from publisher.store import staff as ledger
from publisher.web.allowance import Allowance, Allowances
from publisher.web.door import COOKIE, SIGN_IN, needs, token_in
from publisher.web.forms import Said
from publisher.web.network import network_of
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

TRIES = 30  # a minute, from one network: a person needs a few
NETWORKS = 12  # so many may use up theirs at once; beyond that, whoever comes waits
WRONG = "Name or password is wrong."
DEAD = "This link has ended, or never was one. An admin makes a new one: publisher staff link NAME"


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the addresses by which people come in."""
    router = APIRouter(default_response_class=HTMLResponse)
    together, by_network = Allowance(TRIES * NETWORKS), Allowances(TRIES)

    @router.get(SIGN_IN)
    def ask(next: str = "/") -> Response:  # noqa: A002 -- what the address calls it
        return _form(pages, next)

    @router.post(SIGN_IN)
    def sign_in(said: Said, request: Request) -> Response:
        where, name = said.get("next"), said.get("name").lower()
        if wait := by_network.of(network_of(request)).take() or together.take():
            return _form(pages, where, f"Too many tries: wait {wait} seconds.", name, 429)
        entered = staff.sign_in(app, name, said.whole("password"))
        if entered.wait_until is not None:
            until = entered.wait_until.astimezone(app.zone)
            return _form(pages, where, f"{WRONG} The next try is looked at after {until:%H:%M %Z}.", name, 429)
        if entered.member is None:
            return _form(pages, where, WRONG, name, 403)
        staff.sign_out(app, token_in(request.scope))  # whoever was signed in here before isn't any more
        return _come_in(entered, where)

    @router.post("/sign-out", dependencies=[Depends(needs(May.LOOK))])
    def sign_out(request: Request) -> Response:
        staff.sign_out(app, token_in(request.scope))
        answer = RedirectResponse(SIGN_IN, 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    @router.get("/welcome/{invitation}")
    def look(invitation: str) -> Response:
        with app.store.read() as conn:
            member = ledger.invited(conn, staff.digest(invitation), app.clock())
        if member is None:
            return pages.trouble(404, "This link leads nowhere", DEAD)
        return _welcome(pages, f"/welcome/{invitation}", member)

    @router.post("/welcome/{invitation}")
    def choose(invitation: str, said: Said) -> Response:
        try:
            entered = staff.choose_password(app, invitation, said.whole("password"))
        except UsageError as error:
            with app.store.read() as conn:
                member = ledger.invited(conn, staff.digest(invitation), app.clock())
            return _welcome(pages, f"/welcome/{invitation}", member, f"{error}.")
        if entered.member is None:
            return pages.trouble(404, "This link leads nowhere", DEAD)
        return _come_in(entered, "/")

    @router.get("/set-up/{code}")
    def begin(code: str) -> Response:
        return _set_up(app, pages, code)

    @router.post("/set-up/{code}")
    def set_up(code: str, said: Said) -> Response:
        return _set_up(app, pages, code, said.get("name").lower(), said.whole("password"))

    return router


def _form(pages: Pages, where: str, wrong: str = "", name: str = "", status: int = 200) -> Response:
    return pages.page("sign_in.html", status=status, is_outside=True, next=where, wrong=wrong, name=name)


def _set_up(app: App, pages: Pages, code: str, name: str | None = None, password: str = "") -> Response:
    """Show the form by which the first of all is made, or make them."""
    if not app.set_up_code or not hmac.compare_digest(code.encode(), app.set_up_code.encode()):
        return pages.trouble(404, "This link leads nowhere", DEAD)
    wrong = ""
    if name is not None:
        try:
            entered = staff.set_up(app, name, password)
        except UsageError as error:
            wrong = f"{error}."
        else:
            app.set_up_code = ""
            return _come_in(entered, "/")
    return _welcome(pages, f"/set-up/{code}", None, wrong, name or "")


def _welcome(pages: Pages, address: str, member: Member | None, wrong: str = "", name: str = "") -> Response:
    """Show the form by which somebody chooses a password; without a member, for a name that is chosen with it."""
    said: dict[str, Any] = {"address": address, "member": member, "wrong": wrong, "name": name}
    return pages.page("welcome.html", status=400 if wrong else 200, is_outside=True, **said)


def _come_in(entered: Entered, where: str) -> Response:
    answer = RedirectResponse(_within(where), 303)
    # `Secure` is said where a web server in front was asked by https (`web.faces`): here nothing speaks TLS.
    answer.set_cookie(COOKIE, entered.token, httponly=True, samesite="lax", path="/")
    return answer


def _within(where: str) -> str:
    """Return an address of ours; the overview for any other."""
    parts = urlsplit(where)
    is_ours = where.startswith("/") and not where.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return where if is_ours and where.isprintable() else "/"
